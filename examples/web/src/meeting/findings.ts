// What an analysis found. These fields are JSON, of which nothing is known, so each is checked.

export interface Topic {
  readonly topic: string;
  /** Its share of the meeting, from 0 to 1. */
  readonly share: number;
}

export function readTopics(json: unknown): Topic[] {
  return entriesOf(json).flatMap(({ topic, share }) =>
    typeof topic === "string" ? [{ topic, share: typeof share === "number" ? share : 0 }] : [],
  );
}

export function readDecisions(json: unknown): string[] {
  return entriesOf(json).flatMap(({ decision }) => (typeof decision === "string" ? [decision] : []));
}

interface Entry {
  readonly topic?: unknown;
  readonly share?: unknown;
  readonly decision?: unknown;
}

function entriesOf(json: unknown): Entry[] {
  const entries: unknown[] = Array.isArray(json) ? json : [];
  return entries.filter((entry): entry is Entry => typeof entry === "object" && entry !== null);
}
