// Checks of variables and headers, which are JSON.

import { jsonParseLinter } from "@codemirror/lang-json";
import { syntaxTree } from "@codemirror/language";
import { type Diagnostic, linter } from "@codemirror/lint";
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { getVariableValues, Kind, type OperationDefinitionNode, parse, print } from "graphql";
import { operationAt } from "../document/operations";
import { schema } from "../state/schema";
import { isRecord } from "../state/storage";
import { type EditedText, schemaLoaded } from "./text";

const parseJson = jsonParseLinter();

/** The operation that the variables are for. */
function definition(query: EditedText): OperationDefinitionNode | null {
  const at = operationAt(query.text.peek(), query.cursor.peek());
  try {
    const { definitions } = parse(query.text.peek());
    const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
    return operations.find(({ loc }) => at && loc && loc.start <= at.from && at.from < loc.end) ?? null;
  } catch {
    return null;
  }
}

/** Marks variables that the operation does not have, and values that do not fit. */
export function variablesLint(query: EditedText) {
  return linter(
    (view) => {
      if (!view.state.doc.toString().trim()) return [];
      const wrong = checkObject(view);
      return wrong.length > 0 ? wrong : checkVariables(view, query);
    },
    {
      delay: 300,
      needsRefresh: (update) => update.transactions.some((one) => one.effects.some((effect) => effect.is(schemaLoaded))),
    },
  );
}

function checkObject(view: EditorView): Diagnostic[] {
  const wrong = parseJson(view);
  // Something that is missing at the end is marked at the last character.
  if (wrong.length > 0) return wrong.map((one) => (one.from < one.to ? one : { ...one, from: Math.max(0, one.from - 1) }));
  return isRecord(JSON.parse(view.state.doc.toString())) ? [] : [problem(view, "This must be a JSON object: { … }.")];
}

function checkVariables(view: EditorView, query: EditedText): Diagnostic[] {
  const operation = definition(query);
  const variables: unknown = JSON.parse(view.state.doc.toString());
  if (!schema.value || !operation || !isRecord(variables)) return [];
  const declared = operation.variableDefinitions ?? [];
  const names = new Set(declared.map(({ variable }) => variable.name.value));
  const unknown = Object.keys(variables)
    .filter((name) => !names.has(name))
    .map((name) => ({ ...problem(view, `The operation has no variable $${name}.`, name), severity: "warning" as const }));
  const { errors } = getVariableValues(schema.value, declared, variables, { maxErrors: 20 });
  const wrong = (errors ?? []).map(({ message }) => problem(view, message, /\$(\w+)/.exec(message)?.[1]));
  return [...unknown, ...wrong];
}

function problem(view: EditorView, message: string, key?: string): Diagnostic {
  const { from, to } = (key && keyRange(view.state, key)) || { from: 0, to: view.state.doc.length };
  return { from, to, severity: "error", message };
}

/** Where a key of the outermost object is written. */
function keyRange(state: EditorState, key: string): { from: number; to: number } | null {
  const object = syntaxTree(state).topNode.getChild("Object");
  for (const property of object?.getChildren("Property") ?? []) {
    const name = property.getChild("PropertyName");
    if (name && state.sliceDoc(name.from, name.to) === JSON.stringify(key)) return { from: name.from, to: name.to };
  }
  return null;
}

/** Suggests the variables of the operation that have no value yet. */
export function completeVariables(query: EditedText) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/"?\w*/);
    const before = context.state.sliceDoc(0, word?.from ?? 0);
    if (!word || (word.text === "" && !context.explicit) || !/^\s*\{(?:[^{}[\]]*,)?\s*$/.test(before)) return null;
    const closes = context.state.sliceDoc(context.pos, context.pos + 1) === '"';
    const options = (definition(query)?.variableDefinitions ?? []).map(({ variable, type }) => ({
      label: `"${variable.name.value}"`,
      detail: print(type),
      apply: `"${variable.name.value}": `,
    }));
    return { from: word.from, to: context.pos + (closes ? 1 : 0), options, validFor: /^"?\w*$/ };
  };
}

/** Marks headers that are no strings, and names that cannot be sent. */
export const headersLint = linter((view) => {
  if (!view.state.doc.toString().trim()) return [];
  const wrong = checkObject(view);
  if (wrong.length > 0) return wrong;
  return Object.entries(JSON.parse(view.state.doc.toString()) as Record<string, unknown>).flatMap(([name, value]) => {
    if (typeof value !== "string") return [problem(view, "The value of a header must be a string.", name)];
    try {
      void new Headers([[name, value]]);
      return [];
    } catch {
      return [problem(view, `A header cannot be named or have this value: ${name}.`, name)];
    }
  });
});

