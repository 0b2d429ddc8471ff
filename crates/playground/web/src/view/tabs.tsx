import { useEffect, useRef } from "preact/hooks";
import { activate, active, close, open, type Tab, tabs, title } from "../state/tabs";
import { Icon } from "./icons";

/** The tabs above the editor. Arrow keys go from one to the next, Delete closes one. */
export function Tabs() {
  return (
    <div class="tabs">
      <div role="tablist" aria-label="Documents" onKeyDown={onKeyDown}>
        {tabs.value.map((tab) => <TabButton key={tab.id} tab={tab} />)}
      </div>
      <button type="button" id="close-tab" class="quiet" aria-label="Close this tab" title="Close this tab" onClick={() => close(active.value)}>
        <Icon name="close" />
      </button>
      <button type="button" id="new-tab" class="quiet" aria-label="New tab" title="New tab" onClick={() => open("", "").query.focus()}>
        <Icon name="plus" />
      </button>
    </div>
  );
}

function TabButton({ tab }: { tab: Tab }) {
  const selected = tab === active.value;
  const phase = tab.outcome.value?.phase;
  const busy = phase === "running" || phase === "following";
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (selected) button.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [selected, title(tab)]);
  return (
    <button
      ref={button}
      type="button"
      role="tab"
      aria-selected={selected}
      aria-controls="document"
      tabIndex={selected ? 0 : -1}
      onClick={() => activate(tab)}
      onAuxClick={(event) => { if (event.button === 1) close(tab); }}
    >
      {title(tab)}
      {busy && <span class="busy"><span class="hidden">, running</span></span>}
    </button>
  );
}

function onKeyDown(event: KeyboardEvent): void {
  const all = tabs.value;
  const index = all.indexOf(active.value);
  const targets: Record<string, number> = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: all.length - 1 };
  if (event.key === "Delete") close(active.value);
  else if (event.key in targets) {
    const target = all[((targets[event.key] ?? 0) + all.length) % all.length];
    if (target) activate(target);
  } else return;
  event.preventDefault();
  const list = event.currentTarget as HTMLElement;
  requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
}
