// The editors: one for documents, and simpler ones for JSON.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { jsonLanguage as json } from "@codemirror/lang-json";
import { bracketMatching, codeFolding, delimitedIndent, foldGutter, foldInside, foldKeymap, foldNodeProp, indentNodeProp, indentOnInput, LanguageSupport } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { graphqlLanguage } from "cm6-graphql";
import { complete } from "./completion";
import { docsAtCursor } from "./hover";
import { completeVariables, headersLint, variablesLint } from "./json";
import { safeKeys } from "./keys";
import { graphqlLint } from "./lint";
import type { EditedText } from "./text";
import { theme } from "./theme";
import { wrapping } from "./wrap";

/** What the grammar of cm6-graphql leaves open: arguments and values can be folded, too. */
const BRACKETS = "Arguments VariableDefinitions ObjectValue ListValue";

const language = graphqlLanguage.configure({
  props: [
    foldNodeProp.add({ [BRACKETS]: foldInside }),
    indentNodeProp.add({
      "Arguments VariableDefinitions": delimitedIndent({ closing: ")", align: false }),
      ObjectValue: delimitedIndent({ closing: "}", align: false }),
      ListValue: delimitedIndent({ closing: "]", align: false }),
      SelectionSet: delimitedIndent({ closing: "}", align: false }),
    }),
  ],
});

/** The nonce that the server gave the page, without which the editor may not add its styles. */
const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? "";

const shared: Extension = [EditorView.cspNonce.of(nonce), theme, wrapping, drawSelection(), bracketMatching()];

const writing: Extension = [
  shared,
  history(),
  closeBrackets(),
  indentOnInput(),
  EditorState.allowMultipleSelections.of(true),
  keymap.of([...closeBracketsKeymap, ...withoutRun(defaultKeymap), ...searchKeymap, ...historyKeymap, ...foldKeymap, ...withoutEnter(completionKeymap), ...lintKeymap]),
];

/** The page itself runs the operation at Ctrl-Enter. */
function withoutRun(bindings: typeof defaultKeymap): typeof defaultKeymap {
  return bindings.filter(({ key }) => key !== "Mod-Enter");
}

/** `safeKeys` decides what Enter and the arrow keys do. */
function withoutEnter(bindings: typeof completionKeymap): typeof completionKeymap {
  return bindings.filter(({ key }) => key !== "Enter" && key !== "ArrowUp" && key !== "ArrowDown");
}

function label(text: string): Extension {
  return EditorView.contentAttributes.of({ "aria-label": text, autocapitalize: "off", spellcheck: "false", tabindex: "0" });
}

/** For GraphQL documents. */
export function queryExtensions(): Extension {
  return [
    writing,
    safeKeys(complete),
    lineNumbers(),
    foldGutter(),
    codeFolding(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    new LanguageSupport(language),
    language.data.of({ closeBrackets: { brackets: ["(", "[", "{"] } }),
    autocompletion({ override: [complete], defaultKeymap: false, icons: false, interactionDelay: 0, optionClass }),
    graphqlLint,
    docsAtCursor,
    placeholder("Write an operation. Ctrl-Space suggests what is possible."),
    label("Operation"),
  ];
}

function optionClass({ type }: { type?: string }): string {
  return type === "deprecated" ? "cm-completionDeprecated" : "";
}

/** For the variables of a document. */
export function variablesExtensions(query: EditedText): Extension {
  const suggest = completeVariables(query);
  return [
    writing,
    safeKeys(suggest),
    new LanguageSupport(json),
    autocompletion({ override: [suggest], defaultKeymap: false, icons: false, interactionDelay: 0 }),
    variablesLint(query),
    placeholder('Variables as JSON, such as { "first": 3 }'),
    label("Variables, as JSON"),
  ];
}

/** For HTTP headers. */
export function headersExtensions(): Extension {
  return [writing, safeKeys(() => null), new LanguageSupport(json), headersLint, placeholder('Headers as JSON, such as { "X-Request-Id": "my-request" }'), label("Headers, as JSON")];
}

/** For responses, which can be read, folded and searched, but not changed. */
export function responseExtensions(): Extension {
  return [
    shared,
    new LanguageSupport(json),
    foldGutter(),
    codeFolding(),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ "aria-label": "Response", "aria-readonly": "true", tabindex: "0" }),
    keymap.of([...withoutRun(defaultKeymap), ...searchKeymap, ...foldKeymap]),
  ];
}
