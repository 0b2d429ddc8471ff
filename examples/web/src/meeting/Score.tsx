import { formatPercent } from "../ui/format";

interface Props {
  readonly label: string;
  readonly value: number | null | undefined;
  /** The lowest value that there can be. The highest is 1. */
  readonly lowest?: number;
}

/** A score as a ring that is more or less full. */
export function Score({ label, value, lowest = 0 }: Props) {
  const share = value == null ? 0 : (value - lowest) / (1 - lowest);
  const text = value == null ? "–" : lowest < 0 ? value.toFixed(1) : formatPercent(value);
  return (
    <div className="score">
      <div className="ring" style={{ "--share": share }}>
        <span>{text}</span>
      </div>
      <span className="faint">{label}</span>
    </div>
  );
}
