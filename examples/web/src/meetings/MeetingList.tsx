import { useQuery } from "urql";
import { graphql } from "../generated";
import type { MeetingsQuery } from "../generated/graphql";
import { describeError } from "../api/describeError";
import { useViewerId } from "../account/useViewerId";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { count, formatDay } from "../ui/format";
import { LoadMore } from "../ui/LoadMore";
import { Skeleton } from "../ui/Skeleton";
import { usePages } from "../ui/usePages";
import { argumentsOf, type Filters } from "./filters";
import { MeetingRow } from "./MeetingRow";

const PAGE_SIZE = 20;

const Meetings = graphql(`
  query Meetings(
    $first: Int!
    $after: String
    $where: MeetingWhere!
    $direction: OrderDirection!
    $isFirstPage: Boolean!
  ) {
    meetings(
      first: $first
      after: $after
      where: $where
      orderBy: [{ field: SCHEDULED_START, direction: $direction }]
    ) {
      totalCount @include(if: $isFirstPage)
      nodes {
        id
        scheduledStart
        ...MeetingRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type Meeting = NonNullable<MeetingsQuery["meetings"]>["nodes"][number];

/** The meetings under some filters, and more of them when somebody scrolls. */
export function MeetingList({ filters }: { readonly filters: Filters }) {
  const [pages, showMore] = usePages();
  return <Page filters={filters} after={null} lastDay={null} remaining={pages} onMore={showMore} />;
}

interface PageProps {
  readonly filters: Filters;
  readonly after: string | null;
  /** The day with which the previous page ends, which is not repeated. */
  readonly lastDay: string | null;
  /** How many pages are shown, this one included. */
  readonly remaining: number;
  readonly onMore: () => void;
}

/** One page, and the next ones. Each begins where the one before ends, also after that has changed. */
function Page({ filters, after, lastDay, remaining, onMore }: PageProps) {
  const viewerId = useViewerId();
  const [{ data, error }, refetch] = useQuery({
    query: Meetings,
    variables: { first: PAGE_SIZE, after, isFirstPage: after === null, ...argumentsOf(filters, viewerId) },
    pause: filters.mine && viewerId === undefined,
  });

  const meetings = data?.meetings;
  if (error) {
    return <Failure message={describeError(error)} onRetry={() => refetch({ requestPolicy: "network-only" })} />;
  }
  if (!meetings) return <Skeleton label="Loading meetings" rows={after === null ? 8 : 3} />;
  if (after === null && meetings.nodes.length === 0) {
    return <Empty title="No meetings found">Try other filters.</Empty>;
  }
  const { endCursor, hasNextPage } = meetings.pageInfo;
  const days = groupByDay(meetings.nodes);
  return (
    <>
      {meetings.totalCount !== undefined && (
        <p className="total faint" role="status">
          {count(meetings.totalCount, "meeting")}
        </p>
      )}
      {days.map(([day, onThatDay]) => (
        <section key={day} className="day">
          {day !== lastDay && <h2>{day}</h2>}
          <ul className="card rows">
            {onThatDay.map((meeting) => (
              <MeetingRow key={meeting.id} meeting={meeting} />
            ))}
          </ul>
        </section>
      ))}
      {hasNextPage &&
        (remaining > 1 ? (
          <Page
            filters={filters}
            after={endCursor}
            lastDay={days.at(-1)?.[0] ?? lastDay}
            remaining={remaining - 1}
            onMore={onMore}
          />
        ) : (
          <LoadMore onLoad={onMore} />
        ))}
    </>
  );
}

/** Meetings that follow each other on the same day, below that day. */
function groupByDay(meetings: readonly Meeting[]): [day: string, meetings: Meeting[]][] {
  const days: [string, Meeting[]][] = [];
  for (const meeting of meetings) {
    const day = meeting.scheduledStart ? formatDay(meeting.scheduledStart) : "Without a date";
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(meeting);
    else days.push([day, [meeting]]);
  }
  return days;
}
