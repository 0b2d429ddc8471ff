// Marks what the server would reject, and what is deprecated.

import { type Diagnostic, linter } from "@codemirror/lint";
import type { EditorView } from "@codemirror/view";
import { GraphQLError, NoDeprecatedCustomRule, parse, specifiedRules, validate } from "graphql";
import { schema } from "../state/schema";
import { schemaLoaded } from "./text";

const DELAY = 300;

export const graphqlLint = linter(check, {
  delay: DELAY,
  needsRefresh: (update) => update.transactions.some((one) => one.effects.some((effect) => effect.is(schemaLoaded))),
});

function check(view: EditorView): Diagnostic[] {
  const text = view.state.doc.toString();
  if (!text.replace(/#.*/g, "").trim()) return [];
  try {
    const document = parse(text);
    if (!schema.value) return [];
    const errors = validate(schema.value, document, specifiedRules, { maxErrors: 50 });
    const warnings = validate(schema.value, document, [NoDeprecatedCustomRule], { maxErrors: 50 });
    return [
      ...errors.flatMap((error) => diagnostics(error, "error", text)),
      ...warnings.flatMap((error) => diagnostics(error, "warning", text)),
    ];
  } catch (error) {
    return error instanceof GraphQLError ? diagnostics(error, "error", text) : [];
  }
}

/** An error at its place: the name of its node, or the token where the syntax is wrong. */
function diagnostics(error: GraphQLError, severity: "error" | "warning", text: string): Diagnostic[] {
  const [node] = error.nodes ?? [];
  const named = node && "name" in node && node.name && "loc" in node.name ? node.name.loc : null;
  const loc = named ?? node?.loc;
  const from = Math.min(loc?.start ?? error.positions?.[0] ?? 0, Math.max(0, text.length - 1));
  const word = /^(?:\w+|.)/.exec(text.slice(from))?.[0] ?? "";
  const to = loc ? Math.min(loc.end, lineEnd(text, from)) : from + word.length;
  return [{ from, to: Math.max(to, from), severity, message: error.message }];
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
