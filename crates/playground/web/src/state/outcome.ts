// What became of the last run of a tab.

export type Phase = "idle" | "running" | "following" | "done" | "failed";

export interface Outcome {
  phase: Phase;
  /** What is shown in the response: JSON, or the text of a proxy. */
  body: string;
  /** One line about it. */
  status: string;
  /** `extensions.cost` of the response. */
  cost: Cost | null;
  /** Ends the request, while it runs. */
  stop: (() => void) | null;
  /** Whether new events of a subscription are held back, and how many there are. */
  paused: boolean;
  heldBack: number;
  showHeldBack: (() => void) | null;
}

/** What the server counts, each under its name, and the limits of some. */
export interface Cost {
  counts: Record<string, number>;
  limits: Record<string, number>;
}

export const idle: Outcome = {
  phase: "idle",
  body: "",
  status: "",
  cost: null,
  stop: null,
  paused: false,
  heldBack: 0,
  showHeldBack: null,
};
