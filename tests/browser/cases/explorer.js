import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, open, query, screenshot, status, textOf, write } from "../support.js";

test("a query is built by clicking", async () => {
  const { page, complaints } = await open();
  await page.click("#rail-explorer");
  const box = (name) => page.getByRole("checkbox", { name, exact: true });
  await box("meetings").check();
  assert.equal(await textOf(query(page)), "{\n  meetings {\n    nodes {\n      id\n    }\n  }\n}\n");
  await box("title").check();
  await box("first:").first().check();
  await box("organizer").check();
  await screenshot(page, "explorer");
  assert.equal(
    await textOf(query(page)),
    "{\n  meetings(first: 10) {\n    nodes {\n      id\n      title\n      organizer {\n        id\n      }\n    }\n  }\n}\n",
  );
  await page.click("#run");
  await status(page, "200 ·");
  assert.equal((await answer(page)).data.meetings.nodes.length, 10);
  await box("organizer").uncheck();
  await box("first:").first().uncheck();
  await box("title").uncheck();
  assert.equal(await textOf(query(page)), "{\n  meetings {\n    nodes {\n      id\n    }\n  }\n}\n");
  await box("meetings").uncheck();
  assert.equal((await textOf(query(page))).trim(), "");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("comments survive, and a mutation gets its required arguments", async () => {
  const { page } = await open();
  await write(query(page), "# mine\n{\n  viewer { id } # here\n}\n");
  await page.click("#rail-explorer");
  await page.getByRole("checkbox", { name: "workspace", exact: true }).last().check();
  assert.equal(await textOf(query(page)), "# mine\n{\n  viewer { id } # here\n  workspace {\n    id\n  }\n}\n");
  await page.getByRole("button", { name: "mutation", exact: true }).click();
  await page.getByRole("checkbox", { name: "meetingCreate", exact: true }).check();
  assert.match(await textOf(query(page)), /mutation MeetingCreate \{\n {2}meetingCreate\(input: \{ title: "" \}\) \{\n {4}userErrors/);
  await page.close();
});
