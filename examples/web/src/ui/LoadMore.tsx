import { useEffect, useEffectEvent, useRef } from "react";

/** How far below the window the end of a list is when more of it is loaded. */
const MARGIN = "600px";

/** The end of a list of which there is more. It is a button for those who do not scroll. */
export function LoadMore({ onLoad }: { readonly onLoad: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const whenNear = useEffectEvent(onLoad);

  useEffect(() => {
    if (!button.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) whenNear();
      },
      { rootMargin: MARGIN },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, []);

  return (
    <button ref={button} type="button" className="load-more" onClick={onLoad}>
      Show more
    </button>
  );
}
