import { Icon } from "../ui/Icon";
import { toWebVtt } from "./captions";
import type { Segment } from "./TranscriptStore";

interface Props {
  readonly segments: readonly Segment[];
  readonly title: string;
}

export function CaptionsDownload({ segments, title }: Props) {
  function download() {
    const url = URL.createObjectURL(new Blob([toWebVtt(segments)], { type: "text/vtt" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${fileName(title)}.vtt`;
    link.click();
    URL.revokeObjectURL(url);
  }
  return (
    <button type="button" className="quiet with-icon" disabled={segments.length === 0} onClick={download}>
      <Icon name="download" />
      Captions
    </button>
  );
}

/** What every file system accepts. */
function fileName(title: string): string {
  return title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "").slice(0, 80) || "captions";
}
