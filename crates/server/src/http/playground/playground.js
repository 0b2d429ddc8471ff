// The playground: an editor that knows the schema, the response, and the documentation.
"use strict";

const $ = (id) => document.getElementById(id);

const EXAMPLE = `# Meetings with everything that belongs to them, in one request.
# Sign in first, at the top right. Ctrl-Space shows suggestions, Ctrl-Enter runs the query.
query Meetings($first: Int = 3) {
  meetings(first: $first, where: { status: { eq: COMPLETED } }) {
    totalCount
    nodes {
      title
      scheduledStart
      organizer { username }
      tasks(first: 2, orderBy: [{ field: PRIORITY, direction: DESC }]) {
        totalCount
        nodes { title priority assignedTo { username } }
      }
      session { segments(first: 2) { nodes { speaker text } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}

# If the editor has several operations, the one at the cursor runs.
mutation Draft {
  meetingCreate(input: { title: "Retrospective" }) {
    meeting { id title status allowedTransitions viewerCanStart }
    userErrors { code message path }
  }
}

# Shows changes as they happen, until you stop it.
subscription Follow {
  meetingChanged { kind meeting { id title status } }
}
`;

// Creates an element with properties and children.
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Browser storage. The page works without it, and then remembers nothing.
const store = {
  read(area, key) {
    try { return area.getItem(key); } catch { return null; }
  },
  write(area, key, value) {
    try {
      if (value === null) area.removeItem(key); else area.setItem(key, value);
    } catch { /* Without storage, nothing is remembered. */ }
  },
};

// ---- requests

// The token is kept for this tab only. Each tab signs in separately.
let token = store.read(sessionStorage, "token");

function send(query, variables, operationName, more = {}) {
  const headers = { "content-type": "application/json", ...more.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ query, variables, operationName });
  return fetch("graphql", { ...more, method: "POST", headers, body });
}

async function ask(query, variables, operationName) {
  const started = performance.now();
  const response = await send(query, variables, operationName);
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  let answer;
  try { answer = JSON.parse(text); } catch { answer = null; }
  return { status: response.status, text, answer, milliseconds };
}

async function run() {
  closeSuggestions();
  if (following) return following.abort();
  const query = $("query").value;
  let variables = {};
  try {
    if ($("variables").value.trim()) variables = JSON.parse($("variables").value);
  } catch (error) {
    return show(`The variables are not JSON: ${error.message}`, "not sent", true);
  }
  $("status").textContent = "running…";
  if (kindAt() === "subscription") return follow(query, variables);
  try {
    const { status, text, answer, milliseconds } = await ask(query, variables, operationAt());
    const errors = answer?.errors?.length ?? 0;
    const said = errors ? `, ${errors} error${errors > 1 ? "s" : ""}` : "";
    show(answer ? JSON.stringify(answer, null, 2) : text, `${status} in ${milliseconds} ms${said}`, status !== 200 || errors > 0);
    remember(query);
  } catch (error) {
    show(`The server does not respond: ${error.message}`, "no response", true);
  }
}

// Stops the running subscription, if there is one.
let following = null;

// The maximum number of events that are shown.
const MAX_EVENTS = 100;

// Shows the events of a subscription, newest first, until it is stopped.
async function follow(query, variables) {
  const events = [];
  let received = 0;
  let completed = false;
  const status = (doing) => `${doing} ${received} event${received === 1 ? "" : "s"}`;
  following = new AbortController();
  $("run").textContent = "Stop";
  remember(query);
  try {
    const more = { headers: { accept: "text/event-stream" }, signal: following.signal };
    const response = await send(query, variables, operationAt(), more);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const answer = await response.json();
      return show(JSON.stringify(answer, null, 2), String(response.status), true);
    }
    show("", status("following,"), false);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const parts = (rest + part.value).split("\n\n");
      rest = parts.pop();
      for (const text of parts) {
        const lines = new Map(text.split("\n").map((line) => line.split(/: ?(.*)/s)));
        completed ||= lines.get("event") === "complete";
        if (lines.get("event") !== "next") continue;
        received += 1;
        events.unshift(JSON.stringify(JSON.parse(lines.get("data")), null, 2));
        events.length = Math.min(events.length, MAX_EVENTS);
      }
      show(events.join("\n"), status("following,"), false);
    }
    show(events.join("\n"), status(completed ? "completed after" : "cut off after"), !completed);
  } catch (error) {
    const stopped = error.name === "AbortError";
    show(events.join("\n"), stopped ? status("stopped after") : `cut off: ${error.message}`, !stopped);
  } finally {
    following = null;
    $("run").textContent = "Run";
  }
}

function show(text, status, bad) {
  $("answer").replaceChildren(coloured(text, JSON_TOKENS));
  $("status").textContent = status;
  $("status").className = bad ? "bad" : "";
}

// The name of the operation at the cursor, if there are several.
function operationAt() {
  const names = namedOperations();
  return names.length < 2 ? undefined : atCursor(names)[2];
}

// Whether the operation at the cursor is a query, a mutation or a subscription.
function kindAt() {
  const names = namedOperations();
  if (names.length > 0) return atCursor(names)[1];
  return /^(?:\s|#.*)*(mutation|subscription)\b/.exec($("query").value)?.[1] ?? "query";
}

function namedOperations() {
  return [...$("query").value.matchAll(/\b(query|mutation|subscription)\s+(\w+)/g)];
}

function atCursor(names) {
  const before = names.filter((name) => name.index <= $("query").selectionStart);
  return before.at(-1) ?? names[0];
}

// ---- signing in

async function signIn(event) {
  event.preventDefault();
  const query = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }";
  const input = { login: $("login").value, password: $("password").value };
  token = null;
  const { answer, text } = await ask(query, { input });
  const payload = answer?.data?.signIn;
  $("password").value = "";
  if (payload?.token) return setToken(payload.token);
  show(answer ? JSON.stringify(answer, null, 2) : text, payload?.userErrors?.[0]?.message ?? "not signed in", true);
}

async function setToken(value) {
  token = value;
  store.write(sessionStorage, "token", value);
  let name = null;
  if (value) {
    const { status, answer } = await ask("{ viewer { username workspace { name } } }");
    const viewer = answer?.data?.viewer;
    if (viewer) {
      name = viewer.workspace ? `${viewer.username} of ${viewer.workspace.name}` : viewer.username;
    } else {
      token = null;
      store.write(sessionStorage, "token", null);
      show(JSON.stringify(answer, null, 2), `${status}: the token is not valid`, true);
    }
  }
  $("sign-in").hidden = $("bearer").hidden = name !== null;
  $("viewer").hidden = name === null;
  $("who").textContent = name ?? "";
}

// ---- history

const past = JSON.parse(store.read(localStorage, "past") ?? "[]");

function remember(query) {
  const index = past.indexOf(query);
  if (index >= 0) past.splice(index, 1);
  past.unshift(query);
  past.length = Math.min(past.length, 20);
  store.write(localStorage, "past", JSON.stringify(past));
  listPast();
}

function listPast() {
  const title = (query) => query.replace(/#.*\n/g, "").replace(/\s+/g, " ").trim().slice(0, 60);
  $("history").replaceChildren(
    element("option", { value: "", textContent: "Choose a query" }),
    ...past.map((query, index) => element("option", { value: index, textContent: title(query) })),
  );
}

// ---- syntax highlighting

const GRAPHQL_TOKENS = /(?<c>#.*)|(?<s>"""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)|(?<k>[$@]\w+)|(?<n>-?\b\d[\d.eE+-]*)|(?<w>\b(?:query|mutation|subscription|fragment|on|true|false|null)\b)/g;
const JSON_TOKENS = /(?<k>"(?:\\.|[^"\\])*"(?=\s*:))|(?<s>"(?:\\.|[^"\\])*")|(?<n>-?\b\d[\d.eE+-]*)|(?<w>\b(?:true|false|null)\b)/g;

function coloured(text, tokens) {
  const made = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    made.append(text.slice(end, match.index));
    const [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    made.append(element("span", { className: kind, textContent: match[0] }));
    end = match.index + match[0].length;
  }
  made.append(text.slice(end));
  return made;
}

function recolour() {
  // Without the extra line break, a trailing empty line has no height here and the two layers scroll apart.
  $("colours").replaceChildren(coloured(`${$("query").value}\n`, GRAPHQL_TOKENS));
  $("colours").scrollTop = $("query").scrollTop;
  store.write(localStorage, "query", $("query").value);
}

// ---- editing

function typed(event) {
  const open = !$("suggestions").hidden;
  const editor = $("query");
  const size = $("suggestions").children.length;
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : size - 1)) % size;
    mark();
  } else if (open && (event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey) {
    accept();
  } else if (open && event.key === "Escape") {
    closeSuggestions();
  } else if (event.key === " " && event.ctrlKey) {
    suggest(true);
  } else if (event.key === "F" && event.shiftKey && event.altKey) {
    format();
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    const before = editor.value.slice(0, editor.selectionStart);
    const indent = /[^\n]*$/.exec(before)[0].match(/^ */)[0];
    const deeper = /[{(]\s*$/.test(before) ? "  " : "";
    editor.setRangeText(`\n${indent}${deeper}`, editor.selectionStart, editor.selectionEnd, "end");
    recolour();
  } else {
    return;
  }
  event.preventDefault();
}

// Formats selections with one field per line. Comments, strings and arguments are not changed.
function format() {
  const parts = $("query").value.match(/#.*|"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\([^()"]*(?:"(?:\\.|[^"\\\n])*"[^()"]*)*\)|\.\.\.\s*(?:on\s+)?\w*|[$@]?\w+\s*:\s*\w+|[{}]|[^\s{}()#"]+/g) ?? [];
  let depth = 0;
  let line = "";
  const lines = [];
  const flush = () => { if (line) lines.push("  ".repeat(depth) + line); line = ""; };
  for (const part of parts) {
    if (part.startsWith("#")) { flush(); lines.push("  ".repeat(depth) + part); }
    else if (part === "{") { line = `${line} {`.trim(); flush(); depth += 1; }
    else if (part === "}") { flush(); depth = Math.max(0, depth - 1); lines.push(`${"  ".repeat(depth)}}`); }
    else if (part.startsWith("(")) line += part;
    else if (part.startsWith("@") || (depth === 0 && line)) line += ` ${part}`;
    else { if (depth > 0) flush(); line = part; }
  }
  flush();
  $("query").value = `${lines.join("\n")}\n`;
  recolour();
}

// ---- startup

$("query").value = store.read(localStorage, "query") || EXAMPLE;
$("query").setSelectionRange(0, 0);
recolour();
listPast();
loadSchema();
if (token) setToken(token);

$("run").addEventListener("click", run);
$("format").addEventListener("click", format);
$("sign-in").addEventListener("submit", signIn);
$("bearer").addEventListener("submit", (event) => { event.preventDefault(); setToken($("token").value.trim() || null); $("token").value = ""; });
$("sign-out").addEventListener("click", () => setToken(null));
$("search").addEventListener("input", find);
$("history").addEventListener("change", ({ target }) => { if (target.value) { $("query").value = past[target.value]; recolour(); } });
$("query").addEventListener("keydown", typed);
$("query").addEventListener("input", () => { recolour(); suggest(false); });
$("query").addEventListener("scroll", () => { $("colours").scrollTop = $("query").scrollTop; });
$("query").addEventListener("blur", closeSuggestions);
document.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } });
