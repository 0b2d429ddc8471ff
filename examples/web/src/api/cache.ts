// The normalized cache: an object that arrives in one answer is up to date everywhere.

import { cacheExchange, type OptimisticMutationResolver } from "@urql/exchange-graphcache";
import type { TaskCompleteMutationVariables, TaskReopenMutationVariables } from "../generated/graphql";
import schema from "../generated/schema.json";

/** What a task looks like until the server has answered. It is taken back if the server disagrees. */
const completed: OptimisticMutationResolver<TaskCompleteMutationVariables> = ({ input }) => ({
  __typename: "TaskCompletePayload",
  task: {
    __typename: "Task",
    id: input.id,
    status: "COMPLETED",
    isBlocked: false,
    viewerCanComplete: false,
    viewerCanReopen: true,
  },
  userErrors: [],
});

const reopened: OptimisticMutationResolver<TaskReopenMutationVariables> = ({ input }) => ({
  __typename: "TaskReopenPayload",
  task: {
    __typename: "Task",
    id: input.id,
    status: "TODO",
    viewerCanComplete: true,
    viewerCanReopen: false,
  },
  userErrors: [],
});

export function createCache() {
  return cacheExchange({
    schema,
    // These are parts of an answer, and not objects with an ID.
    keys: {
      MeetingConnection: () => null,
      ParticipantConnection: () => null,
      TaskConnection: () => null,
      SearchConnection: () => null,
      SegmentConnection: () => null,
      TaskChange: () => null,
      MeetingChange: () => null,
      ParticipantChange: () => null,
      AnalyticsChange: () => null,
      KeyTopic: () => null,
      Decision: () => null,
      PageInfo: () => null,
      UserError: () => null,
    },
    optimistic: { taskComplete: completed, taskReopen: reopened },
  });
}
