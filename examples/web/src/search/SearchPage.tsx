import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/Icon";
import { useTitle } from "../ui/useTitle";
import { SearchResults } from "./SearchResults";

/** The server searches for two characters at least. */
const SHORTEST = 2;

/** How long somebody has to stop typing before the search begins. */
const PAUSE_MS = 250;

export function SearchPage() {
  useTitle("Search");
  const [parameters, setParameters] = useSearchParams();
  const searched = parameters.get("text") ?? "";
  const [text, setText] = useState(searched);

  useEffect(() => {
    const trimmed = text.trim();
    if (trimmed === searched) return;
    const timer = setTimeout(() => setParameters(trimmed ? { text: trimmed } : {}, { replace: true }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, searched, setParameters]);

  return (
    <div className="page">
      <h1>Search</h1>
      <form role="search" className="filters" onSubmit={(event) => event.preventDefault()}>
        <label className="search-field wide">
          <span className="hidden">Search for</span>
          <Icon name="search" />
          <input
            type="search"
            placeholder="Meetings, tasks, people and what was said"
            maxLength={200}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </label>
      </form>
      {searched.length < SHORTEST ? (
        <Empty title="What are you looking for?">Type at least two characters.</Empty>
      ) : (
        <SearchResults key={searched} text={searched} />
      )}
    </div>
  );
}
