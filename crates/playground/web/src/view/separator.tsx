// The border between two parts of the page, which can be moved.

import { useRef } from "preact/hooks";
import { keepSizes, resetSize, resize, type SizeName, SIZES, sizes } from "../state/layout";

interface Props {
  of: SizeName;
  label: string;
  /** Whether the parts are beside each other. Otherwise one is above the other. */
  isUpright: boolean;
  /** The size that belongs to a position of the pointer. */
  sizeAt: (event: PointerEvent, border: HTMLElement) => number;
}

/** Moves with the pointer and with the arrow keys. A double click and Enter undo that. */
export function Separator({ of, label, isUpright, sizeAt }: Props) {
  const border = useRef<HTMLDivElement>(null);
  const { min, max, step, grows } = SIZES[of];
  const size = sizes.value[of];
  const move = (event: PointerEvent): void => {
    if (border.current?.hasPointerCapture(event.pointerId)) resize(of, sizeAt(event, border.current));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const back = isUpright ? "ArrowLeft" : "ArrowUp";
    const forth = isUpright ? "ArrowRight" : "ArrowDown";
    if (event.key === back) resize(of, size - step * grows);
    else if (event.key === forth) resize(of, size + step * grows);
    else if (event.key === "Home") resize(of, grows > 0 ? min : max);
    else if (event.key === "End") resize(of, grows > 0 ? max : min);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) resetSize(of);
    else return;
    event.preventDefault();
    keepSizes();
  };
  const percent = (value: number): number => Math.round(((value - min) / (max - min)) * 100);
  return (
    <div
      ref={border}
      role="separator"
      id={`resize-${of}`}
      class={isUpright ? "separator upright" : "separator"}
      tabIndex={0}
      title="Drag to resize, double-click to reset"
      aria-label={label}
      aria-orientation={isUpright ? "vertical" : "horizontal"}
      aria-valuenow={percent(size)}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onPointerUp={keepSizes}
      onDblClick={() => { resetSize(of); keepSizes(); }}
      onKeyDown={onKeyDown}
    />
  );
}
