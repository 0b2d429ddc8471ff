// The operations that were run in this browser, newest first, without secrets.

import { signal } from "@preact/signals";
import { titleOf } from "../document/operations";
import { variablesWithoutSecrets, withoutSecrets } from "../document/secrets";
import { isRecord, read, write } from "./storage";

export interface Past {
  query: string;
  variables: string;
  title: string;
  /** When it was run last, in milliseconds since 1970. */
  at: number;
}

const KEY = "mina.history";
const MAX_LENGTH = 60;

export const history = signal<Past[]>(restore());

/** Adds an operation, or moves it to the top. */
export function remember(query: string, variables: string, name: string | null): void {
  const past: Past = {
    query: withoutSecrets(query),
    variables: variablesWithoutSecrets(variables, query),
    title: name ?? titleOf(query),
    at: Date.now(),
  };
  const others = history.value.filter(
    (other) => other.query !== past.query || other.variables !== past.variables || other.title !== past.title,
  );
  keep([past, ...others].slice(0, MAX_LENGTH));
}

export function forget(past: Past): void {
  keep(history.value.filter((other) => other !== past));
}

export function forgetAll(): void {
  keep([]);
}

function keep(list: Past[]): void {
  history.value = list;
  write("localStorage", KEY, list.length > 0 ? list : null);
}

function restore(): Past[] {
  const stored = read("localStorage", KEY);
  if (!Array.isArray(stored)) return [];
  return stored.filter(isRecord).flatMap(({ query, variables, title, at }) =>
    typeof query === "string" && typeof variables === "string" && typeof title === "string" && typeof at === "number"
      ? [{ query, variables, title, at }]
      : [],
  );
}
