// Apollo Client 4 with types of graphql-codegen.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { graphql } from "../generated/apollo";

const Meetings = graphql(`
  query Meetings($first: Int!, $after: String, $where: MeetingWhere) {
    meetings(first: $first, after: $after, where: $where) {
      totalCount
      edges {
        cursor
        node {
          id
          title
          status
          scheduledStart
          analytics {
            id
            topics {
              topic
              share
              atMs
            }
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CreateMeeting = graphql(`
  mutation CreateMeeting($input: MeetingCreateInput!) {
    meetingCreate(input: $input) {
      meeting {
        id
        title
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const MeetingChanges = graphql(`
  subscription MeetingChanges {
    meetingChanged {
      kind
      meeting {
        id
        status
      }
    }
  }
`);

export const client = new ApolloClient({
  link: new HttpLink({ uri: "http://127.0.0.1:8000/graphql" }),
  cache: new InMemoryCache({ typePolicies: { Query: { fields: { meetings: relayStylePagination(["where", "orderBy"]) } } } }),
});

export async function titles(): Promise<string[]> {
  const { data } = await client.query({ query: Meetings, variables: { first: 20, where: { status: { eq: "LIVE" } } } });
  return data?.meetings?.edges.map(({ node }) => node.title) ?? [];
}

export async function create(title: string): Promise<string | undefined> {
  const { data } = await client.mutate({ mutation: CreateMeeting, variables: { input: { title } } });
  return data?.meetingCreate?.userErrors[0]?.message ?? data?.meetingCreate?.meeting?.id;
}

export function follow(onChange: (status: string | undefined) => void) {
  return client.subscribe({ query: MeetingChanges }).subscribe(({ data }) => onChange(data?.meetingChanged.meeting?.status));
}
