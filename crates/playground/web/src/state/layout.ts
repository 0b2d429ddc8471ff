// Which parts of the page are visible.

import { signal } from "@preact/signals";
import { read, write } from "./storage";

export type Panel = "docs" | "explorer" | "history";

/** On a narrow screen, one part is visible at a time. */
export type Part = "write" | "response" | Panel;

const PANELS: readonly Panel[] = ["docs", "explorer", "history"];
const KEY = "mina.panel";

const stored = read("localStorage", KEY);

/** The panel beside the editor. "closed" leaves the room to the editor. */
export const panel = signal<Panel | "closed">(
  stored === "closed" ? "closed" : (PANELS.find((one) => one === stored) ?? "docs"),
);

/** What is visible on a narrow screen. */
export const part = signal<Part>("write");

export function showPanel(which: Panel): void {
  panel.value = which;
  part.value = which;
  write("localStorage", KEY, which);
}

/** Shows a panel, or hides it if it is visible. */
export function togglePanel(which: Panel): void {
  if (panel.value !== which) return showPanel(which);
  panel.value = "closed";
  write("localStorage", KEY, "closed");
}

export function showPart(which: Part): void {
  if (which === "write" || which === "response") part.value = which;
  else showPanel(which);
}
