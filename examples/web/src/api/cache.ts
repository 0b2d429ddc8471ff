// The normalized cache: an object that arrives in one answer is up to date everywhere.

import { cacheExchange, type OptimisticMutationResolver } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import type { TaskCompleteMutationVariables, TaskReopenMutationVariables } from "../generated/graphql";
import possibleTypes from "../generated/possibleTypes";

/** What a task looks like while the server has not answered yet. Urql takes it back if that fails. */
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
    ...possibleTypes,
    // These are parts of an answer, and not objects with an ID.
    keys: {
      MeetingConnection: () => null,
      ParticipantConnection: () => null,
      TaskConnection: () => null,
      SearchConnection: () => null,
      TaskChange: () => null,
      MeetingChange: () => null,
      PageInfo: () => null,
      UserError: () => null,
    },
    // Pages of a list are shown as one list.
    resolvers: { Query: { meetings: relayPagination(), search: relayPagination() } },
    optimistic: { taskComplete: completed, taskReopen: reopened },
  });
}
