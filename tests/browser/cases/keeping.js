// What the browser keeps: tabs and history, without secrets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, query, screenshot, status, textOf, variables, write } from "../support.js";

const stored = (page) => page.evaluate(() => JSON.stringify({ ...localStorage }));

test("tabs are kept, with their variables", async () => {
  const { page } = await open();
  await write(query(page), "query Kept($n: Int) { meetings(first: $n) { totalCount } }");
  await write(variables(page), '{ "n": 7 }');
  await page.waitForTimeout(500);
  await page.reload();
  await page.locator("#who", { hasText: "ada" }).waitFor();
  assert.match(await textOf(query(page)), /Kept/);
  assert.equal(await textOf(variables(page)), '{ "n": 7 }');
  const before = await page.getByRole("tab").count();
  await page.click("#close-tab");
  assert.equal(await page.getByRole("tab").count(), before - 1);
  await page.close();
});

test("passwords and tokens are in no storage and not in the history", async () => {
  const { page, context } = await open();
  const documents = [
    ['mutation Literal { signIn(input: { login: "one", password: "hidden-one" }) { token } }', ""],
    ["mutation Input($input: SignInInput!) { signIn(input: $input) { token } }", '{ "input": { "login": "two", "password": "hidden-two" } }'],
    ["mutation Named($p: String!) { signIn(input: { login: \"three\", password: $p }) { token } }", '{ "p": "hidden-three" }'],
    ['mutation Default($password: String! = "hidden-four") { signIn(input: { login: "four", password: $password }) { token } }', ""],
    ['mutation Block { signIn(input: { login: "five", password: """hidden-five""" }) { token } }', ""],
  ];
  for (const [document, values] of documents) {
    await write(query(page), document);
    await write(variables(page), values);
    await page.click("#run");
    await status(page, "200 ·");
    await page.waitForTimeout(400);
    assert.match(await textOf(query(page)), /mutation/, "the text in the editor stays");
  }
  await page.click("#show-headers");
  await write(page.locator(".headers .cm-content"), '{ "x-secret": "hidden-six" }');
  await page.waitForTimeout(500);
  assert.doesNotMatch(await stored(page), /hidden-|eyJ/);
  await page.click("#rail-history");
  await page.locator("#history .entry", { hasText: "Literal" }).waitFor();
  assert.doesNotMatch(await page.locator("#history").textContent(), /hidden-/);
  await screenshot(page, "history");
  await page.reload();
  await page.waitForTimeout(300);
  assert.doesNotMatch(await stored(page), /hidden-|eyJ/);
  await context.close();
});

test("the history opens an operation with its variables in a tab of its own", async () => {
  const { page, context } = await open();
  await write(query(page), "query Past($n: Int) { meetings(first: $n) { totalCount } }");
  await write(variables(page), '{ "n": 4 }');
  await page.click("#run");
  await status(page, "200 ·");
  await write(query(page), "{ viewer { id } }");
  await page.click("#rail-history");
  await page.locator("#history .entry", { hasText: "Past" }).click();
  assert.match(await textOf(query(page)), /Past/);
  assert.equal(await textOf(variables(page)), '{ "n": 4 }');
  await page.getByRole("tab").nth(-2).click();
  assert.equal(await textOf(query(page)), "{ viewer { id } }");
  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await page.locator("#history .entry").count(), 0);
  await context.close();
});
