// The left half: the document, and its variables and headers.

import { useSignal } from "@preact/signals";
import { active, title } from "../state/tabs";
import { Editor } from "./editor";
import { Icon } from "./icons";
import { Tabs } from "./tabs";
import { Toolbar } from "./toolbar";

type Extra = "variables" | "headers";

export function Writing() {
  const tab = active.value;
  return (
    <section class="writing part-write" aria-label="Request">
      <Tabs />
      <Toolbar />
      <div id="document" role="tabpanel" aria-label={title(tab)}>
        <Editor text={tab.query} class="query" />
      </div>
      <Extras />
    </section>
  );
}

function Extras() {
  const which = useSignal<Extra>("variables");
  const open = useSignal(true);
  const tab = active.value;
  const text = tab[which.value];
  const choose = (extra: Extra): void => {
    if (which.value === extra) open.value = !open.value;
    else open.value = true;
    which.value = extra;
  };
  return (
    <div class={open.value ? "extras" : "extras closed"}>
      <div class="extras-head">
        {(["variables", "headers"] as const).map((extra) => (
          <button key={extra} type="button" id={`show-${extra}`} aria-expanded={open.value && which.value === extra} aria-controls="extra" onClick={() => choose(extra)}>
            {extra === "variables" ? "Variables" : "Headers"}
            {tab[extra].text.value.trim() !== "" && <span class="dot"><span class="hidden"> (not empty)</span></span>}
          </button>
        ))}
        {which.value === "headers" && open.value && <span class="faint">Headers are not stored.</span>}
        <Icon name="chevron" />
      </div>
      <div id="extra" hidden={!open.value}>
        <Editor text={text} class={which.value} />
      </div>
    </div>
  );
}
