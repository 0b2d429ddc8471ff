// The icons, drawn with lines in the color of the text.

const PATHS = {
  book: "M4 5.5A2.5 2.5 0 0 1 6.5 3H20v15H6.5A2.5 2.5 0 0 0 4 20.5v-15ZM4 20.5A2.5 2.5 0 0 0 6.5 21H20",
  tree: "M4 5h7M4 5v14M4 12h7M4 19h7M15 3h5v4h-5zM15 10h5v4h-5zM15 17h5v4h-5z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2",
  play: "M7 4.5v15l12-7.5-12-7.5Z",
  stop: "M6 6h12v12H6z",
  pause: "M8 5v14M16 5v14",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  format: "M4 6h16M4 12h10M4 18h13",
  gauge: "M4 18a9 9 0 1 1 16 0M12 14l4-5",
  share: "M10 14 20 4M14 4h6v6M19 14v6H4V5h6",
  terminal: "M4 6l6 6-6 6M12 19h8",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  system: "M3 5h18v11H3zM9 20h6M12 16v4",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20c1-4 4-5.5 8-5.5s7 1.5 8 5.5",
  back: "M14 6l-6 6 6 6",
  chevron: "M9 6l6 6-6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
