import { useEffect, useState } from "react";
import { Icon } from "../ui/Icon";
import { type Filters, labelOf, VIEW_NAMES } from "./filters";

interface Props {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}

export function MeetingFilters({ filters, onChange }: Props) {
  return (
    <form className="filters" role="search" aria-label="Filter meetings" onSubmit={(event) => event.preventDefault()}>
      <TitleFilter title={filters.title} onChange={(title) => onChange({ ...filters, title })} />
      <fieldset className="choices">
        <legend className="hidden">Show</legend>
        {VIEW_NAMES.map((view) => (
          <label key={view}>
            <input
              type="radio"
              name="view"
              checked={filters.view === view}
              onChange={() => onChange({ ...filters, view })}
            />
            {labelOf(view)}
          </label>
        ))}
      </fieldset>
      <label className="switch">
        <input
          type="checkbox"
          checked={filters.mine}
          onChange={({ target }) => onChange({ ...filters, mine: target.checked })}
        />
        Organized by me
      </label>
    </form>
  );
}

/** How long somebody has to stop typing before the list is filtered. */
const PAUSE_MS = 250;

interface TitleProps {
  readonly title: string;
  readonly onChange: (title: string) => void;
}

function TitleFilter({ title, onChange }: TitleProps) {
  const [text, setText] = useState(title);
  useEffect(() => {
    if (text.trim() === title) return;
    const timer = setTimeout(() => onChange(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, title, onChange]);
  return (
    <label className="search-field">
      <span className="hidden">Title</span>
      <Icon name="search" />
      <input type="search" placeholder="Find by title" value={text} onChange={({ target }) => setText(target.value)} />
    </label>
  );
}
