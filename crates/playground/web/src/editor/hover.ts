// The documentation of the word under the pointer, and the way from a word to its documentation.

import { EditorView, hoverTooltip, keymap, type Tooltip } from "@codemirror/view";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import { offsetToPos } from "cm6-graphql";
import { getTokenAtPosition, getTypeInfo } from "graphql-language-service";
import { getNamedType, type GraphQLSchema } from "graphql";
import { openDocs, type Topic } from "../state/docs";
import { schema } from "../state/schema";
import { markdownElement } from "../view/markdown";

interface Found {
  title: string;
  description: string | null | undefined;
  deprecated: string | null | undefined;
  topic: Topic;
}

/** What the schema says about the word at a position. */
export function describe(loaded: GraphQLSchema, state: EditorState, position: number): (Found & { from: number; to: number }) | null {
  const word = state.wordAt(position);
  if (!word || /Comment|String/.test(syntaxTree(state).resolveInner(word.from, 1).name)) return null;
  const found = lookUp(loaded, state, word.from, state.sliceDoc(word.from, word.to));
  return found && { ...found, from: word.from, to: word.to };
}

function lookUp(loaded: GraphQLSchema, state: EditorState, from: number, name: string): Found | null {
  const place = offsetToPos(state.doc, from + 1);
  const token = getTokenAtPosition(state.doc.toString(), place, 0);
  const info = getTypeInfo(loaded, token.state);
  if (state.sliceDoc(from - 1, from) === "@") {
    const directive = loaded.getDirective(name);
    return directive ? { title: `@${name}`, description: directive.description, deprecated: null, topic: { type: `@${name}` } } : null;
  }
  const { fieldDef: field, argDef: argument } = info;
  const parent = info.parentType && getNamedType(info.parentType);
  if (info.enumValue?.name === name && info.inputType) {
    const type = getNamedType(info.inputType).name;
    const { description, deprecationReason } = info.enumValue;
    return { title: `${type}.${name}`, description, deprecated: deprecationReason, topic: { type, member: name } };
  }
  const inputs = info.objectFieldDefs ?? {};
  const input = inputs[name];
  if (input && argument?.name !== name) {
    return { title: `${name}: ${String(input.type)}`, description: input.description, deprecated: input.deprecationReason, topic: { type: getNamedType(input.type).name } };
  }
  if (argument?.name === name && field && parent) {
    const { description, type } = argument;
    const deprecated = "deprecationReason" in argument ? String(argument.deprecationReason ?? "") : null;
    return { title: `${name}: ${String(type)}`, description, deprecated, topic: { type: parent.name, member: field.name } };
  }
  if (field?.name === name && parent) {
    const { description, deprecationReason } = field;
    return { title: `${parent.name}.${name}: ${String(field.type)}`, description, deprecated: deprecationReason, topic: { type: parent.name, member: name } };
  }
  const type = loaded.getType(name);
  return type ? { title: name, description: type.description, deprecated: null, topic: { type: name } } : null;
}

const tooltip = hoverTooltip((view, position): Tooltip | null => {
  const found = schema.value && describe(schema.value, view.state, position);
  if (!found) return null;
  return { pos: found.from, end: found.to, above: true, create: () => ({ dom: content(found) }) };
});

function content({ title, description, deprecated }: Found): HTMLElement {
  const dom = document.createElement("div");
  dom.className = "hover";
  const heading = document.createElement("code");
  heading.textContent = title;
  const note = deprecated ? `**Deprecated.** ${deprecated}\n\n` : "";
  dom.append(heading, markdownElement(note + (description ?? "")));
  return dom;
}

/** Opens the documentation of the word at the cursor. */
function showDocs(view: EditorView): boolean {
  const found = schema.value && describe(schema.value, view.state, view.state.selection.main.head);
  if (found) openDocs(found.topic);
  return Boolean(found);
}

const clicks = EditorView.domEventHandlers({
  click(event, view) {
    if (!event.ctrlKey && !event.metaKey) return false;
    return showDocs(view);
  },
});

export const docsAtCursor = [tooltip, clicks, keymap.of([{ key: "F1", run: showDocs, preventDefault: true }])];
