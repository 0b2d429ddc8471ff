// Suggestions from the schema, as graphql-language-service finds them.

import { type Completion, type CompletionContext, type CompletionResult, startCompletion } from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";
import { offsetToPos } from "cm6-graphql";
import { getNamedType, isInputObjectType, isInputType, isListType, getNullableType, typeFromAST, parseType, type GraphQLSchema } from "graphql";
import { getAutocompleteSuggestions } from "graphql-language-service";
import { schema } from "../state/schema";
import { isInText } from "./scan";
import { markdownElement } from "../view/markdown";

type Item = ReturnType<typeof getAutocompleteSuggestions>[number];

/** Suggests what can stand at the cursor. */
export function complete(context: CompletionContext): CompletionResult | null {
  const loaded = schema.value;
  const word = context.matchBefore(/[$@]?\w*/);
  if (!loaded || !word || isInText(context.state, context.pos)) return null;
  const before = context.state.sliceDoc(Math.max(0, word.from - 200), word.from);
  if (word.text === "" && !context.explicit && !/(?:\.\.\.|\bon )$/.test(before)) return null;
  // Without the word, everything possible is suggested, and the editor ranks it.
  const sigil = /^[$@]/.exec(word.text)?.[0] ?? "";
  const text = context.state.doc.toString();
  const kept = word.from + sigil.length;
  const asked = text.slice(0, kept) + text.slice(context.pos);
  const position = offsetToPos(context.state.doc, word.from);
  position.setCharacter(position.character + sigil.length);
  const items: Item[] = getAutocompleteSuggestions(loaded, asked, position);
  const isType = /[:[]\s*$/.test(before) && isInVariableDefinitions(context, word.from);
  const options = items
    .filter(({ label }) => !isType || isInputType(loaded.getType(label)))
    .filter(({ label }) => !/^(?:\{|extend|type|interface|union|enum|input|scalar|schema|directive)$/.test(label) || word.from !== 0)
    .map((item) => option(loaded, item, sigil));
  if (/\.\.\.\s*$/.test(before)) options.unshift({ label: "on", type: "keyword", detail: "a type" });
  return options.length > 0 ? { from: word.from, options, validFor: /^[$@]?\w*$/ } : null;
}

function isInVariableDefinitions({ state }: CompletionContext, from: number): boolean {
  return /\(\s*(?:[^(){}]*[\s,])?\$\w+\s*:\s*\[*\s*$/.test(state.sliceDoc(Math.max(0, from - 500), from));
}

function option(loaded: GraphQLSchema, item: Item, sigil: string): Completion {
  const name = item.label.replace(/^[$@]/, "");
  const isVariable = item.label.startsWith("$") || sigil === "$";
  const label = isVariable ? `$${name}` : sigil + name;
  const made: Completion = { label, type: item.isDeprecated ? "deprecated" : "name" };
  const detail = item.detail ?? (item.type ? String(item.type) : "");
  if (detail && detail !== "undefined") made.detail = detail;
  const documentation = item.documentation && item.documentation !== "Self descriptive." ? item.documentation : "";
  const note = item.isDeprecated ? `**Deprecated.** ${item.deprecationReason ?? ""}` : "";
  if (documentation || note) made.info = () => markdownElement([note, documentation].filter(Boolean).join("\n\n"));
  const inserted = item.insertText ?? "";
  if (/^\w+:/.test(inserted)) made.apply = (view, _, from, to) => applyArgument(view, from, to, name, opening(loaded, detail));
  return made;
}

/** The brackets of a value of this type. */
function opening(loaded: GraphQLSchema, written: string): [string, string] {
  try {
    const type = typeFromAST(loaded, parseType(written));
    if (!type || !isInputObjectType(getNamedType(type))) return ["", ""];
    return isListType(getNullableType(type)) ? ["[{", "}]"] : ["{", "}"];
  } catch {
    return ["", ""];
  }
}

/** Inserts an argument with its colon and brackets, unless they are there. */
function applyArgument(view: EditorView, from: number, to: number, name: string, [open, close]: [string, string]): void {
  const hasColon = /^\s*:/.test(view.state.sliceDoc(to, to + 20));
  const before = hasColon ? name : `${name}: ${open}`;
  const insert = hasColon ? name : before + close;
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + before.length },
    userEvent: "input.complete",
    scrollIntoView: true,
  });
  if (open && !hasColon) startCompletion(view);
}
