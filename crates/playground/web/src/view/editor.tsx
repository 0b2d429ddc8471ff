import { useLayoutEffect, useRef } from "preact/hooks";
import { EditorView } from "@codemirror/view";
import type { EditedText } from "../editor/text";

/** An editor that shows a text. When it gets another one, each keeps its own undo history. */
export function Editor({ text, class: className }: { text: EditedText; class: string }) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  useLayoutEffect(() => {
    if (!parent.current) return;
    // With a state from the beginning: the view adds its styles at once, with the nonce in there.
    const made = new EditorView({ parent: parent.current, state: text.snapshot });
    view.current = made;
    return () => made.destroy();
  }, []);
  // Before the browser paints, so that what is typed right after a click on a tab goes to its text.
  useLayoutEffect(() => {
    if (!view.current) return;
    text.mount(view.current);
    return () => text.unmount();
  }, [text]);
  return <div ref={parent} class={className} />;
}
