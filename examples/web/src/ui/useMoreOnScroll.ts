import { type RefCallback, useCallback } from "react";

/**
 * Loads more as soon as the end of a list comes near. The returned ref belongs to an element after
 * the list, which should be a button, for those who do not scroll.
 */
export function useMoreOnScroll(loadMore: () => void): RefCallback<Element> {
  return useCallback(
    (element) => {
      if (!element) return;
      const observer = new IntersectionObserver(
        ([entry]) => {
          if (entry?.isIntersecting) loadMore();
        },
        { rootMargin: "600px" },
      );
      observer.observe(element);
      return () => observer.disconnect();
    },
    [loadMore],
  );
}
