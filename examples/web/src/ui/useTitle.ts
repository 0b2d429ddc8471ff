import { useEffect } from "react";

/** The title of the tab, which screen readers announce, too. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Mina`;
  }, [title]);
}
