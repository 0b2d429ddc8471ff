import { memo } from "react";
import { hueOf } from "../ui/Avatar";
import { formatOffset } from "../ui/format";
import type { Segment } from "./TranscriptStore";

interface Props {
  readonly segment: Segment;
  /** Whether the previous line is by the same speaker, so that the name is not repeated. */
  readonly isSameSpeaker: boolean;
}

/** One segment. It is drawn again only if it has changed, however long the transcript gets. */
export const SegmentLine = memo(function SegmentLine({ segment, isSameSpeaker }: Props) {
  const { text, kind, speaker, startMs } = segment;
  const name = speaker ?? "Unknown speaker";
  return (
    <div className="line" data-kind={kind} data-continues={isSameSpeaker}>
      <span className="line-time">{startMs == null ? "" : formatOffset(startMs)}</span>
      <p>
        <span className={isSameSpeaker ? "hidden" : "line-speaker"} style={{ "--hue": hueOf(name) }}>
          {name}
        </span>
        <span className="line-text">
          {text}
          {kind === "INTERIM" && <span className="hidden"> (still being said)</span>}
        </span>
      </p>
    </div>
  );
});
