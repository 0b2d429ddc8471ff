// What is wrong is marked while it is written, and what is right is explained.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, query, variables, write } from "../support.js";

const marked = (page, editor) => page.locator(`.${editor} .cm-lintRange-error`);

test("invalid documents, variables and headers are marked", async () => {
  const { page, complaints } = await open();
  await write(query(page), "query ($n: Int!) { meetings(first: $n) { nodes { titel } } }");
  const wrong = marked(page, "query");
  await wrong.first().waitFor();
  assert.equal(await wrong.first().textContent(), "titel");
  await wrong.first().hover();
  await page.locator(".cm-diagnostic", { hasText: 'Did you mean "title"' }).waitFor();

  await write(variables(page), '{ "n": "three" }');
  await marked(page, "variables").waitFor();
  await write(variables(page), '{ "n": 3 }');
  await marked(page, "variables").waitFor({ state: "detached" });
  await write(variables(page), '{ "n": 3');
  await marked(page, "variables").waitFor();

  await page.click("#show-headers");
  const headers = page.locator(".headers .cm-content");
  await write(headers, '{ "x-test": 1 }');
  await marked(page, "headers").waitFor();
  await write(headers, '{ "x-test": "1" }');
  await marked(page, "headers").waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
  await page.close();
});

test("variables that are not JSON are not sent", async () => {
  const { page } = await open();
  await write(query(page), "{ viewer { id } }");
  await write(variables(page), "{ n: 1 }");
  await page.click("#run");
  await page.locator("#status", { hasText: "Not sent: the variables are not JSON" }).waitFor();
  await page.close();
});

test("the word under the pointer is explained, and F1 opens its documentation", async () => {
  const { page } = await open();
  await write(query(page), "{ meetings(first: 2) { nodes { title status } } }");
  await page.locator(".query .cm-line span", { hasText: /^title$/ }).hover();
  await page.locator(".cm-tooltip .hover", { hasText: "Meeting.title: String!" }).waitFor();
  await page.locator(".query .cm-line span", { hasText: /^first$/ }).hover();
  await page.locator(".cm-tooltip .hover", { hasText: "At most 100" }).waitFor();
  await page.locator(".query .cm-line span", { hasText: /^status$/ }).click();
  await page.keyboard.press("F1");
  await page.locator("#docs .member.current", { hasText: "status" }).waitFor();
  await page.close();
});
