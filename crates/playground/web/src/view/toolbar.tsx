// What can be done with the document in the editor.

import { useSignal } from "@preact/signals";
import { GraphQLError } from "graphql";
import { curlCommand } from "../document/curl";
import { format } from "../document/format";
import { operationAt } from "../document/operations";
import { variablesWithoutSecrets, withoutSecrets } from "../document/secrets";
import { shareLink } from "../document/share";
import { showPart } from "../state/layout";
import { prepare, run } from "../state/run";
import { token } from "../state/session";
import { active, type Tab } from "../state/tabs";
import { notice, notify } from "../state/notice";
import { Icon, type IconName } from "./icons";

/** Within this time, in milliseconds, a click is taken for the second of two. */
const SECOND_CLICK = 600;

export function Toolbar() {
  const tab = active.value;
  return (
    <div class="toolbar" role="group" aria-label="Document">
      <RunButton tab={tab} />
      <Action id="cost" icon="gauge" label="Cost" title="Shows what the operation would cost, without executing it" onClick={() => dryRun(tab)} />
      <Action id="format" icon="format" label="Format" title="Formats the document (Shift-Alt-F)" onClick={() => formatTab(tab)} />
      <Action id="share" icon="share" label="Share" title="Copies a link to this document, without secrets" onClick={() => void share(tab)} />
      <Action id="curl" icon="terminal" label="curl" title="Copies the request as a curl command" onClick={() => void copyCurl(tab)} />
      <span id="notice" role="status">{notice.value}</span>
    </div>
  );
}

function RunButton({ tab }: { tab: Tab }) {
  // While a request has just begun, the second click of two must not stop it. A subscription that is
  // followed already may be stopped at once: nothing is lost.
  const startedAt = useSignal(-Infinity);
  const busy = Boolean(tab.outcome.value?.stop);
  const name = operationAt(tab.query.text.value, tab.query.cursor.value)?.name;
  const click = (event: MouseEvent): void => {
    if (event.detail > 1) return;
    if (!busy) {
      startedAt.value = performance.now();
      runTab(tab);
    } else if (tab.outcome.value?.phase === "following" || performance.now() - startedAt.value > SECOND_CLICK) {
      tab.outcome.value?.stop?.();
    }
  };
  return (
    <button type="button" id="run" class={busy ? "main stop" : "main"} title={busy ? "Stop" : "Run the operation at the cursor (Ctrl-Enter)"} onClick={click}>
      <Icon name={busy ? "stop" : "play"} />
      {busy ? "Stop" : "Run"}
      {name && !busy && <span class="operation">{name}</span>}
    </button>
  );
}

function Action({ id, icon, label, title, onClick }: { id: string; icon: IconName; label: string; title: string; onClick: () => void }) {
  return (
    <button type="button" id={id} title={title} aria-label={label} onClick={onClick}>
      <Icon name={icon} /> <span class="label">{label}</span>
    </button>
  );
}

/** Runs the operation at the cursor, and shows the response on a narrow screen. */
export function runTab(tab: Tab): void {
  showPart("response");
  void run(tab, "run");
}

function dryRun(tab: Tab): void {
  showPart("response");
  void run(tab, "dry run");
}

/** Formats the document and its variables. What is not valid stays as it is. */
export function formatTab(tab: Tab): void {
  try {
    tab.query.replace(format(tab.query.text.value));
    const variables = tab.variables.text.value;
    if (variables.trim()) tab.variables.replace(`${JSON.stringify(JSON.parse(variables), null, 2)}\n`);
    notify("Formatted.");
  } catch (error) {
    const line = error instanceof GraphQLError ? error.locations?.[0]?.line : undefined;
    notify(line ? `Not formatted: line ${line} is not valid GraphQL.` : "Not formatted: the variables are not valid JSON.");
  }
}

async function share(tab: Tab): Promise<void> {
  const query = withoutSecrets(tab.query.text.value);
  const variables = variablesWithoutSecrets(tab.variables.text.value, tab.query.text.value);
  const link = await shareLink({ query, variables });
  history.replaceState(null, "", link);
  await copy(link, "The link is copied. Secrets are not part of it.", "The link is in the address bar.");
}

async function copyCurl(tab: Tab): Promise<void> {
  const request = prepare(tab);
  if (typeof request === "string") return notify(request);
  const streams = request.operation?.kind === "subscription";
  const query = withoutSecrets(request.payload.query);
  const payload = { ...request.payload, query };
  if (payload.variables) {
    payload.variables = JSON.parse(variablesWithoutSecrets(JSON.stringify(payload.variables), request.payload.query)) as Record<string, unknown>;
  }
  const command = curlCommand(payload, streams, Boolean(token.value), request.headers);
  await copy(command, "The command is copied. It takes the token from $TOKEN.", "The browser does not allow copying here.");
}

/** Copies a text, which browsers allow on HTTPS and on loopback only. */
async function copy(text: string, done: string, otherwise: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify(otherwise);
  }
}
