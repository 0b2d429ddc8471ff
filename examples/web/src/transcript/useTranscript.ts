import { useEffect, useState, useSyncExternalStore } from "react";
import type { Socket } from "../api/socket";
import { nameDocument } from "../api/trustedDocuments";
import { useSocket } from "../api/useSocket";
import { graphql } from "../generated";
import type { TranscriptSubscription } from "../generated/graphql";
import { type Segment, TranscriptStore } from "./TranscriptStore";

const Transcript = graphql(`
  subscription Transcript($session: ID!, $after: Int) {
    sessionTranscript(sessionId: $session, after: $after) {
      position
      isDeleted
      segment {
        id
        text
        kind
        speaker
        startMs
        endMs
      }
    }
  }
`);

export type Connection = "connecting" | "following" | "interrupted" | "failed";

interface FollowedTranscript {
  readonly segments: readonly Segment[];
  readonly connection: Connection;
  /** Subscribes again after a failure. */
  readonly retry: () => void;
}

/** Follows the transcript of a session, across cut connections. */
export function useTranscript(session: string): FollowedTranscript {
  const socket = useSocket();
  const [store] = useState(() => new TranscriptStore());
  const [connection, setConnection] = useState<Connection>("connecting");
  const [attempt, setAttempt] = useState(0);
  const segments = useSyncExternalStore(store.subscribe, store.getSegments);

  useEffect(() => {
    if (!socket) return;
    return follow(socket, session, store, setConnection);
  }, [socket, session, store, attempt]);

  return { segments, connection, retry: () => setAttempt(attempt + 1) };
}

function follow(
  socket: Socket,
  session: string,
  store: TranscriptStore,
  onConnection: (connection: Connection) => void,
): () => void {
  onConnection(socket.isOpen() ? "following" : "connecting");
  // When graphql-ws reconnects, it sends this very object again. As it then holds the position of
  // the last event, the server continues there: nothing is missed, and nothing is sent twice.
  const variables: { session: string; after: number | null } = { session, after: null };
  const listening = [
    socket.on("connected", () => onConnection("following")),
    socket.on("closed", () => onConnection("interrupted")),
  ];
  const unsubscribe = socket.subscribe<TranscriptSubscription>(
    { ...nameDocument(Transcript), variables },
    {
      next: ({ data }) => {
        if (!data) return;
        variables.after = data.sessionTranscript.position;
        store.add(data.sessionTranscript);
      },
      error: () => {
        stopListening();
        onConnection("failed");
      },
      complete: () => {},
    },
  );
  return () => {
    stopListening();
    unsubscribe();
  };

  function stopListening() {
    for (const stop of listening) stop();
  }
}
