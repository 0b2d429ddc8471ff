// The tabs: each has its own texts with their undo history. They are kept in the browser, without
// headers and secrets.

import { computed, effect, signal } from "@preact/signals";
import { titleOf } from "../document/operations";
import { variablesWithoutSecrets, withoutSecrets } from "../document/secrets";
import { headersExtensions, queryExtensions, variablesExtensions } from "../editor/extensions";
import { EditedText } from "../editor/text";
import { idle, type Outcome } from "./outcome";
import { STARTERS } from "./starters";
import { isRecord, read, write } from "./storage";

const KEY = "mina.tabs";

export interface Tab {
  id: number;
  query: EditedText;
  variables: EditedText;
  headers: EditedText;
  outcome: ReturnType<typeof signal<Outcome>>;
}

let lastId = 0;

const restored = restore();

export const tabs = signal<Tab[]>(restored.tabs);
const activeId = signal(restored.active);

/** The tab in the editor. There is always one. */
export const active = computed(() => {
  const [first] = tabs.value;
  const found = tabs.value.find(({ id }) => id === activeId.value) ?? first;
  if (!found) throw new Error("there is no tab");
  return found;
});

/** The title of a tab: its first operation. */
export function title(tab: Tab): string {
  return titleOf(tab.query.text.value);
}

export function activate(tab: Tab): void {
  activeId.value = tab.id;
}

/** Opens a tab, and leaves the texts of the others alone. */
export function open(query: string, variables: string): Tab {
  const tab = create(query, variables);
  tabs.value = [...tabs.value, tab];
  activeId.value = tab.id;
  return tab;
}

/** Closes a tab. In place of the last one, an empty one is opened. */
export function close(tab: Tab): void {
  const index = tabs.value.indexOf(tab);
  const rest = tabs.value.filter((other) => other !== tab);
  tab.outcome.peek()?.stop?.();
  if (rest.length === 0) rest.push(create("", ""));
  tabs.value = rest;
  if (activeId.value === tab.id) activeId.value = rest[Math.min(index, rest.length - 1)]?.id ?? 0;
}

/** Opens the tabs of the first visit again, except those that are open. */
export function openStarters(): void {
  const kept = tabs.value.filter((tab) => tab.query.text.value.trim());
  const examples = STARTERS.map(
    ({ query, variables }) => kept.find((tab) => tab.query.text.value === query) ?? create(query, variables),
  );
  tabs.value = [...kept, ...examples.filter((tab) => !kept.includes(tab))];
  activeId.value = examples[0]?.id ?? activeId.value;
}

/** Stores the tabs whenever they change. */
export function keepTabs(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let store = (): void => undefined;
  effect(() => {
    const kept = tabs.value.map((tab) => ({ query: tab.query.text.value, variables: tab.variables.text.value }));
    const index = tabs.value.indexOf(active.value);
    store = () => {
      const clean = kept.map(({ query, variables }) => ({
        query: withoutSecrets(query),
        variables: variablesWithoutSecrets(variables, query),
      }));
      write("localStorage", KEY, { active: index, tabs: clean });
    };
    clearTimeout(timer);
    timer = setTimeout(() => store(), 300);
  });
  addEventListener("pagehide", () => store());
}

function create(query: string, variables: string): Tab {
  lastId += 1;
  const queryText: EditedText = new EditedText(query, queryExtensions());
  return {
    id: lastId,
    query: queryText,
    variables: new EditedText(variables, variablesExtensions(queryText)),
    headers: new EditedText("", headersExtensions()),
    outcome: signal<Outcome>(idle),
  };
}

function restore(): { tabs: Tab[]; active: number } {
  const stored = read("localStorage", KEY);
  const kept = isRecord(stored) && Array.isArray(stored.tabs) ? stored.tabs : [];
  const texts = kept.filter(isRecord).flatMap(({ query, variables }) =>
    typeof query === "string" ? [{ query, variables: typeof variables === "string" ? variables : "" }] : [],
  );
  const opened = (texts.length > 0 ? texts : STARTERS).map(({ query, variables }) => create(query, variables));
  const index = isRecord(stored) && typeof stored.active === "number" ? stored.active : 0;
  return { tabs: opened, active: opened[index]?.id ?? opened[0]?.id ?? 0 };
}
