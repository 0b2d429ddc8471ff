// Trusted documents: the build writes a manifest of all documents of this application to
// generated/persisted-documents.json. A server that is started with
// `--trusted-documents <manifest> --documents trusted` takes their IDs and nothing else.

import { makeOperation, mapExchange, stringifyDocument, type TypedDocumentNode } from "@urql/core";

const SENDS_IDS = import.meta.env.VITE_TRUSTED_DOCUMENTS === "true";

/** Sends the ID of each document instead of its text. It has to be the last one before the network. */
export const trustedDocuments = mapExchange({
  onOperation(operation) {
    const documentId = SENDS_IDS ? documentIdOf(operation.query) : undefined;
    if (operation.kind === "teardown" || !documentId) return operation;
    // urql sends `documentId` for documents without definitions.
    const query = { ...operation.query, definitions: [], documentId };
    return makeOperation(operation.kind, { ...operation, query });
  },
});

/** What names a document in a request that is not urql's. */
export function nameDocument<Data, Variables>(document: TypedDocumentNode<Data, Variables>) {
  const documentId = SENDS_IDS ? documentIdOf(document) : undefined;
  return documentId ? { query: "", documentId } : { query: stringifyDocument(document) };
}

/** The ID that graphql-codegen has put into the document, whose type does not mention it. */
function documentIdOf(document: object): string | undefined {
  const meta = "__meta__" in document ? document.__meta__ : undefined;
  if (typeof meta !== "object" || meta === null || !("documentId" in meta)) return undefined;
  return typeof meta.documentId === "string" ? meta.documentId : undefined;
}
