// The schema and its documentation beside the editor.
"use strict";

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
