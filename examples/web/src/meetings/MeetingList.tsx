import { useCallback, useState } from "react";
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
import { argumentsOf, type Filters } from "./filters";
import { MeetingRow } from "./MeetingRow";

const PAGE_SIZE = 20;

const Meetings = graphql(`
  query Meetings($first: Int!, $after: String, $where: MeetingWhere!, $direction: OrderDirection!) {
    meetings(
      first: $first
      after: $after
      where: $where
      orderBy: [{ field: SCHEDULED_START, direction: $direction }]
    ) {
      totalCount
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

/** The meetings under some filters, by day, and more of them when somebody scrolls. */
export function MeetingList({ filters }: { readonly filters: Filters }) {
  const viewerId = useViewerId();
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error, fetching }, refetch] = useQuery({
    query: Meetings,
    variables: { first: PAGE_SIZE, after, ...argumentsOf(filters, viewerId) },
    pause: filters.mine && viewerId === undefined,
  });
  const meetings = data?.meetings;
  const endCursor = meetings?.pageInfo.endCursor ?? null;
  const loadMore = useCallback(() => setAfter(endCursor), [endCursor]);
  const retry = () => refetch({ requestPolicy: "network-only" });

  if (!meetings) {
    if (error) return <Failure message={describeError(error)} onRetry={retry} />;
    return <Skeleton label="Loading meetings" rows={8} />;
  }
  if (meetings.nodes.length === 0) {
    return <Empty title="No meetings found">Try other filters.</Empty>;
  }
  return (
    <>
      <p className="total faint" role="status">
        {count(meetings.totalCount, "meeting")}
      </p>
      {groupByDay(meetings.nodes).map(([day, onThatDay]) => (
        <section key={day} className="day">
          <h2>{day}</h2>
          <ul className="card rows">
            {onThatDay.map((meeting) => (
              <MeetingRow key={meeting.id} meeting={meeting} />
            ))}
          </ul>
        </section>
      ))}
      {error ? (
        <Failure message={describeError(error)} onRetry={retry} />
      ) : (
        meetings.pageInfo.hasNextPage && <LoadMore isLoading={fetching} onLoad={loadMore} />
      )}
    </>
  );
}

/** Meetings that follow each other on the same day, below that day. */
function groupByDay(meetings: readonly Meeting[]): [string, Meeting[]][] {
  const days: [string, Meeting[]][] = [];
  for (const meeting of meetings) {
    const day = meeting.scheduledStart ? formatDay(meeting.scheduledStart) : "Without a date";
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(meeting);
    else days.push([day, [meeting]]);
  }
  return days;
}
