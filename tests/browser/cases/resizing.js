// The borders between the parts of the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, query, screenshot } from "../support.js";

const box = (page, selector) => page.locator(selector).boundingBox();

async function drag(page, id, x, y) {
  const { x: left, y: top, width, height } = await box(page, id);
  await page.mouse.move(left + width / 2, top + height / 2);
  await page.mouse.down();
  await page.mouse.move(left + width / 2 + x / 2, top + height / 2 + y / 2);
  await page.mouse.move(left + width / 2 + x, top + height / 2 + y);
  await page.mouse.up();
}

const near = (actual, expected, what) => assert.ok(Math.abs(actual - expected) <= 3, `${what}: ${actual} in place of ${expected}`);

test("parts are resized with the pointer, and stay so", async () => {
  const { page, context, complaints } = await open();
  const [panel, writing, extras] = [await box(page, ".panel"), await box(page, ".writing"), await box(page, ".extras")];
  await drag(page, "#resize-panel", 80, 0);
  near((await box(page, ".panel")).width, panel.width + 80, "panel");
  const before = await box(page, ".writing");
  await drag(page, "#resize-writing", -120, 0);
  near((await box(page, ".writing")).width, before.width - 120, "writing");
  await drag(page, "#resize-extras", 0, -90);
  near((await box(page, ".extras")).height, extras.height + 90, "extras");
  await screenshot(page, "resized");
  const sizes = await Promise.all([".panel", ".writing", ".extras"].map((part) => box(page, part)));
  await page.reload();
  await query(page).waitFor();
  assert.deepEqual(await Promise.all([".panel", ".writing", ".extras"].map((part) => box(page, part))), sizes);
  await page.locator("#resize-panel").dblclick();
  near((await box(page, ".panel")).width, panel.width, "panel");
  await drag(page, "#resize-panel", -2000, 0);
  assert.equal((await box(page, ".panel")).width, 200, "it does not disappear");
  await drag(page, "#resize-writing", 2000, 0);
  assert.ok((await box(page, ".response")).width > 100, "nor does the response");
  assert.ok(writing.width > 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("parts are resized with the keyboard", async () => {
  const { page, context, complaints } = await open();
  const border = page.getByRole("separator", { name: "Size of the request" });
  const before = await box(page, ".writing");
  await border.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const wider = await box(page, ".writing");
  assert.ok(wider.width > before.width + 20, `${before.width} ${wider.width}`);
  await page.keyboard.press("Enter");
  near((await box(page, ".writing")).width, before.width, "reset");
  await page.keyboard.press("Home");
  assert.equal(await border.getAttribute("aria-valuenow"), "0");
  const extras = await box(page, ".extras");
  await page.getByRole("separator", { name: "Height of variables" }).focus();
  await page.keyboard.press("ArrowUp");
  assert.ok((await box(page, ".extras")).height > extras.height);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("where the response is below, the border moves up and down, and a phone has none", async () => {
  const { page, context } = await open({ width: 1000 });
  const before = await box(page, ".writing");
  await drag(page, "#resize-writing", 0, 100);
  near((await box(page, ".writing")).height, before.height + 100, "writing");
  await page.setViewportSize({ width: 390, height: 844 });
  assert.equal(await page.locator("#resize-writing").isVisible(), false);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await context.close();
});
