import { graphql } from "relay-runtime";

graphql`
  query documentsTaskQuery($id: ID!) {
    node(id: $id) {
      id
      ... on Task {
        title
        status
      }
    }
  }
`;

graphql`
  subscription documentsTaskSubscription {
    taskChanged {
      kind
      task {
        title
        status
      }
    }
  }
`;
