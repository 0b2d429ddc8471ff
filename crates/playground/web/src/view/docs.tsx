// The documentation of the schema.

import { useEffect, useRef } from "preact/hooks";
import { find } from "../schema/search";
import { current, goBack, openDocs, search, trail } from "../state/docs";
import { loadSchema, schema, schemaProblem } from "../state/schema";
import { Icon } from "./icons";
import { Summary } from "./markdown";
import { DirectivePage, Start, TypePage } from "./docs-pages";

export function Docs() {
  const top = useRef<HTMLDivElement>(null);
  const topic = current.value;
  useEffect(() => {
    const member = topic?.member && document.getElementById(`member-${topic.member}`);
    if (member) member.scrollIntoView({ block: "center" });
    else top.current?.scrollTo(0, 0);
  }, [topic, search.value]);
  if (!schema.value) {
    return (
      <div class="panel-body">
        {schemaProblem.value ? (
          <>
            <p>{schemaProblem.value}</p>
            <button type="button" onClick={() => void loadSchema()}>Try again</button>
          </>
        ) : <p class="faint">Loading the schema…</p>}
      </div>
    );
  }
  return (
    <>
      <div class="search">
        <input
          id="search"
          type="search"
          placeholder="Search the schema"
          aria-label="Search the documentation"
          value={search.value}
          onInput={(event) => { search.value = event.currentTarget.value; }}
        />
      </div>
      <div class="panel-body" id="docs" ref={top} tabIndex={0} role="region" aria-label="Documentation">
        {search.value.trim() ? <Results /> : <Page />}
      </div>
    </>
  );
}

function Page() {
  const topic = current.value;
  const loaded = schema.value;
  if (!loaded) return null;
  if (!topic) return <Start schema={loaded} />;
  const directive = topic.type.startsWith("@") ? loaded.getDirective(topic.type.slice(1)) : null;
  const type = loaded.getType(topic.type);
  return (
    <>
      <nav id="trail" aria-label="Trail">
        <button type="button" class="link" onClick={() => goBack(0)}>Schema</button>
        {trail.value.slice(0, -1).map(({ type: name }, index) => ({ name, index })).slice(-2).map(({ name, index }) => (
          <span key={index}> › <button type="button" class="link" onClick={() => goBack(index + 1)}>{name}</button></span>
        ))}
        <span> › {topic.type}</span>
        <button type="button" class="quiet back" onClick={() => goBack()} aria-label="Back" title="Back"><Icon name="back" /></button>
      </nav>
      {directive && <DirectivePage directive={directive} />}
      {type && <TypePage schema={loaded} type={type} member={topic.member} />}
      {!directive && !type && <p>The schema has no {topic.type}.</p>}
    </>
  );
}

function Results() {
  const hits = schema.value ? find(schema.value, search.value) : [];
  if (hits.length === 0) return <p role="status">Nothing in the schema matches.</p>;
  return (
    <ul class="list" id="results">
      {hits.map(({ label, detail, topic }) => (
        <li key={label}>
          <button type="button" class="entry" onClick={() => openDocs(topic)}>
            <code>{label}</code>
            <Summary text={detail} />
          </button>
        </li>
      ))}
    </ul>
  );
}
