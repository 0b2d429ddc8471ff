import { formatPercent } from "../ui/format";

interface Props {
  readonly label: string;
  /** From 0 to 1, or null if it is unknown. */
  readonly value: number | null | undefined;
}

/** A score as a ring that is more or less full. */
export function Score({ label, value }: Props) {
  return (
    <div className="score">
      <div className="ring" style={{ "--share": value ?? 0 }}>
        <span>{value == null ? "–" : formatPercent(value)}</span>
      </div>
      <span className="faint">{label}</span>
    </div>
  );
}
