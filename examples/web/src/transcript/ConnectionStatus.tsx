import type { Connection } from "./useTranscript";

interface Props {
  readonly connection: Connection;
  readonly isRecording: boolean;
}

/** Whether the transcript is up to date, which screen readers announce when it changes. */
export function ConnectionStatus({ connection, isRecording }: Props) {
  const isInterrupted = connection === "interrupted";
  const isLive = isRecording && connection === "following";
  return (
    <p role="status" className="connection" data-connection={isInterrupted ? "interrupted" : isLive ? "live" : "idle"}>
      {isInterrupted ? "Reconnecting…" : isLive ? "Live" : ""}
    </p>
  );
}
