import { useMoreOnScroll } from "./useMoreOnScroll";

interface Props {
  readonly isLoading: boolean;
  readonly onLoad: () => void;
}

/** The end of a list of which there is more. */
export function LoadMore({ isLoading, onLoad }: Props) {
  const ref = useMoreOnScroll(onLoad);
  return (
    <button ref={ref} type="button" className="load-more" aria-disabled={isLoading} onClick={onLoad}>
      {isLoading ? "Loading…" : "Show more"}
    </button>
  );
}
