import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

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
  const last = useRef({ top: 0, width: 0, height: 0 });
  const [isFollowing, setFollowing] = useState(begins);

  useLayoutEffect(() => {
    if (isFollowing) scrollToEnd(ref.current);
  }, [content, isFollowing]);

  // The end also moves when the window changes its size, or a phone is turned.
  useEffect(() => {
    if (!ref.current || !isFollowing) return;
    const observer = new ResizeObserver(() => scrollToEnd(ref.current));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [isFollowing]);

  function onScroll() {
    if (!ref.current) return;
    const { scrollTop: top, scrollHeight, clientHeight: height, clientWidth: width } = ref.current;
    const before = last.current;
    last.current = { top, width, height };
    if (scrollHeight - top - height < NEAR) setFollowing(true);
    // Browsers scroll as well when the size changes. Only the reader scrolls up without that.
    else if (top < before.top && width === before.width && height === before.height) setFollowing(false);
  }

  return { ref, isFollowing, onScroll, follow: () => setFollowing(true) };
}

function scrollToEnd(element: HTMLDivElement | null) {
  element?.scrollTo({ top: element.scrollHeight });
}
