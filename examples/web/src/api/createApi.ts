import { Client, fetchExchange, mapExchange, subscriptionExchange } from "urql";
import { httpUrl } from "./address";
import { createCache } from "./cache";
import { isUnauthenticated } from "./describeError";
import { createSocket, type Socket } from "./socket";
import { trustedDocuments } from "./trustedDocuments";

export interface Api {
  readonly client: Client;
  /** Null as long as nobody is signed in. */
  readonly socket: Socket | null;
}

/** The connection to the server for one user. Its cache must not outlive the sign-in. */
export function createApi(token: string | null, onUnauthenticated: () => void): Api {
  const socket = token === null ? null : createSocket(token, onUnauthenticated);
  const client = new Client({
    url: httpUrl,
    preferGetMethod: false,
    fetchOptions: token === null ? {} : { headers: { authorization: `Bearer ${token}` } },
    // What is in the cache is shown at once and then brought up to date.
    requestPolicy: "cache-and-network",
    exchanges: [
      mapExchange({
        onError(error) {
          if (token !== null && isUnauthenticated(error)) onUnauthenticated();
        },
      }),
      createCache(),
      trustedDocuments,
      subscriptionExchange({
        forwardSubscription: ({ query = "", ...request }) => ({
          subscribe: ({ next, error, complete }) => ({
            unsubscribe:
              socket?.subscribe(
                { query, ...request },
                { next: ({ data = null, errors }) => next({ data, ...(errors && { errors }) }), error, complete },
              ) ?? noop,
          }),
        }),
      }),
      fetchExchange,
    ],
  });
  return { client, socket };
}

function noop() {}
