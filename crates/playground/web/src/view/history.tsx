import { forget, forgetAll, history, type Past } from "../state/history";
import { showPart } from "../state/layout";
import { open } from "../state/tabs";
import { Icon } from "./icons";

export function History() {
  return (
    <div class="panel-body">
      <div class="row between">
        <p class="faint">Kept in this browser, without passwords and tokens.</p>
        {history.value.length > 0 && <button type="button" onClick={forgetAll}>Clear</button>}
      </div>
      {history.value.length === 0 && <p>Operations that you run appear here.</p>}
      <ul id="history" class="list">
        {history.value.map((past) => <Entry key={`${past.at} ${past.title}`} past={past} />)}
      </ul>
    </div>
  );
}

/** Opens in a tab of its own, so that no text is overwritten. */
function Entry({ past }: { past: Past }) {
  const reopen = (): void => {
    open(past.query, past.variables);
    showPart("write");
  };
  const text = past.query.replace(/#.*/g, "").replace(/\s+/g, " ").trim();
  return (
    <li class="row">
      <button type="button" class="entry" onClick={reopen}>
        <strong>{past.title}</strong> <time dateTime={new Date(past.at).toISOString()}>{when(past.at)}</time>
        <code>{text.slice(0, 90)}</code>
      </button>
      <button type="button" class="quiet" aria-label={`Forget ${past.title}`} onClick={() => forget(past)}><Icon name="close" /></button>
    </li>
  );
}

function when(at: number): string {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString([], { timeStyle: "short" }) : date.toLocaleDateString([], { dateStyle: "medium" });
}
