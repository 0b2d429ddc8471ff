// A short message about what was just done. Screen readers read it.

import { signal } from "@preact/signals";

const DURATION = 6000;

export const notice = signal("");

let timer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string): void {
  notice.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => { notice.value = ""; }, DURATION);
}
