// Sends requests to the API, which is beside the page.

export interface Payload {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
}

export interface Sending {
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  /** The body as it was received. */
  text: string;
  /** The body, if it is JSON. */
  json: GraphqlAnswer | null;
  milliseconds: number;
}

export interface GraphqlAnswer {
  data?: unknown;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
  extensions?: Record<string, unknown>;
}

/** Sends a request, and leaves the body of its response unread. */
export function post(payload: Payload, { token, headers, signal }: Sending): Promise<Response> {
  const all = new Headers({ "content-type": "application/json" });
  if (token) all.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
  return fetch("graphql", {
    method: "POST",
    headers: all,
    body: JSON.stringify(payload),
    ...(signal && { signal }),
  });
}

/** Sends a request and reads the response. */
export async function ask(payload: Payload, sending: Sending): Promise<Answer> {
  const started = performance.now();
  return read(await post(payload, sending), started);
}

/** Reads a response of which nothing was read yet. */
export async function read(response: Response, started: number): Promise<Answer> {
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  let json: GraphqlAnswer | null = null;
  try {
    json = JSON.parse(text) as GraphqlAnswer;
  } catch {
    // A proxy may have answered with a page. It is shown as it is.
  }
  return { status: response.status, text, json, milliseconds };
}
