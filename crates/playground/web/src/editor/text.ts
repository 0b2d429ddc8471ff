// A text that can be edited: its content, its undo history and its cursor, also while another
// text is in the editor.

import { batch, signal } from "@preact/signals";
import { EditorState, type Extension, StateEffect, type TransactionSpec } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Tells extensions that the schema was loaded. */
export const schemaLoaded = StateEffect.define<null>();

/** A text of more characters is long: what is costly waits for a pause. */
const LONG = 10_000;

/** How long nobody has typed in a pause, in milliseconds. */
const PAUSE_MS = 250;

export class EditedText {
  /** The content, for everything that shows or stores it. */
  readonly text = signal("");
  /** The position of the cursor. */
  readonly cursor = signal(0);
  /** Both as they were in the last pause, for what takes long with a long text. */
  readonly settled = signal({ text: "", cursor: 0 });
  private settling: ReturnType<typeof setTimeout> | undefined;
  private state: EditorState;
  private view: EditorView | null = null;
  private scroll = 0;
  private wantsFocus = false;

  constructor(content: string, extensions: Extension) {
    this.state = EditorState.create({
      doc: content,
      extensions: [
        extensions,
        EditorView.updateListener.of((update) => this.follow(update.state)),
      ],
    });
    this.text.value = content;
    this.settle();
  }

  /** The state as it was last. */
  get snapshot(): EditorState {
    return this.state;
  }

  /** Shows the text in a view, in place of another one. */
  mount(view: EditorView): void {
    view.setState(this.state);
    this.view = view;
    view.scrollDOM.scrollTop = this.scroll;
    if (this.wantsFocus) this.focus();
  }

  /** Keeps what the view knows, because another text takes its place. */
  unmount(): void {
    if (!this.view) return;
    this.state = this.view.state;
    this.scroll = this.view.scrollDOM.scrollTop;
    this.view = null;
  }

  /** Replaces the content in one step, which can be undone. */
  replace(content: string, cursor?: number): void {
    const before = this.text.value;
    if (before === content) return;
    let from = 0;
    while (from < before.length && before[from] === content[from]) from += 1;
    let end = 0;
    const most = Math.min(before.length, content.length) - from;
    while (end < most && before.at(-1 - end) === content.at(-1 - end)) end += 1;
    this.dispatch({
      changes: { from, to: before.length - end, insert: content.slice(from, content.length - end) },
      ...(cursor !== undefined && { selection: { anchor: cursor } }),
      userEvent: "input.replace",
    });
  }

  /** Moves the cursor, and shows it. */
  select(position: number): void {
    const anchor = Math.min(position, this.text.value.length);
    this.dispatch({ selection: { anchor }, scrollIntoView: true });
  }

  /** Checks the text again, because the schema was loaded. */
  refresh(): void {
    this.dispatch({ effects: schemaLoaded.of(null) });
  }

  /** Puts the keyboard into the text, as soon as it is shown. */
  focus(): void {
    this.wantsFocus = this.view === null;
    this.view?.focus();
  }

  private dispatch(spec: TransactionSpec): void {
    if (this.view) this.view.dispatch(spec);
    else this.follow(this.state.update(spec).state);
  }

  private follow(state: EditorState): void {
    const isSame = state.doc.eq(this.state.doc);
    this.state = state;
    batch(() => {
      if (!isSame) this.text.value = state.doc.toString();
      this.cursor.value = state.selection.main.head;
      clearTimeout(this.settling);
      if (state.doc.length < LONG) this.settle();
      else this.settling = setTimeout(() => this.settle(), PAUSE_MS);
    });
  }

  /** Takes what was just changed for settled. */
  settle(): void {
    this.settled.value = { text: this.text.peek(), cursor: this.cursor.peek() };
  }
}
