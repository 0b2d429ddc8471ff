import { graphql, readFragment, type FragmentType } from "../generated";
import { Empty } from "../ui/Empty";
import { formatPercent } from "../ui/format";
import { Score } from "./Score";

const MeetingAnalysis = graphql(`
  fragment MeetingAnalysis on Meeting {
    analytics {
      id
      analysisStatus
      meetingEffectivenessScore
      overallEngagementScore
      overallSentimentScore
      topics {
        topic
        share
      }
      decisions {
        decision
      }
    }
  }
`);

const WITHOUT_RESULTS = {
  PENDING: "The analysis has not begun yet",
  PROCESSING: "The meeting is being analyzed",
  ERROR: "The analysis has failed",
};

export function Analysis(props: { readonly meeting: FragmentType<typeof MeetingAnalysis> }) {
  const { analytics } = readFragment(MeetingAnalysis, props.meeting);
  // Most meetings are analyzed after their end, so that there is nothing to say before.
  if (!analytics) return null;
  // They are null if another program stored results of a form of its own.
  const topics = analytics.topics ?? [];
  const decisions = analytics.decisions ?? [];
  return (
    <section className="card" aria-labelledby="analysis-title">
      <header className="card-header">
        <h2 id="analysis-title">Analysis</h2>
      </header>
      {analytics.analysisStatus === "COMPLETED" ? (
        <>
          <div className="scores">
            <Score label="Effectiveness" value={analytics.meetingEffectivenessScore} />
            <Score label="Engagement" value={analytics.overallEngagementScore} />
            <Score label="Sentiment" value={analytics.overallSentimentScore} />
          </div>
          {topics.length > 0 && (
            <>
              <h3>Topics</h3>
              <ul className="topics">
                {/* The same topic may come up twice. The list only changes as a whole. */}
                {topics.map(({ topic, share }, index) => (
                  <li key={index} style={{ "--share": share ?? 0 }}>
                    <span>{topic}</span>
                    {share != null && <span className="faint">{formatPercent(share)}</span>}
                  </li>
                ))}
              </ul>
            </>
          )}
          {decisions.length > 0 && (
            <>
              <h3>Decisions</h3>
              <ul className="decisions">
                {decisions.map(({ decision }, index) => (
                  <li key={index}>{decision}</li>
                ))}
              </ul>
            </>
          )}
        </>
      ) : (
        <Empty title={WITHOUT_RESULTS[analytics.analysisStatus]} />
      )}
    </section>
  );
}
