import { formatEnum } from "./format";

/** A status, which has its own colour, but is written out as well. */
export function StatusBadge({ status }: { readonly status: string }) {
  return (
    <span className="badge" data-status={status}>
      {formatEnum(status)}
    </span>
  );
}
