import { useState } from "react";

/**
 * How many pages of a list are shown, and how to show one more. The number is kept in the entry of
 * the history, so that the list is as long as it was when somebody comes back to it.
 */
export function usePages(): [pages: number, showMore: () => void] {
  const [pages, setPages] = useState(storedPages);
  function showMore() {
    history.replaceState({ pages: pages + 1 }, "");
    setPages(pages + 1);
  }
  return [pages, showMore];
}

function storedPages(): number {
  const state: unknown = history.state;
  if (typeof state !== "object" || state === null || !("pages" in state)) return 1;
  return typeof state.pages === "number" ? state.pages : 1;
}
