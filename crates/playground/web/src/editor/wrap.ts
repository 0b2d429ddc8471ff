// Long lines wrap, and go on below where they begin, not at the edge.

import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

/** How far the rest of a line is indented beyond its start, in characters. */
const HANG = 2;

/** Deeper lines hang no further, or little room would be left on a phone. */
const MAX_INDENT = 16;

function hang(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    for (let line = view.state.doc.lineAt(from); ; line = view.state.doc.line(line.number + 1)) {
      const spaces = /^ */.exec(line.text)?.[0].length ?? 0;
      const indent = Math.min(spaces, MAX_INDENT) + HANG;
      if (line.text) {
        const style = `padding-left: calc(6px + ${indent}ch); text-indent: -${indent}ch`;
        builder.add(line.from, line.from, Decoration.line({ attributes: { style } }));
      }
      if (line.to >= to) break;
    }
  }
  return builder.finish();
}

const hanging = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = hang(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) this.decorations = hang(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

export const wrapping = [EditorView.lineWrapping, hanging];
