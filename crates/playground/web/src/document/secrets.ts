// What must not be stored or shared: passwords, tokens and other secrets, wherever they are written.

import { isRecord } from "../state/storage";

/** Names whose values are secret. */
const SECRET_NAME = /pass(?:word|phrase)|token|secret|credential|authorization|cookie|api_?key/i;

/** A name with a string as its value, also as the default of a variable. */
const SECRET_STRING =
  /(\b\w*(?:pass(?:word|phrase)|token|secret|credential|authorization|cookie|api_?key)\w*[\s,]*:(?:[\s,]|#[^\n]*\n)*(?:[[\]!\w\s]{1,200}=\s*)?)("""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)/gi;

/** The same with a variable as the value. Documents that are not finished count, too. */
const SECRET_VARIABLE =
  /\b\w*(?:pass(?:word|phrase)|token|secret|credential|authorization|cookie|api_?key)\w*\s*:\s*\$(\w+)/gi;

/** Signed tokens are recognized by their form. */
const SIGNED_TOKEN = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;

/** A document without the secrets in it. */
export function withoutSecrets(query: string): string {
  return query.replace(SECRET_STRING, '$1""').replace(SIGNED_TOKEN, "");
}

/** Variables as JSON, without the secrets in them. What cannot be read is not kept. */
export function variablesWithoutSecrets(variables: string, query: string): string {
  if (!variables.trim()) return variables;
  const secret = secretVariables(query);
  let changed = false;
  const clean = (name: string, value: unknown): unknown => {
    if (typeof value === "string" && (SECRET_NAME.test(name) || secret.has(name))) {
      changed = true;
      return "";
    }
    if (typeof value === "string") {
      const cleaned = value.replace(SIGNED_TOKEN, "");
      changed ||= cleaned !== value;
      return cleaned;
    }
    if (Array.isArray(value)) return value.map((item) => clean(name, item));
    if (isRecord(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(key, item)]));
    }
    return value;
  };
  try {
    const parsed: unknown = JSON.parse(variables);
    const named = namedVariables(query);
    const own = isRecord(parsed) ? Object.fromEntries(Object.entries(parsed).filter(([name]) => named.has(name))) : {};
    changed = isRecord(parsed) && Object.keys(own).length < Object.keys(parsed).length;
    const cleaned = clean("", own);
    return changed ? JSON.stringify(cleaned, null, 2) : variables;
  } catch {
    return "";
  }
}

/** The variables that are used where a secret is expected, whatever their own names are. */
function secretVariables(query: string): Set<string> {
  return new Set(Array.from(query.matchAll(SECRET_VARIABLE), ([, name = ""]) => name));
}

/** The variables that a document names. Others may be left from another document. */
function namedVariables(query: string): Set<string> {
  return new Set(Array.from(query.matchAll(/\$(\w+)/g), ([, name = ""]) => name));
}
