// Whether a position is in code, without a parser that insists on closed strings.

import type { EditorState } from "@codemirror/state";

/** Strings and comments, also those that are not finished. */
const TEXT = /"""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?|#.*/g;

/** Whether a position is in a string or a comment, where brackets and names mean nothing. */
export function isInText(state: EditorState, position: number): boolean {
  const before = state.sliceDoc(0, position);
  const last = Array.from(before.matchAll(TEXT)).at(-1);
  if (!last || last.index + last[0].length < before.length) return false;
  const [text] = last;
  if (text.startsWith("#")) return true;
  const quote = text.startsWith('"""') ? '"""' : '"';
  return text.length < 2 * quote.length || !text.endsWith(quote) || (quote === '"' && text.endsWith(String.raw`\"`));
}

/** A document without its strings and comments. */
export function codeOf(text: string): string {
  return text.replace(TEXT, "");
}
