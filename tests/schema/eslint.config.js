// The rules for schema.graphql: those that graphql-eslint recommends, and those of Relay.
import graphql from "@graphql-eslint/eslint-plugin";

/** Types that are no objects with an identity of their own, so a cache must not keep them by an ID. */
const WITHOUT_ID = {
  suffixes: ["Connection", "Edge", "Payload"],
  types: [
    // Events, which name their object by `objectId`.
    "AnalyticsChange",
    "MarkerChange",
    "MeetingChange",
    "ParticipantChange",
    "TaskChange",
    "TranscriptEvent",
    // Values, which belong to the object around them.
    "ActionItem",
    "AnalyticsClaim",
    "Decision",
    "KeyTopic",
    "PageInfo",
    "Speaker",
    "TranscriptWarning",
    "UserError",
  ],
};

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": ["error", { exceptions: WITHOUT_ID }],
      // Lists of plain values and of the results of bulk mutations have no cursors. `nodes` is a
      // shortcut past the edges, which Relay's specification allows.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // It has no exceptions, and both fields that it finds are right: `User.username` is one word,
      // and `Decision.decision` is read as it is written in `DecisionInput`.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
