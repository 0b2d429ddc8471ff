// Suggestions of the names that are possible at the cursor.
"use strict";

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
