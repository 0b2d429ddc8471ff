// Light and dark, wide and narrow, with the keyboard and for screen readers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { request, screenshot } from "../support.js";
import { signIn, visit } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds. In the dark, only colours are different. */
async function findings(page, colorScheme) {
  await page.evaluate(axe);
  const runOnly = colorScheme === "dark" ? { runOnly: ["color-contrast"] } : {};
  const { violations } = await page.evaluate((options) => globalThis.axe.run({ resultTypes: ["violations"], ...options }), runOnly);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 400)}`);
}

/** Pages, each with something that is there when it is complete. */
async function pages() {
  const analyzed = await request("{ meetings(first: 1, where: {analytics: {analysisStatus: {eq: COMPLETED}}, title: {eq: \"Firmware stand-up\"}}) { nodes { id } } }");
  const live = await request("{ meetings(first: 1, where: {status: {eq: LIVE}, title: {eq: \"Release planning\"}}) { nodes { id } } }");
  return {
    meetings: ["", ".meeting-row"],
    upcoming: ["?view=upcoming", ".meeting-row"],
    meeting: [`meetings/${analyzed.meetings.nodes[0].id}`, ".line"],
    live: [`meetings/${live.meetings.nodes[0].id}`, ".line"],
    search: ["search?text=index", "mark"],
  };
}

for (const [width, colorScheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]]) {
  test(`axe finds nothing, and nothing is cut off: ${width} pixels, ${colorScheme}`, async () => {
    const { page, context, complaints } = await visit("", { signedIn: false, colorScheme, viewport: { width, height: 844 }, reducedMotion: "reduce" });
    assert.deepEqual(await findings(page, colorScheme), [], "sign-in");
    await screenshot(page, `example-sign-in-${width}-${colorScheme}`);
    await signIn(page);
    for (const [name, [path, landmark]] of Object.entries(await pages())) {
      await page.goto(new URL(path, new URL("/", page.url())).href);
      await page.locator(landmark).first().waitFor();
      await page.waitForTimeout(300);
      assert.deepEqual(await findings(page, colorScheme), [], name);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is too wide`);
      await screenshot(page, `example-${name}-${width}-${colorScheme}`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("the keyboard alone is enough", async () => {
  const { page, context, complaints } = await visit("", { signedIn: false });
  // A page has loaded before its form is rendered; a key that comes in between goes nowhere.
  await page.getByLabel("Username or email").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type("mina-demo");
  await page.keyboard.press("Enter");
  await page.locator(".meeting-row").first().waitFor();
  // The link to the content comes first.
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  // Arrows choose a view.
  await page.keyboard.press("ArrowRight");
  await page.locator(".badge", { hasText: "Scheduled" }).first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".meeting-title").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main", "the focus is on the new page");
  assert.deepEqual(complaints, []);
  await context.close();
});
