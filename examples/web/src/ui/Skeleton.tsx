interface Props {
  readonly label: string;
  readonly rows: number;
}

/** The outline of a list that is being loaded. */
export function Skeleton({ label, rows }: Props) {
  return (
    <div className="skeleton" role="status">
      <span className="hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton-row" />
      ))}
    </div>
  );
}
