const PATHS = {
  back: "M15 5l-7 7 7 7",
  down: "M12 5v13m0 0l-6-6m6 6l6-6",
  download: "M12 4v11m0 0l-5-5m5 5l5-5M5 20h14",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zm-6 9c0-3.3 2.7-6 6-6s6 2.7 6 6M16 4.3a3.5 3.5 0 010 6.4M21 20c0-2.7-1.5-4.8-4-5.7",
  search: "M11 18a7 7 0 100-14 7 7 0 000 14zm5-2l5 5",
  tasks: "M4 7l2 2 3-4M4 17l2 2 3-4M13 7h7M13 17h7",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
