import { graphql, readFragment, type FragmentType } from "../generated";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Icon } from "../ui/Icon";
import { Skeleton } from "../ui/Skeleton";
import { CaptionsDownload } from "./CaptionsDownload";
import { ConnectionStatus } from "./ConnectionStatus";
import { SegmentLine } from "./SegmentLine";
import { useFollowing } from "./useFollowing";
import { useTranscript } from "./useTranscript";

const SessionFragment = graphql(`
  fragment Session on Session {
    id
    status
    segments {
      totalCount
    }
  }
`);

export function Transcript(props: { readonly session: FragmentType<typeof SessionFragment> }) {
  const session = readFragment(SessionFragment, props.session);
  const isRecording = session.status === "RECORDING";
  const { segments, connection, retry } = useTranscript(session.id);
  const { ref, isFollowing, onScroll, follow } = useFollowing(segments, isRecording);
  const isEmpty = segments.length === 0;
  return (
    <section className="card transcript" aria-labelledby="transcript-title">
      <header className="card-header">
        <h2 id="transcript-title">Transcript</h2>
        <ConnectionStatus connection={connection} isRecording={isRecording} />
        <CaptionsDownload session={session.id} disabled={isEmpty} />
      </header>
      {connection === "failed" && <Failure message="The transcript could not be followed." onRetry={retry} />}
      {isEmpty && connection !== "failed" && <Nothing isLoading={session.segments.totalCount > 0} />}
      {/* Not live: a screen reader would read the whole transcript when it arrives. */}
      <div
        ref={ref}
        className="lines"
        role="log"
        aria-live="off"
        aria-labelledby="transcript-title"
        tabIndex={isEmpty ? -1 : 0}
        hidden={isEmpty}
        onScroll={onScroll}
      >
        {segments.map((segment, index) => (
          <SegmentLine
            key={segment.id}
            segment={segment}
            isSameSpeaker={index > 0 && segments[index - 1]?.speaker === segment.speaker}
          />
        ))}
      </div>
      {isRecording && !isFollowing && (
        <button type="button" className="jump" onClick={follow}>
          <Icon name="down" />
          Newest
        </button>
      )}
    </section>
  );
}

/** What is shown before the first segment. */
function Nothing({ isLoading }: { readonly isLoading: boolean }) {
  if (isLoading) return <Skeleton label="Loading the transcript" rows={6} />;
  return <Empty title="Nothing has been said yet">What is said appears here.</Empty>;
}
