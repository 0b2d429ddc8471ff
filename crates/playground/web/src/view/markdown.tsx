// Markdown as elements. HTML in it is shown as text, so a description cannot add anything to the
// page, and images are not loaded.

import { type ComponentChildren, render } from "preact";
import { lexer, type Token, type Tokens } from "marked";

/** A text in Markdown. */
export function Markdown({ text }: { text: string }) {
  return <div class="markdown">{lexer(text).map(block)}</div>;
}

/** The first sentence of a text, without blocks. */
export function Summary({ text }: { text: string | null | undefined }) {
  const paragraph = (text ?? "").split("\n\n")[0]?.replace(/\s+/g, " ") ?? "";
  const sentence = /^.*?[.!?](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
  const [token] = lexer(sentence);
  return <span class="faint">{token?.type === "paragraph" ? inline(token.tokens) : sentence}</span>;
}

/** A text in Markdown outside of the components, for the editor. */
export function markdownElement(text: string): HTMLElement {
  const element = document.createElement("div");
  render(<Markdown text={text} />, element);
  return element;
}

function block(token: Token): ComponentChildren {
  switch (token.type) {
    case "space":
      return null;
    case "heading":
      return <p><strong>{inline(token.tokens)}</strong></p>;
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "code":
      return <pre tabIndex={0}><code>{token.text}</code></pre>;
    case "blockquote":
      return <blockquote>{(token.tokens ?? []).map(block)}</blockquote>;
    case "hr":
      return <hr />;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return table(token as Tokens.Table);
    case "text":
      return token.tokens ? inline(token.tokens) : token.raw;
    default:
      return <p>{token.raw}</p>;
  }
}

function list({ ordered, items }: Tokens.List) {
  const lines = items.map((item) => <li>{item.tokens.map(block)}</li>);
  return ordered ? <ol>{lines}</ol> : <ul>{lines}</ul>;
}

function table({ header, rows }: Tokens.Table) {
  return (
    <table>
      <thead><tr>{header.map(({ tokens }) => <th>{inline(tokens)}</th>)}</tr></thead>
      <tbody>{rows.map((row) => <tr>{row.map(({ tokens }) => <td>{inline(tokens)}</td>)}</tr>)}</tbody>
    </table>
  );
}

function inline(tokens: Token[] | undefined): ComponentChildren {
  return (tokens ?? []).map((token) => {
    switch (token.type) {
      case "strong":
        return <strong>{inline(token.tokens)}</strong>;
      case "em":
        return <em>{inline(token.tokens)}</em>;
      case "del":
        return <del>{inline(token.tokens)}</del>;
      case "codespan":
        return <code>{unescape(token.text)}</code>;
      case "br":
        return <br />;
      case "link":
        return link(token as Tokens.Link);
      case "escape":
        return token.text;
      case "text":
        return token.tokens ? inline(token.tokens) : unescape(token.text);
      default:
        return token.raw;
    }
  });
}

/** Only links to web pages work. They open in a tab of their own, which learns nothing of this one. */
function link({ href, tokens }: Tokens.Link) {
  if (!/^https?:\/\//.test(href)) return inline(tokens);
  return <a href={href} target="_blank" rel="noopener noreferrer">{inline(tokens)}</a>;
}

/** Older versions of the lexer escape the characters of HTML. */
function unescape(text: string): string {
  const named: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => named[entity] ?? entity);
}
