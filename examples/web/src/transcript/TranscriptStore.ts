import type { TranscriptSubscription } from "../generated/graphql";

type Event = TranscriptSubscription["sessionTranscript"];
export type Segment = Event["segment"];

/** The segments of one transcript as they arrive, for `useSyncExternalStore`. */
export class TranscriptStore {
  readonly #segments = new Map<string, Segment>();
  readonly #listeners = new Set<() => void>();
  #shown: readonly Segment[] = [];
  #isFrameRequested = false;

  /** Adds a segment, or the newer version of one, or removes one that was deleted. */
  add({ segment, isDeleted }: Event): void {
    if (isDeleted) this.#segments.delete(segment.id);
    else this.#segments.set(segment.id, segment);
    // A long transcript arrives in thousands of messages, and is shown once per frame.
    if (this.#isFrameRequested) return;
    this.#isFrameRequested = true;
    requestAnimationFrame(() => {
      this.#isFrameRequested = false;
      this.#shown = [...this.#segments.values()].toSorted((one, other) => startOf(one) - startOf(other));
      for (const listener of this.#listeners) listener();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** In the order in which it was said. What has no time comes last, as it arrived. */
  readonly getSegments = (): readonly Segment[] => this.#shown;
}

function startOf({ startMs }: Segment): number {
  return startMs ?? Number.MAX_SAFE_INTEGER;
}
