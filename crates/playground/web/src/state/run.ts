// Runs the operation at the cursor, follows subscriptions, and asks for the cost alone.

import { operationAt, type Operation } from "../document/operations";
import { events } from "../request/events";
import { ask, post, read, type GraphqlAnswer, type Payload } from "../request/send";
import { remember } from "./history";
import { type Cost, idle, type Outcome } from "./outcome";
import { noteRejection, token } from "./session";
import { isRecord } from "./storage";
import type { Tab } from "./tabs";

/** A mutation that is sent again within this time was not meant: it is the second click of two. */
const DOUBLE_CLICK = 1000;

/** How many events of a subscription are shown. */
const MAX_EVENTS = 200;

/** The last mutation and when it ended. */
let lastMutation = { request: "", at: -Infinity };

interface Request {
  payload: Payload;
  headers: Record<string, string>;
  operation: Operation | null;
}

/** What a tab would send, or why it cannot be sent. */
export function prepare(tab: Tab): Request | string {
  const query = tab.query.text.value;
  const operation = operationAt(query, tab.query.cursor.value);
  const variables = parseObject(tab.variables.text.value, "variables");
  if (typeof variables === "string") return variables;
  const headers = parseObject(tab.headers.text.value, "headers");
  if (typeof headers === "string") return headers;
  const payload: Payload = { query };
  if (Object.keys(variables).length > 0) payload.variables = variables;
  if (operation?.name) payload.operationName = operation.name;
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { payload, headers: Object.fromEntries(texts) as Record<string, string>, operation };
}

/** Runs the operation at the cursor of a tab, unless one is running there. */
export async function run(tab: Tab, mode: "run" | "dry run"): Promise<void> {
  const before = tab.outcome.value ?? idle;
  if (before.stop) return;
  const request = prepare(tab);
  const show = (change: Partial<Outcome>): void => {
    tab.outcome.value = { ...(tab.outcome.value ?? idle), ...change };
  };
  if (typeof request === "string") return show({ phase: "failed", status: request, body: "" });
  const { payload, headers, operation } = request;
  const isMutation = operation?.kind === "mutation" && mode === "run";
  const same = JSON.stringify(payload);
  if (isMutation && lastMutation.request === same && performance.now() - lastMutation.at < DOUBLE_CLICK) {
    return show({ status: `${before.status} · not sent twice`.replace(/( · not sent twice)+$/, " · not sent twice") });
  }
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  show({ ...idle, phase: "running", status: "Running…", stop, body: before.body });
  if (mode === "run") remember(payload.query, tab.variables.text.value, operation?.name ?? null);
  payload.extensions = { cost: mode === "run" ? true : { dryRun: true } };
  const sending = { token: token.value, headers, signal: controller.signal };
  try {
    if (operation?.kind === "subscription" && mode === "run") await follow(tab, payload, sending, show);
    else showAnswer(await ask(payload, sending), mode, show);
  } catch {
    const stopped = controller.signal.aborted;
    show({
      phase: stopped ? "done" : "failed",
      body: stopped ? before.body : "",
      status: stopped ? stoppedStatus(isMutation) : "The server does not respond.",
    });
  } finally {
    show({ stop: null, showHeldBack: null, paused: false });
    if (isMutation) lastMutation = { request: same, at: performance.now() };
  }
}

function stoppedStatus(isMutation: boolean): string {
  return isMutation ? "Stopped. The server may have carried it out." : "Stopped.";
}

type Show = (change: Partial<Outcome>) => void;

function showAnswer(answer: Awaited<ReturnType<typeof read>>, mode: "run" | "dry run", show: Show): void {
  const { status, json, text, milliseconds } = answer;
  if (status === 401) noteRejection();
  const errors = json?.errors?.length ?? 0;
  const parts = [`${status}`, `${milliseconds} ms`];
  if (mode === "dry run" && errors === 0) parts.push("dry run: nothing was executed");
  if (errors > 0) parts.push(counted(errors, "error"));
  show({
    phase: status === 200 && errors === 0 ? "done" : "failed",
    body: json ? JSON.stringify(withoutCost(json), null, 2) : text,
    status: parts.join(" · "),
    cost: readCost(json?.extensions?.cost),
  });
}

/** Shows the events of a subscription, newest first, until it ends or is stopped. */
async function follow(tab: Tab, payload: Payload, sending: Parameters<typeof post>[1], show: Show): Promise<void> {
  const shown: string[] = [];
  let received = 0;
  let completed = false;
  let shownCount = 0;
  const refresh = (phase: Outcome["phase"], doing: string): void => {
    const paused = phase === "following" && (tab.outcome.value?.paused ?? false);
    if (!paused) shownCount = received;
    show({
      phase,
      ...(!paused && { body: shown.join("\n") }),
      status: `${doing} ${counted(received, "event")}`,
      heldBack: received - shownCount,
    });
  };
  const started = performance.now();
  const headers = { ...sending.headers, accept: "text/event-stream" };
  try {
    const response = await post(payload, { ...sending, headers });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      return showAnswer(await read(response, started), "run", show);
    }
    show({ showHeldBack: () => refresh("following", "Following,") });
    refresh("following", "Following,");
    for await (const { name, data } of events(response)) {
      if (name === "complete") completed = true;
      if (name !== "next") continue;
      received += 1;
      const answer = JSON.parse(data) as GraphqlAnswer;
      const cost = readCost(answer.extensions?.cost);
      if (cost) show({ cost });
      shown.unshift(JSON.stringify(withoutCost(answer), null, 2));
      shown.length = Math.min(shown.length, MAX_EVENTS);
      refresh("following", "Following,");
    }
    refresh(completed ? "done" : "failed", completed ? "Completed after" : "Cut off after");
  } catch {
    const stopped = sending.signal?.aborted ?? false;
    refresh(stopped ? "done" : "failed", stopped ? "Stopped after" : "Cut off after");
  }
}

/** Holds back new events, or shows those that were held back. */
export function pause(tab: Tab, paused: boolean): void {
  tab.outcome.value = { ...(tab.outcome.value ?? idle), paused };
  if (!paused) tab.outcome.value.showHeldBack?.();
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The cost is shown by itself, so it is left out of the body. */
function withoutCost(answer: GraphqlAnswer): GraphqlAnswer {
  const { extensions, ...rest } = answer;
  const { cost: _, ...others } = extensions ?? {};
  return Object.keys(others).length > 0 ? { ...rest, extensions: others } : rest;
}

function readCost(cost: unknown): Cost | null {
  if (!isRecord(cost)) return null;
  const numbers = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  return { counts: numbers(cost), limits: isRecord(cost.limits) ? numbers(cost.limits) : {} };
}

/** Reads a text as a JSON object, or says why it is none. */
function parseObject(text: string, what: string): Record<string, unknown> | string {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : `Not sent: the ${what} must be a JSON object.`;
  } catch (error) {
    return `Not sent: the ${what} are not JSON. ${error instanceof Error ? error.message : ""}`;
  }
}
