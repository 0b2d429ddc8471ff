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

// ---- the schema

const INTROSPECTION = `{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { name kind description specifiedByURL
    fields(includeDeprecated: true) { ...F args { ...V } type { ...T } }
    inputFields { ...V } enumValues(includeDeprecated: true) { name description }
    interfaces { name } possibleTypes { name } }
} }
fragment F on __Field { name description }
fragment V on __InputValue { name description defaultValue type { ...T } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

let types = new Map();
let roots = {};

async function loadSchema() {
  const { answer, text } = await ask(INTROSPECTION);
  const schema = answer?.data?.__schema;
  if (!schema) return $("manual").replaceChildren(element("p", { textContent: `The schema cannot be loaded. ${text}` }));
  types = new Map(schema.types.map((type) => [type.name, type]));
  roots = { query: schema.queryType?.name, mutation: schema.mutationType?.name, subscription: schema.subscriptionType?.name };
  openRoots();
}

const written = (type) => type.kind === "NON_NULL" ? `${written(type.ofType)}!` : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
const named = (type) => type.ofType ? named(type.ofType) : type.name;

// ---- suggestions

// Parses the query up to the cursor, to find out which names are possible there.
function expected(source) {
  const tokens = source.match(/#.*|"""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?|\.\.\.|[$@]?\w+|[{}()[\]:=!|]/g)?.filter((part) => !part.startsWith("#")) ?? [];
  const stack = [];
  let operation = "query";
  let last = null;
  let previous = null;
  const top = () => stack.at(-1);
  for (const part of tokens) {
    const inValues = top()?.values;
    if (part === "{" && inValues) {
      stack.push({ values: types.get(named(last?.type ?? {}))?.inputFields ?? [] });
    } else if (part === "{") {
      const type = stack.length === 0 ? (last?.on ?? roots[operation]) : (last?.on ?? named(last?.type ?? {}));
      stack.push({ fields: types.get(type) });
      last = null;
    } else if (part === "(") {
      stack.push({ values: last?.args ?? [], owner: last });
    } else if (part === "[") {
      stack.push({ values: top()?.values ?? [], list: true });
    } else if (part === ")" || part === "]" || part === "}") {
      const closed = stack.pop();
      last = closed?.owner ?? (part === "]" ? last : null);
    } else if (stack.length === 0) {
      if (part in roots) operation = part;
      else if (previous === "on") last = { on: part };
    } else if (inValues) {
      last = top().values.find((value) => value.name === part) ?? last;
    } else if (previous === "on") {
      last = { on: part };
    } else if (/^\w/.test(part)) {
      last = top().fields?.fields?.find((field) => field.name === part) ?? null;
    }
    previous = part;
  }
  return { place: top(), last, previous };
}

function candidates(source) {
  const word = /[\w$]*$/.exec(source)[0];
  const { place, last, previous } = expected(source.slice(0, source.length - word.length));
  let names = [];
  if (!place) {
    names = Object.keys(roots).filter((root) => roots[root]).concat("fragment").map((name) => ({ name }));
  } else if (place.values && previous === ":") {
    const type = types.get(named(last?.type ?? {}));
    names = type?.enumValues ?? (type?.name === "Boolean" ? [{ name: "true" }, { name: "false" }] : []);
  } else if (place.values) {
    names = place.values;
  } else if (previous === "on") {
    names = (place.fields?.possibleTypes ?? []).concat(place.fields ?? []);
  } else if (place.fields) {
    names = (place.fields.fields ?? []).concat({ name: "__typename" });
  }
  const wanted = word.toLowerCase();
  return { word, names: names.filter(({ name }) => name.toLowerCase().includes(wanted) && name !== word).slice(0, 60) };
}

let chosen = 0;

function suggest(asked) {
  const editor = $("query");
  const source = editor.value.slice(0, editor.selectionStart);
  const { word, names } = candidates(source);
  if (names.length === 0 || (!asked && word.length === 0)) return closeSuggestions();
  const starts = (name) => name.toLowerCase().startsWith(word.toLowerCase()) ? 0 : 1;
  names.sort((a, b) => starts(a.name) - starts(b.name));
  chosen = 0;
  $("suggestions").replaceChildren(...names.map(({ name, type, description }, index) => {
    const item = element("li", { role: "option", title: description ?? "" },
      element("code", { textContent: name }),
      element("span", { textContent: [type && written(type), description?.split("\n")[0]].filter(Boolean).join("  ") }));
    item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = index; accept(); });
    return item;
  }));
  const { x, y } = caret(source);
  Object.assign($("suggestions").style, { left: `${x}px`, top: `${y}px` });
  $("suggestions").hidden = false;
  mark();
}

// The position of the cursor in the editor, measured in the highlighted copy behind it.
function caret(source) {
  const range = document.createRange();
  const walker = document.createTreeWalker($("colours"), NodeFilter.SHOW_TEXT);
  let left = source.length;
  while (walker.nextNode()) {
    if (left <= walker.currentNode.length) {
      range.setStart(walker.currentNode, left);
      break;
    }
    left -= walker.currentNode.length;
  }
  const place = range.getBoundingClientRect();
  const frame = $("colours").getBoundingClientRect();
  return { x: Math.min(place.left - frame.left, frame.width * 0.5), y: place.bottom - frame.top + 4 };
}

function mark() {
  [...$("suggestions").children].forEach((item, index) => item.setAttribute("aria-selected", index === chosen));
  $("suggestions").children[chosen]?.scrollIntoView({ block: "nearest" });
}

function accept() {
  const editor = $("query");
  const name = $("suggestions").children[chosen].firstChild.textContent;
  const { word } = candidates(editor.value.slice(0, editor.selectionStart));
  editor.setRangeText(name, editor.selectionStart - word.length, editor.selectionStart, "end");
  closeSuggestions();
  recolour();
}

function closeSuggestions() {
  $("suggestions").hidden = true;
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

// ---- the documentation

let trail = [];

function openRoots() {
  trail = [];
  const list = Object.entries(roots).filter(([, name]) => name).map(([root, name]) => term(root, types.get(name).description, { kind: "OBJECT", name }));
  const all = [...types.values()].filter(({ name, kind }) => !name.startsWith("__") && !Object.values(roots).includes(name) && kind !== "SCALAR");
  const group = (title, kinds) => {
    const some = all.filter(({ kind }) => kinds.includes(kind)).sort((a, b) => a.name.localeCompare(b.name));
    return some.length === 0 ? [] : [element("h4", { textContent: title }), definitions(some.map((type) => [link(type.name), type.description]))];
  };
  $("trail").replaceChildren();
  $("manual").replaceChildren(element("h4", { textContent: "Root types" }), definitions(list),
    ...group("Types", ["OBJECT", "INTERFACE", "UNION"]), ...group("Enums", ["ENUM"]), ...group("Inputs", ["INPUT_OBJECT"]));
}

function openType(name) {
  const type = types.get(name);
  if (trail.at(-1) !== name) trail.push(name);
  trail = trail.slice(trail.lastIndexOf(name) === trail.indexOf(name) ? 0 : trail.length - 1).slice(-5);
  const home = element("a", { textContent: "Documentation", href: "#" });
  home.addEventListener("click", (event) => { event.preventDefault(); openRoots(); });
  $("trail").replaceChildren(home, ...trail.slice(0, -1).flatMap((step) => [" › ", link(step)]), ` › ${name}`);
  const content = [element("h3", { textContent: name }), element("p", { textContent: type.description ?? "" })];
  const part = (title, list) => { if (list?.length) content.push(element("h4", { textContent: title }), definitions(list)); };
  if (type.specifiedByURL) content.push(element("p", { textContent: `Specified by ${type.specifiedByURL}` }));
  part("Fields", type.fields?.map(field));
  part("Fields", type.inputFields?.map((input) => term(input.name, input.description, input.type)));
  part("Values", type.enumValues?.map((value) => [element("span", { textContent: value.name }), value.description]));
  part("Possible types", type.kind === "OBJECT" ? [] : type.possibleTypes?.map((one) => [link(one.name), types.get(one.name)?.description]));
  part("Implements", type.interfaces?.map((one) => [link(one.name), types.get(one.name)?.description]));
  $("manual").replaceChildren(...content);
  $("manual").scrollTop = 0;
}

function link(name, text = name) {
  const made = element("a", { textContent: text, href: "#" });
  made.addEventListener("click", (event) => { event.preventDefault(); openType(name); });
  return made;
}

function term(name, description, type) {
  return [element("span", {}, `${name}: `, link(named(type), written(type))), description];
}

function field({ name, description, type, args }) {
  const title = element("span", {}, name);
  if (args.length > 0) title.append("(", ...args.flatMap((arg, index) => [index > 0 ? ", " : "", `${arg.name}: `, link(named(arg.type), written(arg.type))]), ")");
  title.append(": ", link(named(type), written(type)));
  return [title, description];
}

function definitions(list) {
  return element("dl", {}, ...list.flatMap(([title, description]) => [element("dt", {}, title), element("dd", { textContent: description ?? "" })]));
}

function find() {
  const wanted = $("search").value.trim().toLowerCase();
  if (!wanted) return openRoots();
  const found = [];
  for (const type of types.values()) {
    if (type.name.startsWith("__")) continue;
    if (type.name.toLowerCase().includes(wanted)) found.unshift([link(type.name), type.description]);
    for (const part of [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]) {
      if (part.name.toLowerCase().includes(wanted)) found.push([link(type.name, `${type.name}.${part.name}`), part.description]);
    }
  }
  $("trail").replaceChildren();
  $("manual").replaceChildren(element("p", { textContent: found.length ? "" : "No type or field has this name." }), definitions(found.slice(0, 80)));
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
