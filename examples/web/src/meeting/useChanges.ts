import { useEffect, useEffectEvent } from "react";
import { useSubscription } from "urql";
import { useSocket } from "../api/useSocket";
import { graphql } from "../generated";

const MeetingChanges = graphql(`
  subscription MeetingChanges($id: ID!) {
    meetingChanged(id: $id) {
      kind
      meeting {
        id
        status
        session {
          id
          ...Session
        }
      }
    }
  }
`);

const TaskChanges = graphql(`
  subscription TaskChanges($meeting: ID!) {
    taskChanged(meetingId: $meeting) {
      kind
      task {
        id
        ...Task
      }
    }
  }
`);

const ParticipantChanges = graphql(`
  subscription ParticipantChanges($meeting: ID!) {
    participantChanged(meetingId: $meeting) {
      kind
      participant {
        id
        role
        status
      }
    }
  }
`);

const AnalysisChanges = graphql(`
  subscription AnalysisChanges($meeting: ID!) {
    analyticsChanged(meetingId: $meeting) {
      kind
    }
  }
`);

/**
 * Keeps a meeting up to date with what others do. Objects that have changed go to the cache by
 * themselves. The lists that objects join or leave are read again, and so is everything after the
 * connection was cut, because events that nobody received are not sent again.
 */
export function useChanges(meeting: string, reload: () => void): void {
  const socket = useSocket();
  const onReconnect = useEffectEvent(reload);
  useSubscription({ query: MeetingChanges, variables: { id: meeting } });
  useSubscription({ query: TaskChanges, variables: { meeting } }, (_, change) => {
    if (change.taskChanged.kind !== "UPDATED") reload();
    return change;
  });
  useSubscription({ query: ParticipantChanges, variables: { meeting } }, (_, change) => {
    if (change.participantChanged.kind !== "UPDATED") reload();
    return change;
  });
  // An analysis is long, so it is read again only here, and not with each event.
  useSubscription({ query: AnalysisChanges, variables: { meeting } }, (_, change) => {
    reload();
    return change;
  });
  useEffect(
    () =>
      socket?.on("connected", (_socket, _payload, wasRetry) => {
        if (wasRetry) onReconnect();
      }),
    [socket],
  );
}
