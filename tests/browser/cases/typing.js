// What is typed is what is there afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, query, textOf, variables, write } from "../support.js";

/** Without indentation, which the editor adds. */
const lines = (text) => text.split("\n").map((line) => line.trim()).join("\n");

test("text that is typed line by line stays as it was typed", async () => {
  const { page, complaints } = await open();
  const typed = `query Typed($first: Int = 2) {
viewer {
id
username
}
meetings(first: $first) {
nodes {
title
# a comment with status
... on Meeting {
status
}
}
}
}
`;
  await page.keyboard.type(typed, { delay: 25 });
  assert.equal(lines(await textOf(query(page))), typed);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("Enter after a complete word begins a new line, although suggestions are open", async () => {
  const { page } = await open();
  for (const word of ["id", "title", "status", "small", "createdAt"]) {
    await write(query(page), "");
    await page.keyboard.type(`{ meetings { nodes { ${word}`);
    await page.waitForTimeout(350);
    await page.keyboard.press("Enter");
    await page.keyboard.type("email");
    const [first, second] = (await textOf(query(page))).split("\n");
    assert.equal(first, `{ meetings { nodes { ${word}`);
    assert.match(second, /^\s*email/);
  }
  await page.close();
});

test("brackets are added and can be typed over", async () => {
  const { page } = await open();
  await page.keyboard.type('{ meetings(where: {title: {contains: "a) } b"}}) { nodes { id } } }');
  assert.equal(await textOf(query(page)), '{ meetings(where: {title: {contains: "a) } b"}}) { nodes { id } } }');
  await page.close();
});

test("strings and comments are typed without additions", async () => {
  const { page } = await open();
  const texts = [
    `{ a(x: """he said "no" (it's""") }`,
    `# it's "quoted" (fine\n{ a(x: "b\\"c {", y: [1, 2], z: {k: "v"}) }`,
    '{ a(x: "") b(y: """""") }',
  ];
  for (const text of texts) {
    await write(query(page), "");
    await page.keyboard.type(text);
    assert.equal(await textOf(query(page)), text);
  }
  await write(variables(page), "");
  await page.keyboard.type('{ "a": "b", "c": [{ "d": "e" }] }');
  assert.equal(await textOf(variables(page)), '{ "a": "b", "c": [{ "d": "e" }] }');
  await page.close();
});

test("Format keeps parentheses, arguments, strings and comments", async () => {
  const { page } = await open();
  await write(query(page), `# Before everything.
query Q($n: Int, $ids: [ID!] = []) { # first
a: meetings(first: ($n), where: {title: {eq: "a { b ( c"}}) { nodes { id } } }`);
  await page.click("#format");
  await page.locator("#notice", { hasText: "line 3 is not valid" }).waitFor();
  assert.match(await textOf(query(page)), /first: \(\$n\)/, "an invalid document is left alone");

  await write(query(page), `# Before everything.
query Q($n: Int, $ids: [ID!] = []) { # the operation
a: meetings(first: $n, where: {title: {eq: "a { b ( c"}}) @include(if: true) { nodes { title
# about ids
... on Meeting { id } ...F } } }
# Between.
fragment F on Meeting { status } # at the end
# Last.`);
  await page.click("#format");
  assert.equal(await textOf(query(page)), `# Before everything.
query Q($n: Int, $ids: [ID!] = []) { # the operation
  a: meetings(first: $n, where: { title: { eq: "a { b ( c" } }) @include(if: true) {
    nodes {
      title
      # about ids
      ... on Meeting {
        id
      }
      ...F
    }
  }
}

# Between.
fragment F on Meeting {
  status
} # at the end

# Last.
`);
  await query(page).press("ControlOrMeta+z");
  assert.match(await textOf(query(page)), /^# Before everything\.\nquery Q\(\$n: Int, \$ids: \[ID!\] = \[\]\) \{ # the operation\na: /);
  await page.close();
});

test("each tab has its own undo history", async () => {
  const { page } = await open();
  await page.keyboard.type("{ viewer { id");
  await page.click("#new-tab");
  await page.keyboard.type("{ workspace { slug");
  const tabs = page.getByRole("tab");
  await tabs.nth(-2).click();
  await query(page).click();
  for (let times = 0; times < 20; times += 1) await page.keyboard.press("ControlOrMeta+z");
  assert.equal(await textOf(query(page)), "");
  await tabs.nth(-1).click();
  assert.equal(await textOf(query(page)), "{ workspace { slug}}");
  await query(page).click();
  await page.keyboard.press("ControlOrMeta+z");
  assert.doesNotMatch(await textOf(query(page)), /viewer/);
  await tabs.nth(-2).click();
  await query(page).click();
  for (let times = 0; times < 20; times += 1) await page.keyboard.press("ControlOrMeta+y");
  assert.equal(await textOf(query(page)), "{ viewer { id}}");
  await page.close();
});

test("selections can be folded", async () => {
  const { page } = await open();
  await write(query(page), "{\n  meetings(\n    first: 1\n  ) {\n    nodes {\n      id\n    }\n  }\n}\n");
  await page.locator(".query .cm-foldGutter span[title='Fold line']").nth(1).click();
  await page.locator(".query .cm-foldPlaceholder").waitFor();
  assert.match(await textOf(query(page)), /first: 1/);
  await page.close();
});
