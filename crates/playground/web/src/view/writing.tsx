// The left half: the document, and its variables and headers.

import { useSignal } from "@preact/signals";
import { isStacked } from "../state/layout";
import { active, title } from "../state/tabs";
import { Editor } from "./editor";
import { Icon } from "./icons";
import { Separator } from "./separator";
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
      <Separator of="writing" label="Size of the request" isUpright={!isStacked.value} sizeAt={shareOfWriting} />
    </section>
  );
}

/** The share of the request, whose neighbour is the response. */
function shareOfWriting({ clientX, clientY }: PointerEvent, { parentElement: writing }: HTMLElement): number {
  const from = writing?.getBoundingClientRect();
  const to = writing?.nextElementSibling?.getBoundingClientRect();
  if (!from || !to) return 0;
  return isStacked.value ? (clientY - from.top) / (to.bottom - from.top) : (clientX - from.left) / (to.right - from.left);
}

/** The share of the variables, which end where the whole request ends. */
function shareOfExtras({ clientY }: PointerEvent, { parentElement: extras }: HTMLElement): number {
  const whole = extras?.parentElement?.getBoundingClientRect();
  return whole ? (whole.bottom - clientY) / whole.height : 0;
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
      <Separator of="extras" label="Height of variables and headers" isUpright={false} sizeAt={shareOfExtras} />
    </div>
  );
}
