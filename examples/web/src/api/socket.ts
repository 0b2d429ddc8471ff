// The WebSocket for subscriptions. It is opened for the first of them, and closed after the last.

import { createClient, type Client } from "graphql-ws";
import { socketUrl } from "./address";

/** Mina closes connections with this code whose token is invalid or has expired. */
const FORBIDDEN = 4403;

export interface Socket extends Client {
  isOpen(): boolean;
}

export function createSocket(token: string, onUnauthenticated: () => void): Socket {
  let isOpen = false;
  const client = createClient({
    url: socketUrl,
    connectionParams: { Authorization: `Bearer ${token}` },
    // A train may be in a tunnel for long, so that the number of attempts has no end.
    retryAttempts: Infinity,
    retryWait: (retries) => sleep(Math.min(250 * 2 ** retries, 10_000) * (0.75 + Math.random() / 2)),
    shouldRetry: (error) => !isForbidden(error),
    on: {
      connected: () => {
        isOpen = true;
      },
      closed: (event) => {
        isOpen = false;
        if (isForbidden(event)) onUnauthenticated();
      },
    },
  });
  return { ...client, isOpen: () => isOpen };
}

function isForbidden(event: unknown): boolean {
  return event instanceof CloseEvent && event.code === FORBIDDEN;
}

/** Waits, but not longer than until the browser is back online. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(wake, milliseconds);
    addEventListener("online", wake);
    function wake() {
      clearTimeout(timer);
      removeEventListener("online", wake);
      resolve();
    }
  });
}
