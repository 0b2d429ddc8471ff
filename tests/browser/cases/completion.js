// Suggestions: all that the schema and the document have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, query, screenshot, textOf, variables, write } from "../support.js";

const suggestion = (page, label) =>
  page.locator(".cm-tooltip-autocomplete li", { has: page.locator(".cm-completionLabel", { hasText: new RegExp(`^${label.replace("$", "\\$")}$`) }) });

test("fields, arguments, enum values and input fields are suggested", async () => {
  const { page, complaints } = await open();
  await page.keyboard.type("{ meetings(whe");
  await suggestion(page, "where").waitFor();
  await page.keyboard.press("Tab");
  await suggestion(page, "status").waitFor();
  await page.keyboard.type("sta");
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
  await page.keyboard.type("eq");
  await suggestion(page, "eq").waitFor();
  await page.keyboard.type(": COMP");
  await suggestion(page, "COMPLETED").waitFor();
  await screenshot(page, "completion");
  await page.keyboard.press("Enter");
  await page.keyboard.type("}}) { nodes { organizer { user");
  await suggestion(page, "username").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type(" } } } }");
  assert.equal(await textOf(query(page)), "{ meetings(where: {status: {eq: COMPLETED}}) { nodes { organizer { username } } } }");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("variables, directives, types and fragments are suggested", async () => {
  const { page } = await open();
  const cases = [
    ["query ($first: Int) { meetings(first: $", "$first"],
    ["query ($first: Int) { meetings(first: $fi", "$first"],
    ["query ($where: Meeting", "MeetingWhere"],
    ["query ($ids: [I", "ID"],
    ["{ viewer @", "@include"],
    ["{ viewer @sk", "@skip"],
    ['{ node(id: "x") { ... on ', "Meeting"],
    ['{ node(id: "x") { ... on Mee', "Meeting"],
    ["fragment Parts on Meeting { id } query { meetings { nodes { ...Pa", "Parts"],
    ["fragment Parts on Mee", "Meeting"],
    ["{ viewer @include(", "if"],
    ["que", "query"],
    ["mutation { meetingCreate(input: {ti", "title"],
  ];
  for (const [text, label] of cases) {
    await write(query(page), "");
    await page.keyboard.insertText(text.slice(0, -1));
    await page.keyboard.type(text.slice(-1));
    if (/[ (]$/.test(text)) await page.keyboard.press("Control+Space");
    await suggestion(page, label).waitFor({ timeout: 5000 }).catch(() => assert.fail(`${label} is not suggested for ${text}`));
    await page.keyboard.press("Escape");
  }
  await write(query(page), "query ($first: Int) { meetings(first: ");
  await page.keyboard.type("$fi");
  await suggestion(page, "$first").waitFor();
  await page.keyboard.press("Enter");
  assert.match(await textOf(query(page)), /meetings\(first: \$first/);
  await page.close();
});

test("Tab accepts a suggestion although it has not appeared yet", async () => {
  const { page } = await open();
  await page.keyboard.type("{ view");
  await page.keyboard.press("Tab");
  await page.keyboard.type(" { usern");
  await page.keyboard.press("Tab");
  await page.keyboard.type(" } }");
  assert.equal(await textOf(query(page)), "{ viewer { username } }");
  await page.close();
});

test("nothing is suggested in comments and strings", async () => {
  const { page } = await open();
  for (const text of ["{ # meet", '{ meetings(where: {title: {eq: "sta']) {
    await write(query(page), "");
    await page.keyboard.type(text);
    await page.waitForTimeout(400);
    assert.equal(await page.locator(".cm-tooltip-autocomplete").count(), 0, text);
  }
  await page.close();
});

test("variables are suggested where their values are written", async () => {
  const { page } = await open();
  await write(query(page), "query ($howMany: Int) { meetings(first: $howMany) { totalCount } }");
  await variables(page).click();
  await page.keyboard.type('{ "how');
  await suggestion(page, '"howMany"').waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("2");
  assert.deepEqual(JSON.parse(await textOf(variables(page))), { howMany: 2 });
  await page.close();
});
