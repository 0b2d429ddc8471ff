import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/** How far from the end somebody may be and still follow, in pixels. */
const NEAR = 48;

interface Following {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly isFollowing: boolean;
  readonly onScroll: () => void;
  readonly follow: () => void;
}

/** Keeps the end of `content` in view, until the reader scrolls away from it. */
export function useFollowing(content: unknown, begins: boolean): Following {
  const ref = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(begins);

  const scrollToEnd = useCallback(() => {
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);

  useLayoutEffect(() => {
    if (isFollowing) scrollToEnd();
  }, [content, isFollowing, scrollToEnd]);

  const onScroll = useCallback(() => {
    const element = ref.current;
    if (!element) return;
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR);
  }, []);

  return { ref, isFollowing, onScroll, follow: () => setFollowing(true) };
}
