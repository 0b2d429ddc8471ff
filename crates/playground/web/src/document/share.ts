// A link to the page with a document in its fragment, which browsers do not send to the server.

import { isRecord } from "../state/storage";

const PREFIX = "#document=";

export interface Shared {
  query: string;
  variables: string;
}

/** The link that opens a document in a tab of its own. */
export async function shareLink(shared: Shared): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const compressed = await through(bytes, new CompressionStream("deflate-raw"));
  const text = btoa(Array.from(compressed, (byte) => String.fromCharCode(byte)).join(""));
  const fragment = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.origin}${location.pathname}${PREFIX}${fragment}`;
}

/** The document in the fragment of a link, if there is one that can be read. */
export async function readShared(fragment: string): Promise<Shared | null> {
  if (!fragment.startsWith(PREFIX)) return null;
  try {
    const text = atob(fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    const compressed = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const bytes = await through(compressed, new DecompressionStream("deflate-raw"));
    const shared: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isRecord(shared) || typeof shared.query !== "string") return null;
    return { query: shared.query, variables: typeof shared.variables === "string" ? shared.variables : "" };
  } catch {
    return null;
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const result = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(result).arrayBuffer());
}
