// Where the reader of the documentation is.

import { computed, signal } from "@preact/signals";
import { showPanel } from "./layout";

/** A type (or a directive, with its @), and one of its members. */
export interface Topic {
  type: string;
  member?: string;
}

/** The topics that were opened, the current one last. */
export const trail = signal<Topic[]>([]);
export const current = computed<Topic | null>(() => trail.value.at(-1) ?? null);

/** What the reader searches for. */
export const search = signal("");

/** Opens a topic, and shows the documentation. */
export function openDocs(topic: Topic): void {
  const before = trail.value;
  const last = before.at(-1);
  search.value = "";
  if (last?.type !== topic.type || last.member !== topic.member) trail.value = [...before, topic].slice(-20);
  showPanel("docs");
}

/** Goes back to a place in the trail, or to the start with 0. */
export function goBack(length = trail.value.length - 1): void {
  search.value = "";
  trail.value = trail.value.slice(0, Math.max(0, length));
}
