// Formats a document with the printer of graphql-js, and keeps the comments, which that drops.

import { Lexer, parse, print, Source, type Token, TokenKind } from "graphql";

/** Formats a document. Its meaning and its comments stay. */
export function format(text: string): string {
  const printed = print(parse(text));
  const original = tokens(text);
  const comments = original.filter((token) => token.kind === TokenKind.COMMENT);
  if (comments.length === 0) return `${printed}\n`;
  return insert(comments, places(original, tokens(printed)), printed);
}

/** All tokens with the comments among them, without those that only mark the start and the end. */
function tokens(text: string): Token[] {
  const lexer = new Lexer(new Source(text));
  const all: Token[] = [];
  while (lexer.advance().kind !== TokenKind.EOF) {
    // Comments are linked between the tokens that the lexer returns.
  }
  let token = lexer.token;
  while (token.prev) token = token.prev;
  for (let next = token.next; next?.next; next = next.next) all.push(next);
  return all;
}

interface Place {
  /** Where the comment goes in the printed document: the start of its line, or the end of one. */
  at: number;
  trailing: boolean;
}

/**
 * Where each comment goes. Both documents have the same tokens, except for comments, for commas,
 * which are no tokens, and for the word `query`, which the printer leaves out if it can.
 */
function places(original: Token[], printed: Token[]): Map<Token, Place> {
  const found = new Map<Token, Place>();
  const waiting: Token[] = [];
  let index = 0;
  let previous: { original: Token; printed: Token } | null = null;
  for (const token of original) {
    if (token.kind === TokenKind.COMMENT) {
      if (previous?.original.line === token.line) found.set(token, { at: previous.printed.end, trailing: true });
      else waiting.push(token);
      continue;
    }
    const match = printed[index];
    if (!match || !isSame(token, match)) {
      if (token.value === "query") continue;
      throw new Error("The printed document differs from the original.");
    }
    index += 1;
    for (const comment of waiting.splice(0)) found.set(comment, { at: match.start, trailing: false });
    previous = { original: token, printed: match };
  }
  return found;
}

/** Block strings are indented differently, so only the kind counts for strings. */
function isSame(a: Token, b: Token): boolean {
  const isString = (token: Token) => token.kind === TokenKind.STRING || token.kind === TokenKind.BLOCK_STRING;
  return (isString(a) && isString(b)) || (a.kind === b.kind && a.value === b.value);
}

/** Writes each comment on the line before its token, or at the end of the line of its token. */
function insert(comments: Token[], found: Map<Token, Place>, printed: string): string {
  const before = new Map<number, string[]>();
  const after = new Map<number, string[]>();
  const last: string[] = [];
  for (const comment of comments) {
    const text = `#${comment.value}`.trimEnd();
    const place = found.get(comment);
    if (!place) {
      last.push(text);
      continue;
    }
    const line = printed.slice(0, place.at).split("\n").length - 1;
    const lines = place.trailing ? after : before;
    lines.set(line, [...(lines.get(line) ?? []), text]);
  }
  const lines = printed.split("\n").flatMap((line, index) => {
    const indentation = /^ */.exec(line)?.[0] ?? "";
    const own = (before.get(index) ?? []).map((comment) => indentation + comment);
    return [...own, [line, ...(after.get(index) ?? [])].join(" ")];
  });
  if (last.length > 0) lines.push("", ...last);
  return `${lines.join("\n")}\n`;
}
