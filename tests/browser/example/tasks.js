import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "../support.js";
import { mutate, visit } from "./support.js";

/** A meeting with one task, and its page. */
async function open(title) {
  const { meeting } = await mutate("meetingCreate", { title: `About ${title}` }, "meeting { id }");
  const { task } = await mutate("taskCreate", { meetingId: meeting.id, title }, "task { id }");
  const visited = await visit(`meetings/${meeting.id}`);
  await visited.page.getByLabel(title).waitFor();
  return { ...visited, task, checkbox: visited.page.getByLabel(title) };
}

/** Holds mutations back until the returned function is called. */
async function hold(page, name) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route("**/graphql", async (route) => {
    if (route.request().postData()?.includes(name)) await released;
    await route.fallback();
  });
  return release;
}

test("a task is completed at once, before the server has answered", async () => {
  const { page, context, complaints, checkbox, task } = await open("Order the boards");
  const release = await hold(page, "taskComplete");
  await checkbox.click();
  await page.locator('.task[data-status="COMPLETED"]').waitFor({ timeout: 1000 });
  assert.ok(await checkbox.isChecked());
  release();
  // The answer, the list that is read again and the event all agree.
  await page.waitForTimeout(800);
  assert.ok(await checkbox.isChecked());
  await page.reload();
  await page.locator('.task[data-status="COMPLETED"]').waitFor();
  await checkbox.uncheck();
  await page.locator('.task[data-status="TODO"], .task[data-status="IN_PROGRESS"]').waitFor();
  // What others do arrives, too.
  await mutate("taskComplete", { id: task.id });
  await page.locator('.task[data-status="COMPLETED"]').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what the server does not accept is taken back, and the reason is shown", async () => {
  const { page, context, complaints, checkbox, task } = await open("Ask for a quote");
  const release = await hold(page, "taskComplete");
  await checkbox.click();
  await page.locator('.task[data-status="COMPLETED"]').waitFor({ timeout: 1000 });
  await mutate("taskCancel", { id: task.id });
  release();
  await page.locator(".task .problem", { hasText: /\w/ }).waitFor();
  assert.equal(await checkbox.isChecked(), false);
  await screenshot(page, "example-task-problem");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a task stays open if the server cannot be reached", async () => {
  const { page, context, checkbox } = await open("Call the supplier");
  await page.route("**/graphql", (route) => route.abort());
  await checkbox.click();
  await page.locator(".task .problem", { hasText: "cannot be reached" }).waitFor();
  assert.equal(await checkbox.isChecked(), false);
  assert.equal(await page.locator(".task").getAttribute("data-status"), "TODO");
  await context.close();
});
