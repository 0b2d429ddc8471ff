// How the editors look. All colors are variables of the page, which has a light and a dark form.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "transparent", fontSize: "13.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "12px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 16px 0 6px" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { color: "var(--faint)", backgroundColor: "transparent", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "30px", padding: "0 2px 0 10px" },
  ".cm-foldGutter span": { color: "var(--faint)", padding: "0 4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter": { backgroundColor: "var(--active-line)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--selection)",
    borderRadius: "3px",
  },
  ".cm-foldPlaceholder": {
    color: "var(--accent)",
    backgroundColor: "var(--wash)",
    border: "1px solid var(--line)",
    padding: "0 6px",
  },
  ".cm-placeholder": { color: "var(--faint)", fontStyle: "italic" },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "10px",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "260px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px", borderRadius: "6px", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    color: "var(--ink)",
    backgroundColor: "var(--selection)",
  },
  ".cm-completionMatchedText": { color: "var(--accent)", fontWeight: "600", textDecoration: "none" },
  ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionDeprecated .cm-completionLabel": { textDecoration: "line-through" },
  ".cm-tooltip.cm-completionInfo": { padding: "10px 14px", maxWidth: "360px", fontFamily: "var(--sans)" },
  ".cm-diagnostic": { padding: "6px 12px", borderLeftWidth: "3px", fontFamily: "var(--sans)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-lintRange": { textDecorationLine: "underline", textDecorationStyle: "wavy", textUnderlineOffset: "4px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecorationColor: "var(--bad)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecorationColor: "var(--warn)" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--wash)", borderColor: "var(--line)" },
  ".cm-panel input, .cm-panel button": {
    color: "var(--ink)",
    backgroundColor: "var(--paper)",
    backgroundImage: "none",
    border: "1px solid var(--line)",
    borderRadius: "6px",
  },
  ".cm-searchMatch": { backgroundColor: "var(--match)" },
});

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.definitionKeyword, tags.modifier], color: "var(--word)" },
  { tag: tags.propertyName, color: "var(--field)" },
  { tag: tags.attributeName, color: "var(--argument)" },
  { tag: tags.variableName, color: "var(--variable)" },
  { tag: tags.string, color: "var(--string)" },
  { tag: [tags.integer, tags.float, tags.number], color: "var(--number)" },
  { tag: [tags.bool, tags.null, tags.special(tags.name)], color: "var(--constant)" },
  { tag: tags.atom, color: "var(--type)" },
  { tag: [tags.lineComment, tags.comment], color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.paren, tags.brace, tags.separator], color: "var(--punctuation)" },
]);

export const theme = [look, syntaxHighlighting(colors)];
