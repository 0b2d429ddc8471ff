// The playground: starts what the page needs, and shows it.

import { render } from "preact";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/header.css";
import "./styles/writing.css";
import "./styles/response.css";
import "./styles/docs.css";
import "./styles/explorer.css";
import "./styles/separator.css";
import "./styles/narrow.css";
import { readShared } from "./document/share";
import { notify } from "./state/notice";
import { loadSchema, schema } from "./state/schema";
import { startSession } from "./state/session";
import { active, keepTabs, open, tabs } from "./state/tabs";
import { applyTheme } from "./state/theme";
import { App } from "./view/app";
import { focusNextPart } from "./view/parts";
import { formatTab, runTab } from "./view/toolbar";

applyTheme();
const root = document.getElementById("app");
if (root) render(<App />, root);
keepTabs();
void openShared();
void startSession();
void start();

async function start(): Promise<void> {
  await loadSchema();
  if (!schema.value) return;
  for (const tab of tabs.value) {
    tab.query.refresh();
    tab.variables.refresh();
  }
}

/** Opens the document of a link in a tab of its own, once. */
async function openShared(): Promise<void> {
  const shared = await readShared(location.hash);
  if (!shared) return;
  history.replaceState(null, "", location.pathname + location.search);
  open(shared.query, shared.variables);
  notify("The document of the link is in a new tab.");
}

addEventListener("hashchange", () => void openShared());

document.addEventListener("keydown", (event) => {
  const isRun = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  const isFormat = event.code === "KeyF" && event.shiftKey && event.altKey;
  if (event.key === "F6") focusNextPart(event.shiftKey);
  else if (!isRun && !isFormat) return;
  event.preventDefault();
  if (event.repeat || event.key === "F6") return;
  if (isRun) runTab(active.value);
  else formatTab(active.value);
}, { capture: true });
