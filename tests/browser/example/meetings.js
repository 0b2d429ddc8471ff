import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "../support.js";
import { mutate, visit } from "./support.js";

const rows = (page) => page.locator(".meeting-row");
const total = async (page) => Number.parseInt(await page.locator(".total").textContent(), 10);

test("the list grows while somebody scrolls, and is there when they come back", async () => {
  const { page, context, complaints } = await visit("?view=all");
  await rows(page).first().waitFor();
  const all = await total(page);
  assert.ok(all > 60, `${all} meetings`);
  assert.ok((await rows(page).count()) < all);
  while ((await rows(page).count()) < all) {
    const shown = await rows(page).count();
    await page.mouse.wheel(0, 100_000);
    await page.waitForFunction((before) => document.querySelectorAll(".meeting-row").length > before, shown);
  }
  const ids = await rows(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.equal(new Set(ids).size, all, "each meeting is there once");
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  assert.equal(new Set(await page.locator("h2").allTextContents()).size, await page.locator("h2").count(), "each day is there once");
  await rows(page).last().click();
  await page.locator(".meeting-title").waitFor();
  assert.equal(await page.evaluate(() => scrollY), 0, "another page begins at its top");
  // A meeting that moves all pages does not make one disappear.
  await mutate("meetingCreate", { title: "A new meeting" });
  await page.goBack();
  await page.waitForFunction((wanted) => document.querySelectorAll(".meeting-row").length === wanted, all + 1);
  assert.equal(new Set(await rows(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")))).size, all + 1);
  assert.ok(await page.evaluate(() => scrollY > 2000), "the list is where it was");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("filters narrow the list, and are in the address", async () => {
  const { page, context, complaints } = await visit();
  await rows(page).first().waitFor();
  const recent = await total(page);
  await page.getByText("Upcoming", { exact: true }).click();
  await page.locator(".badge", { hasText: "Scheduled" }).first().waitFor();
  assert.equal(await page.locator(".badge", { hasText: "Completed" }).count(), 0);
  assert.match(page.url(), /view=upcoming/);
  const upcoming = await total(page);
  await page.getByLabel("Organized by me").check();
  await page.waitForFunction((before) => Number.parseInt(document.querySelector(".total")?.textContent, 10) < before, upcoming);
  assert.deepEqual(new Set(await page.locator(".row-fact:has(.avatar)").allTextContents()), new Set(["ADada"]));
  await page.getByLabel("Organized by me").uncheck();
  await page.getByText("Recent", { exact: true }).click();
  await page.getByLabel("Title").fill("STAND-up");
  await page.waitForFunction((before) => Number.parseInt(document.querySelector(".total")?.textContent, 10) < before, recent);
  for (const title of await page.locator(".row-title").allTextContents()) assert.match(title, /stand-up/i);
  await page.reload();
  assert.equal(await page.getByLabel("Title").inputValue(), "STAND-up");
  await page.getByLabel("Title").fill("there is no such meeting");
  await page.getByText("No meetings found").waitFor();
  await screenshot(page, "example-empty");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a list that cannot be loaded can be tried again", async () => {
  const { page, context } = await visit();
  await rows(page).first().waitFor();
  await page.route("**/graphql", (route) => route.abort());
  await page.getByText("Drafts", { exact: true }).click();
  await page.getByText("The server cannot be reached").waitFor();
  await screenshot(page, "example-failure");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await rows(page).first().waitFor();
  await context.close();
});

test("a meeting without a transcript, tasks and participants says so", async () => {
  const { meeting } = await mutate("meetingCreate", { title: "An empty meeting" }, "meeting { id }");
  const { page, context, complaints } = await visit(`meetings/${meeting.id}`);
  for (const words of ["No transcript", "No tasks"]) await page.getByText(words, { exact: true }).waitFor();
  await page.getByText("Organizer").waitFor();
  // It becomes live in front of the reader.
  await mutate("meetingStart", { id: meeting.id });
  await page.locator(".meeting-title .badge", { hasText: "Live" }).waitFor();
  await page.getByText("What is said appears here.").waitFor();
  await page.goto(new URL("/meetings/TWVldGluZzo5OTk5OTk", page.url()).href);
  await page.getByText("There is no such meeting").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
