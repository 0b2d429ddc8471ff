import type { CombinedError } from "urql";

/** What went wrong, for people. Mina's own messages are written for them. */
export function describeError(error: CombinedError): string {
  if (error.graphQLErrors.length > 0) return error.graphQLErrors.map(({ message }) => message).join(" ");
  return "The server cannot be reached. Check your connection and try again.";
}

/** Whether the server rejected the token itself, and not only one field. */
export function isUnauthenticated(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions }) => extensions["code"] === "UNAUTHENTICATED");
}
