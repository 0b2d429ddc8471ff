// The operations of a document, found without a parser that insists on valid syntax.

import { Lexer, Source, type Token, TokenKind } from "graphql";

export type Kind = "query" | "mutation" | "subscription";

export interface Operation {
  kind: Kind;
  name: string | null;
  /** Where it begins and ends in the document. */
  from: number;
  to: number;
}

/** The documents that were read last. Tabs, buttons and the explorer all ask for the same ones. */
const known = new Map<string, Operation[]>();
const MOST_KNOWN = 20;

/** All operations of a document. What comes after a character that is not GraphQL is not read. */
export function operations(text: string): readonly Operation[] {
  const before = known.get(text);
  if (before) return before;
  const [oldest] = known.keys();
  if (known.size >= MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  const found = find(text);
  known.set(text, found);
  return found;
}

function find(text: string): Operation[] {
  const found: Operation[] = [];
  let definition: Operation | "fragment" | null = null;
  let previous: Token | null = null;
  let depth = 0;
  for (const token of significantTokens(text)) {
    if (depth === 0 && !definition) {
      definition = definitionAt(token);
      if (definition && definition !== "fragment") {
        definition.to = text.length;
        found.push(definition);
      }
    } else if (depth === 0 && token.kind === TokenKind.NAME && definition !== "fragment") {
      const isName = previous?.start === definition?.from;
      if (definition && isName) definition.name = token.value;
    }
    if (token.kind === TokenKind.BRACE_L || token.kind === TokenKind.PAREN_L) depth += 1;
    if (token.kind === TokenKind.BRACE_R || token.kind === TokenKind.PAREN_R) depth = Math.max(0, depth - 1);
    if (depth === 0 && token.kind === TokenKind.BRACE_R) {
      if (definition && definition !== "fragment") definition.to = token.end;
      definition = null;
    }
    previous = token;
  }
  return found;
}

/** What begins with a token. */
function definitionAt(token: Token): Operation | "fragment" | null {
  const operation = (kind: Kind): Operation => ({ kind, name: null, from: token.start, to: token.end });
  if (token.kind === TokenKind.BRACE_L) return operation("query");
  if (token.kind !== TokenKind.NAME) return null;
  if (token.value === "fragment") return "fragment";
  const isKind = token.value === "query" || token.value === "mutation" || token.value === "subscription";
  return isKind ? operation(token.value as Kind) : null;
}

/** The tokens of a document without its comments, up to the first error. */
function significantTokens(text: string): Token[] {
  const lexer = new Lexer(new Source(text));
  const all: Token[] = [];
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) all.push(token);
  } catch {
    // What comes before the error counts.
  }
  return all;
}

/** The operation at a position, else the last one before it, else the first one. */
export function operationAt(text: string, position: number): Operation | null {
  const all = operations(text);
  return all.findLast((operation) => operation.from <= position) ?? all[0] ?? null;
}

/** What to call an operation in tabs and lists. */
export function titleOf(text: string): string {
  const named = operations(text).find(({ name }) => name);
  if (named?.name) return named.name;
  const field = /\{\s*(?:#.*\s*)*(\w+)/.exec(text)?.[1];
  return field ?? "Untitled";
}
