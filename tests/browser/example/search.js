import assert from "node:assert/strict";
import { test } from "node:test";
import { say, startMeeting, visit } from "./support.js";

test("what was said is found, and leads to its meeting", async () => {
  const { id, session } = await startMeeting("A meeting about gardens");
  await say(session, "We plant a ginkgo (the tree) by the gate.");
  const { page, context, complaints } = await visit("search");
  await page.getByText("Type at least two characters.").waitFor();
  await page.getByLabel("Search for").fill("GINKGO (the");
  await page.locator("mark", { hasText: "ginkgo (the" }).waitFor();
  assert.equal(await page.locator(".rows li").count(), 1);
  await page.locator(".rows a").click();
  await page.getByRole("heading", { name: "A meeting about gardens" }).waitFor();
  assert.match(page.url(), new RegExp(id));
  await page.goBack();
  await page.locator("mark").waitFor();
  await page.getByLabel("Search for").fill("no such words anywhere");
  await page.getByText("Nothing found for").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("results of all kinds are listed, and more of them when somebody scrolls", async () => {
  const { page, context, complaints } = await visit("search?text=an");
  await page.locator(".rows li").nth(19).waitFor();
  await page.mouse.wheel(0, 100_000);
  await page.locator(".rows li").nth(39).waitFor();
  const keys = await page.locator(".rows li").allTextContents();
  assert.ok(keys.length >= 40);
  await page.getByLabel("Search for").fill("ada");
  await page.locator(".row-kind", { hasText: "Person" }).first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
