// The tabs of the first visit.

export const STARTERS: { query: string; variables: string }[] = [
  {
    query: `# Completed meetings with what belongs to them, in one
# request. Ctrl-Enter runs it, Ctrl-Space suggests fields,
# F1 explains the word at the cursor.
query Meetings($first: Int = 3) {
  meetings(first: $first, where: { status: { eq: COMPLETED } }) {
    totalCount # runs a query of its own, if selected
    nodes {
      title
      scheduledStart
      organizer {
        username
      }
      # The two most urgent tasks of each meeting.
      tasks(first: 2, orderBy: [{ field: PRIORITY, direction: DESC }]) {
        totalCount
        nodes {
          title
          priority
          viewerCanComplete
          assignedTo {
            username
          }
        }
      }
      # What the analysis found, with positions in the recording.
      analytics {
        overallSentimentScore
        topics {
          topic
          share
          atMs
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
    variables: `{
  "first": 3
}
`,
  },
  {
    query: `# A transcript, page by page. For the next page, copy
# \`endCursor\` from the response to the variable "after"
# and run it again. A page has at most 1000 segments.
query Transcript($first: Int = 5, $after: String) {
  meetings(first: 1, where: { status: { eq: COMPLETED }, session: {} }) {
    nodes {
      title
      session {
        language
        segments(first: $first, after: $after) {
          totalCount
          nodes {
            speaker
            startMs
            text
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
}
`,
    variables: `{
  "after": null
}
`,
  },
  {
    query: `# Creates a meeting. Problems that a user can fix are in
# \`userErrors\`. Try an empty title: nothing is created,
# and the problem names the path of the title.
mutation CreateMeeting($input: MeetingCreateInput!) {
  meetingCreate(input: $input) {
    meeting {
      id
      title
      status
      allowedTransitions
      viewerCanStart
    }
    userErrors {
      code
      message
      path
    }
    # The state after the mutation, in the same request.
    query {
      meetings {
        totalCount
      }
    }
  }
}
`,
    variables: `{
  "input": {
    "title": "Retrospective"
  }
}
`,
  },
  {
    query: `# Shows each change to a meeting as it happens, until you
# stop it. Run it, go to the tab CreateMeeting and run
# that: the event arrives here.
subscription FollowMeetings {
  meetingChanged {
    kind
    meeting {
      title
      status
      organizer {
        username
      }
    }
  }
}
`,
    variables: "",
  },
];
