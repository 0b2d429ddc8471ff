// The schema, which completion, checks and documentation need.

import { signal } from "@preact/signals";
import { buildSchema, type GraphQLSchema } from "graphql";

/** The schema, once it is loaded. */
export const schema = signal<GraphQLSchema | null>(null);

/** Why there is no schema, in a sentence. */
export const schemaProblem = signal<string | null>(null);

/**
 * Loads the schema. The request carries no token: an expired one would be rejected, and the
 * documentation must not disappear with it.
 */
export async function loadSchema(): Promise<void> {
  schemaProblem.value = null;
  try {
    const response = await fetch("schema.graphql");
    if (response.status === 404) {
      schemaProblem.value = "This server does not publish its schema (--introspection off).";
    } else if (!response.ok) {
      schemaProblem.value = `The schema cannot be loaded: the server answered with ${response.status}.`;
    } else {
      schema.value = buildSchema(await response.text(), { assumeValid: true });
    }
  } catch {
    schemaProblem.value = "The schema cannot be loaded: the server does not respond.";
  }
}
