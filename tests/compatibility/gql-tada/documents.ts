// gql.tada infers types from the text of documents, without generated documents.
import { initGraphQLTada, type ResultOf, type VariablesOf } from "gql.tada";
import type { introspection } from "../generated/gql-tada.d.ts";

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Date: string; DateTime: string; JSON: unknown; UUID: string };
}>();

const Task = graphql(`
  fragment Task on Task @_unmask {
    id
    status
    dueDate
    assignedTo {
      username
    }
  }
`);

const Meetings = graphql(
  `
    query Meetings($after: String, $where: MeetingWhere) {
      meetings(first: 20, after: $after, where: $where) {
        nodes {
          title
          tasks(first: 5) {
            nodes {
              ...Task
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [Task],
);

const Found = graphql(`
  query Found($text: String!) {
    search(text: $text, types: [MEETING, SEGMENT]) {
      nodes {
        __typename
        ... on Meeting {
          title
        }
        ... on Segment {
          text
          session {
            externalId
          }
        }
      }
    }
  }
`);

export const variables: VariablesOf<typeof Meetings> = { after: null, where: { status: { in: ["LIVE"] } } };

export function assignees(result: ResultOf<typeof Meetings>): (string | undefined)[] {
  const meetings = result.meetings?.nodes ?? [];
  return meetings.flatMap(({ tasks }) => tasks.nodes.map(({ assignedTo }) => assignedTo?.username));
}

export function texts(result: ResultOf<typeof Found>): string[] {
  const found = result.search?.nodes ?? [];
  return found.flatMap((node) => {
    if (node.__typename === "Meeting") return [node.title];
    return node.__typename === "Segment" ? [node.text] : [];
  });
}

// @ts-expect-error A status that does not exist is an error of types.
export const wrong: VariablesOf<typeof Meetings> = { where: { status: { eq: "SLEEPING" } } };
