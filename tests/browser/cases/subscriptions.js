import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, open, query, request, screenshot, status, textOf, write } from "../support.js";

const create = (title) => request("mutation ($title: String!) { meetingCreate(input: { title: $title }) { userErrors { code } } }", { title });

test("a subscription is followed, paused and stopped", async () => {
  const { page, complaints } = await open();
  await write(query(page), "subscription { meetingChanged { kind meeting { title } } }");
  await page.click("#run");
  await status(page, "Following, 0 events");
  await create("First");
  await status(page, "Following, 1 event");
  assert.deepEqual((await answer(page)).data.meetingChanged, { kind: "CREATED", meeting: { title: "First" } });

  await page.click("#pause");
  await create("Second");
  await page.locator("#pause", { hasText: "1 new" }).waitFor();
  const shown = page.locator(".answer .cm-content");
  assert.doesNotMatch(await textOf(shown), /Second/);
  await page.click("#pause");
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent?.includes("Second"));
  await screenshot(page, "subscription");

  // It goes on while another tab is open.
  await page.click("#new-tab");
  await create("Third");
  await page.getByRole("tab").nth(-2).click();
  await status(page, "Following, 3 events");
  await page.click("#run");
  await status(page, "Stopped after 3 events");
  await page.locator("#run", { hasText: "Run" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a subscription can be stopped as soon as it is followed", async () => {
  const { page } = await open();
  await write(query(page), "subscription { meetingChanged { kind } }");
  // The page has no time to get slow in between: the clicks are its own.
  await page.evaluate(async () => {
    const says = async (words) => {
      while (!document.querySelector("#status")?.textContent?.includes(words)) await new Promise(requestAnimationFrame);
    };
    document.querySelector("#run").click();
    await says("Following, 0 events");
    document.querySelector("#run").click();
    await says("Stopped after 0 events");
  });
  await page.close();
});

test("a subscription that cannot be followed says why", async () => {
  const { page } = await open();
  await write(query(page), "subscription { taskChanged { kind } meetingChanged { kind } }");
  await page.click("#run");
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent?.includes("only one top level field"));
  await page.close();
});
