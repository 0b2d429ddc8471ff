// Which parts of the page are visible, and how large they are.

import { signal } from "@preact/signals";
import { isRecord, read, write } from "./storage";

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

/** What can be resized: the panel in pixels, and the others by their share of the room. */
export type SizeName = "panel" | "writing" | "extras";

interface Size {
  initial: number;
  min: number;
  max: number;
  /** How far an arrow key goes. */
  step: number;
  /** Whether the part is before the border, and grows to the right or downward, or is behind it. */
  grows: 1 | -1;
}

export const SIZES: Record<SizeName, Size> = {
  panel: { initial: 300, min: 200, max: 640, step: 20, grows: 1 },
  writing: { initial: 0.535, min: 0.15, max: 0.85, step: 0.02, grows: 1 },
  extras: { initial: 0.27, min: 0.1, max: 0.75, step: 0.02, grows: -1 },
};

const SIZES_KEY = "mina.sizes";

export const sizes = signal<Record<SizeName, number>>(storedSizes());

/** Changes a size, within its bounds. */
export function resize(name: SizeName, size: number): void {
  sizes.value = { ...sizes.value, [name]: within(name, size) };
}

export function resetSize(name: SizeName): void {
  resize(name, SIZES[name].initial);
}

/** Stores the sizes. */
export function keepSizes(): void {
  write("localStorage", SIZES_KEY, sizes.value);
}

function within(name: SizeName, size: number): number {
  const { min, max } = SIZES[name];
  return Math.min(max, Math.max(min, size));
}

function storedSizes(): Record<SizeName, number> {
  const kept = read("localStorage", SIZES_KEY);
  const size = (name: SizeName): number => {
    const value = isRecord(kept) ? kept[name] : undefined;
    return typeof value === "number" && Number.isFinite(value) ? within(name, value) : SIZES[name].initial;
  };
  return { panel: size("panel"), writing: size("writing"), extras: size("extras") };
}

const stacking = matchMedia("(max-width: 1180px)");

/** Whether the response is below the request, as styles/narrow.css has it. */
export const isStacked = signal(stacking.matches);

stacking.addEventListener("change", () => { isStacked.value = stacking.matches; });
