// Keys that must never change what was typed.

import {
  acceptCompletion, closeCompletion, CompletionContext, type CompletionSource, completionStatus, currentCompletions,
  moveCompletionSelection, selectedCompletion,
} from "@codemirror/autocomplete";
import { type EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, type KeyBinding, keymap } from "@codemirror/view";
import { codeOf, isInText } from "./scan";

/** The word before the cursor. */
function wordBefore(state: EditorState): string {
  const { head } = state.selection.main;
  return /["$@]?\w*$/.exec(state.sliceDoc(Math.max(0, head - 100), head))?.[0] ?? "";
}

/**
 * Enter accepts a suggestion only if it completes the word that was typed. A word that is complete
 * already, or that only resembles the suggestion, stays, and Enter begins a new line.
 */
function acceptOnEnter(view: EditorView): boolean {
  const selected = selectedCompletion(view.state);
  if (!selected || completionStatus(view.state) !== "active") return false;
  const word = wordBefore(view.state).toLowerCase();
  const labels = currentCompletions(view.state).map(({ label }) => label.toLowerCase());
  const completes = word !== "" && selected.label.toLowerCase().startsWith(word) && !labels.includes(word);
  return (completes || movedTo(view)) && acceptCompletion(view);
}

/** Tab accepts the first suggestion, also if it was pressed before the suggestions appeared. */
function acceptOnTab(source: CompletionSource): (view: EditorView) => boolean {
  return (view) => {
    if (acceptCompletion(view)) return true;
    if (completionStatus(view.state) !== "pending") return false;
    const { head } = view.state.selection.main;
    const result = source(new CompletionContext(view.state, head, false, view));
    if (!result || result instanceof Promise) return true;
    const word = wordBefore(view.state).toLowerCase();
    const [best] = result.options
      .filter(({ label }) => label.toLowerCase().startsWith(word))
      .toSorted((a, b) => a.label.localeCompare(b.label));
    closeCompletion(view);
    if (!best || word === "") return true;
    if (typeof best.apply === "function") best.apply(view, best, result.from, head);
    else {
      const insert = best.apply ?? best.label;
      view.dispatch({
        changes: { from: result.from, to: result.to ?? head, insert },
        selection: { anchor: result.from + insert.length },
        userEvent: "input.complete",
      });
    }
    return true;
  };
}

/** Whether the user has chosen a suggestion with the arrow keys. */
function movedTo(view: EditorView): boolean {
  return moved.get(view) === view.state.doc && completionStatus(view.state) === "active";
}

const moved = new WeakMap<EditorView, EditorState["doc"]>();

function move(forward: boolean): (view: EditorView) => boolean {
  const command = moveCompletionSelection(forward);
  return (view) => {
    if (!command(view)) return false;
    moved.set(view, view.state.doc);
    return true;
  };
}

const CLOSING = new Map([["}", "{"], [")", "("], ["]", "["]]);

/**
 * A closing bracket that is typed takes the place of the one that the editor has added, also if
 * that is on a line below. Otherwise, a document that is typed line by line would get both.
 */
const typeOver = EditorView.inputHandler.of((view, from, to, text) => {
  const opening = CLOSING.get(text);
  if (!opening || from !== to || !view.state.selection.main.empty || isInText(view.state, from)) return false;
  const rest = view.state.sliceDoc(to);
  const gap = /^\s*/.exec(rest)?.[0] ?? "";
  if (rest[gap.length] !== text || !isBalanced(view.state.doc.toString(), opening, text)) return false;
  const line = view.state.doc.lineAt(from);
  const isBlank = line.text.trim() === "";
  const end = from + gap.length + 1;
  if (!gap.includes("\n")) {
    view.dispatch({ selection: { anchor: end }, scrollIntoView: true, userEvent: "input.type" });
    return true;
  }
  // The empty line that was meant for more goes away.
  const start = isBlank && line.from > 0 ? line.from - 1 : from;
  const closing = view.state.doc.lineAt(end - 1);
  const insert = `\n${/^\s*/.exec(closing.text)?.[0] ?? ""}${text}`;
  view.dispatch({
    changes: { from: start, to: end, insert },
    selection: { anchor: start + insert.length },
    scrollIntoView: true,
    userEvent: "input.type",
  });
  return true;
});

/** In strings and comments, a bracket is a character like others, and none is added. */
const plainText = EditorView.inputHandler.of((view, from, _, text, insert) => {
  if (!/^[()[\]{}]$/.test(text) || !view.state.selection.main.empty || !isInText(view.state, from)) return false;
  view.dispatch(insert());
  return true;
});

/** Whether each opening bracket has a closing one, outside of strings and comments. */
function isBalanced(text: string, opening: string, closing: string): boolean {
  const code = codeOf(text);
  return code.split(opening).length === code.split(closing).length;
}

/**
 * Replaces a selection without the browser, which would copy the look of what was selected to a
 * style attribute, and complain that the page forbids it.
 */
const replaceSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    const text = event.data;
    if (event.inputType !== "insertText" || !text || main.empty || view.composing || view.state.readOnly) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, main.from, main.to, text, insert))) view.dispatch(insert());
    return true;
  },
});

/** These keys, for an editor with suggestions from a source. */
export function safeKeys(source: CompletionSource): Extension {
  const bindings: KeyBinding[] = [
    { key: "Enter", run: acceptOnEnter },
    { key: "Tab", run: acceptOnTab(source) },
    { key: "ArrowDown", run: move(true) },
    { key: "ArrowUp", run: move(false) },
  ];
  return [Prec.highest([keymap.of(bindings), plainText, typeOver]), replaceSelection];
}
