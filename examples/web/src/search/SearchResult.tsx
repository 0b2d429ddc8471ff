import { Link } from "wouter";
import { graphql, readFragment, type FragmentType } from "../generated";
import type { SearchResultFragment } from "../generated/graphql";
import { formatDay, formatOffset } from "../ui/format";
import { Highlighted } from "./Highlighted";

const SearchResultFragmentDocument = graphql(`
  fragment SearchResult on SearchResult {
    __typename
    ... on Meeting {
      id
      title
      description
      scheduledStart
    }
    ... on Task {
      id
      title
      description
      meeting {
        id
        title
      }
    }
    ... on Marker {
      id
      content
      session {
        id
        meeting {
          id
          title
        }
      }
    }
    ... on Segment {
      id
      text
      speaker
      startMs
      session {
        id
        meeting {
          id
          title
        }
      }
    }
    ... on User {
      id
      username
      email
    }
  }
`);

interface Props {
  readonly result: FragmentType<typeof SearchResultFragmentDocument>;
  readonly text: string;
}

export function SearchResult(props: Props) {
  const result = readFragment(SearchResultFragmentDocument, props.result);
  const { title, detail, description, meetingId } = describe(result);
  const excerpt = excerptOf(description ?? "", props.text);
  const content = (
    <>
      <span className="row-kind faint">{kindOf(result)}</span>
      <span className="row-main">
        <span className="row-title">
          <Highlighted text={title} word={props.text} />
        </span>
        {excerpt && (
          <span>
            <Highlighted text={excerpt} word={props.text} />
          </span>
        )}
        {detail && (
          <span className="row-facts faint">
            <Highlighted text={detail} word={props.text} />
          </span>
        )}
      </span>
    </>
  );
  return (
    <li>
      {meetingId ? (
        <Link href={`/meetings/${meetingId}`} className="row">
          {content}
        </Link>
      ) : (
        <div className="row">{content}</div>
      )}
    </li>
  );
}

interface Description {
  readonly title: string;
  readonly detail?: string | null;
  /** A long text, of which only the words around what was searched for are shown. */
  readonly description?: string | null;
  /** The meeting that it leads to, if any. */
  readonly meetingId?: string | undefined;
}

function describe(result: SearchResultFragment): Description {
  switch (result.__typename) {
    case "Meeting": {
      const { id, title, description, scheduledStart } = result;
      return { title, detail: scheduledStart && formatDay(scheduledStart), description, meetingId: id };
    }
    case "Task": {
      const { title, description, meeting } = result;
      return { title, detail: meeting.title, description, meetingId: meeting.id };
    }
    case "Marker": {
      const meeting = result.session?.meeting;
      return { title: result.content, detail: meeting?.title ?? null, meetingId: meeting?.id };
    }
    case "Segment": {
      const { meeting } = result.session;
      const time = result.startMs == null ? null : formatOffset(result.startMs);
      const detail = [result.speaker, meeting?.title, time].filter(Boolean).join(" · ");
      return { title: result.text, detail, meetingId: meeting?.id };
    }
    case "User":
      return { title: result.username, detail: result.email };
  }
}

/** How many characters are shown before and after what was searched for. */
const CONTEXT = 70;

/** The words around the first occurrence in a text, if there is one. */
function excerptOf(text: string, word: string): string | null {
  const start = text.toLowerCase().indexOf(word.toLowerCase());
  if (start < 0) return null;
  const [from, to] = [Math.max(0, start - CONTEXT), start + word.length + CONTEXT];
  return `${from > 0 ? "…" : ""}${text.slice(from, to).trim()}${to < text.length ? "…" : ""}`;
}

const KINDS = { Marker: "Marker", Meeting: "Meeting", Segment: "Said", Task: "Task", User: "Person" };

function kindOf({ __typename }: SearchResultFragment): string {
  return KINDS[__typename];
}
