import { useQuery } from "urql";
import { Link } from "wouter";
import { graphql } from "../generated";
import { describeError } from "../api/describeError";
import { Transcript } from "../transcript/Transcript";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Icon } from "../ui/Icon";
import { Skeleton } from "../ui/Skeleton";
import { useTitle } from "../ui/useTitle";
import { Analysis } from "./Analysis";
import { MeetingHeader } from "./MeetingHeader";
import { Participants } from "./Participants";
import { Tasks } from "./Tasks";
import { useChanges } from "./useChanges";

const Meeting = graphql(`
  query Meeting($id: ID!) {
    meeting(id: $id) {
      id
      title
      session {
        id
        ...Session
      }
      ...MeetingHeader
      ...MeetingTasks
      ...MeetingParticipants
      ...MeetingAnalysis
    }
  }
`);

export function MeetingPage({ id }: { readonly id: string }) {
  const [{ data, error, fetching }, refetch] = useQuery({ query: Meeting, variables: { id } });
  const reload = () => refetch({ requestPolicy: "network-only" });
  useChanges(id, reload);
  const meeting = data?.meeting;
  useTitle(meeting?.title ?? "Meeting");

  if (!meeting) {
    if (error) return <Failure message={describeError(error)} onRetry={reload} />;
    if (fetching) return <Skeleton label="Loading the meeting" rows={8} />;
    return (
      <Empty title="There is no such meeting">
        <Link href="/">See all meetings</Link>
      </Empty>
    );
  }
  const { session } = meeting;
  return (
    <div className="page">
      <Link href="/" className="back">
        <Icon name="back" />
        Meetings
      </Link>
      <MeetingHeader meeting={meeting} />
      {error && <Failure message={describeError(error)} onRetry={reload} />}
      <div className="columns">
        <div className="column">
          {session ? (
            <Transcript key={session.id} session={session} />
          ) : (
            <section className="card">
              <Empty title="No transcript">It begins when somebody starts the meeting.</Empty>
            </section>
          )}
        </div>
        <div className="column">
          <Tasks meeting={meeting} />
          <Analysis meeting={meeting} />
          <Participants meeting={meeting} />
        </div>
      </div>
    </div>
  );
}
