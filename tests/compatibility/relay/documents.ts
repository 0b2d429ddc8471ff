// A page as Relay's hooks need it: a list that grows, a fragment that is read again, a mutation that
// adds to a list, and subscriptions.
import { graphql } from "relay-runtime";
import type { documentsPageQuery$data } from "../generated/relay/documentsPageQuery.graphql";
import type { documentsTask_task$data } from "../generated/relay/documentsTask_task.graphql";

export const Page = graphql`
  query documentsPageQuery($meeting: ID!) {
    viewer {
      username
    }
    meeting(id: $meeting) {
      title
      ...documentsTasks_meeting
    }
    ...documentsMeetings_query
  }
`;

export const Meetings = graphql`
  fragment documentsMeetings_query on Query
  @refetchable(queryName: "documentsMeetingsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    where: { type: "MeetingWhere", defaultValue: { status: { in: [LIVE, COMPLETED] } } }
  ) {
    meetings(first: $count, after: $cursor, where: $where, orderBy: [{ field: CREATED_AT, direction: DESC }])
      @connection(key: "documents_meetings") {
      totalCount
      edges {
        node {
          id
          title
          scheduledStart
          organizer {
            username
          }
        }
      }
    }
  }
`;

export const Tasks = graphql`
  fragment documentsTasks_meeting on Meeting
  @refetchable(queryName: "documentsTasksPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    tasks(first: $count, after: $cursor) @connection(key: "documents_tasks") {
      edges {
        node {
          ...documentsTask_task
        }
      }
    }
  }
`;

/** Relay finds the task again by `node(id)`. */
export const Task = graphql`
  fragment documentsTask_task on Task @refetchable(queryName: "documentsTaskRefetchQuery") {
    id
    title
    status
    dueDate
  }
`;

export const CompleteTask = graphql`
  mutation documentsCompleteTaskMutation($input: TaskCompleteInput!) {
    taskComplete(input: $input) {
      task {
        ...documentsTask_task
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

export const CreateTask = graphql`
  mutation documentsCreateTaskMutation($input: TaskCreateInput!, $connections: [ID!]!) {
    taskCreate(input: $input) {
      task @appendNode(connections: $connections, edgeTypeName: "TaskEdge") {
        ...documentsTask_task
      }
      userErrors {
        message
      }
    }
  }
`;

export const TaskChanges = graphql`
  subscription documentsTaskChangesSubscription($meeting: ID!) {
    taskChanged(meetingId: $meeting) {
      kind
      task {
        ...documentsTask_task
      }
    }
  }
`;

export const Transcript = graphql`
  subscription documentsTranscriptSubscription($session: ID!, $after: Int) {
    sessionTranscript(sessionId: $session, after: $after) {
      position
      segment {
        id
        text
        kind
      }
    }
  }
`;

// The types say what can be null.
export const title = (page: documentsPageQuery$data): string => page.meeting?.title ?? page.viewer?.username ?? "";
export const due = (task: documentsTask_task$data): string | null | undefined => task.dueDate;
