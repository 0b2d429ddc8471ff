// Browser storage. The page works without it, and then remembers nothing.

/** Reads a value that was stored as JSON, or returns null. */
export function read(area: "localStorage" | "sessionStorage", key: string): unknown {
  try {
    return JSON.parse(window[area].getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** Stores a value as JSON. Null removes it. */
export function write(area: "localStorage" | "sessionStorage", key: string, value: unknown): void {
  try {
    if (value === null) window[area].removeItem(key);
    else window[area].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden, so nothing is remembered.
  }
}

/** Whether a value is an object with keys, not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
