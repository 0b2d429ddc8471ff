// The right half: what the server answered, and what that cost.

import { useEffect, useMemo } from "preact/hooks";
import { EditedText } from "../editor/text";
import { responseExtensions } from "../editor/extensions";
import { type Cost, idle } from "../state/outcome";
import { pause } from "../state/run";
import { active } from "../state/tabs";
import { Editor } from "./editor";
import { Icon } from "./icons";

export function Response() {
  const tab = active.value;
  const outcome = tab.outcome.value ?? idle;
  const text = useMemo(() => new EditedText("", responseExtensions()), [tab]);
  useEffect(() => text.replace(outcome.body), [text, outcome.body]);
  const follows = outcome.phase === "following";
  return (
    <section class="response part-response" aria-label="Response">
      <div class="response-head">
        <h2>Response</h2>
        <span id="status" role="status" class={outcome.phase}>{outcome.status}</span>
        {follows && (
          <button type="button" id="pause" onClick={() => pause(tab, !outcome.paused)}>
            <Icon name={outcome.paused ? "play" : "pause"} />
            {outcome.paused ? `Resume${outcome.heldBack > 0 ? ` (${outcome.heldBack} new)` : ""}` : "Pause"}
          </button>
        )}
      </div>
      <div id="response">
        <Editor text={text} class="answer" />
        {!outcome.body && !follows && <Empty running={outcome.phase === "running"} />}
      </div>
      {outcome.cost && <CostLine cost={outcome.cost} />}
    </section>
  );
}

function Empty({ running }: { running: boolean }) {
  return (
    <div class="empty" aria-hidden="true">
      {running ? <span class="spinner" /> : <p><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the operation at the cursor</p>}
    </div>
  );
}

const SHOWN = ["points", "rows", "statements", "scans", "fields", "depth"];

/** The cost, with a bar for what comes close to its limit. */
function CostLine({ cost }: { cost: Cost }) {
  return (
    <dl id="cost-line" aria-label="Maximum cost">
      {SHOWN.filter((name) => name in cost.counts).map((name) => {
        const count = cost.counts[name] ?? 0;
        const limit = cost.limits[name];
        return (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {count.toLocaleString("en")}
              {limit !== undefined && <span class="faint"> of {limit.toLocaleString("en")}</span>}
              {limit !== undefined && <meter min={0} max={limit} high={limit * 0.7} value={count} aria-label={`${name} of the limit`} />}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
