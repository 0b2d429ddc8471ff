// Captions as WebVTT, made of the segments that the page has.

import type { Segment } from "./TranscriptStore";

/** The captions of what has been said. What has no time yet, or may still change, is left out. */
export function toWebVtt(segments: readonly Segment[]): string {
  const cues = segments.flatMap(({ kind, startMs, endMs, speaker, text }) => {
    if (kind === "INTERIM" || startMs == null || endMs == null) return [];
    const voice = speaker ? `<v ${escape(speaker)}>` : "";
    return [`${timestamp(startMs)} --> ${timestamp(endMs)}\n${voice}${escape(text)}\n`];
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** An empty line would end the cue. */
function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/\s*\n\s*/g, "\n");
}

/** 01:02:03.004 */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
