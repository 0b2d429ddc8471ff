// axe finds nothing, in all forms of the page, and the keyboard is enough.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { open, query, screenshot, status, textOf, write } from "../support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

async function findings(page) {
  // The page forbids scripts that are not its own, but not to the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" ")}`);
}

const FORMS = [
  { name: "light", width: 1440, height: 900, colorScheme: "light" },
  { name: "dark", width: 1440, height: 900, colorScheme: "dark" },
  { name: "medium", width: 1024, height: 768, colorScheme: "light" },
  { name: "narrow", width: 390, height: 844, colorScheme: "light" },
  { name: "narrow-dark", width: 390, height: 844, colorScheme: "dark" },
];

for (const { name, ...form } of FORMS) {
  test(`axe finds nothing: ${name}`, async () => {
    const { page, context, complaints } = await open({ ...form, tabs: "examples" });
    const narrow = form.width < 720;
    const show = (part) => narrow
      ? page.locator(".parts button", { hasText: part }).click()
      : page.locator(".rail button", { hasText: part }).click();
    assert.deepEqual(await findings(page), [], "at first");
    await screenshot(page, `form-${name}`);
    await page.click("#run");
    await status(page, "200 ·");
    assert.deepEqual(await findings(page), [], "with a response");
    await screenshot(page, `form-${name}-response`);
    for (const part of ["History", "Explorer", "Docs"]) {
      await show(part);
      assert.deepEqual(await findings(page), [], part);
      await screenshot(page, `form-${name}-${part.toLowerCase()}`);
    }
    await page.fill("#search", "meeting");
    await page.locator("#results .entry").nth(3).waitFor();
    assert.deepEqual(await findings(page), [], "search");
    await page.locator("#results .entry").first().click();
    assert.deepEqual(await findings(page), [], "a type");
    await page.click("#account");
    assert.deepEqual(await findings(page), [], "account");
    await screenshot(page, `form-${name}-account`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("suggestions and marks of errors pass, too", async () => {
  const { page } = await open();
  await page.keyboard.type("{ meetings { nodes { titel sta");
  await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
  await page.locator(".cm-lintRange-error").first().waitFor();
  assert.deepEqual(await findings(page), []);
  await page.close();
});

test("the keyboard is enough", async () => {
  const { page } = await open({ tabs: "examples" });
  const focused = (selector) => page.evaluate((one) => document.activeElement?.closest(one) !== null, selector);
  const tabTo = async (selector, key = "Tab") => {
    for (let times = 0; times < 120; times += 1) {
      if (await focused(selector)) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${selector} cannot be reached`);
  };
  await tabTo("#rail-explorer");
  await page.keyboard.press("Enter");
  await tabTo("#explorer input");
  await tabTo('[role="tab"]');
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: "Transcript", selected: true }).waitFor();
  await tabTo("#run");
  await page.keyboard.press("Enter");
  await status(page, "200 ·");
  await tabTo(".query");
  // Tab leaves the editor: it does not indent.
  await tabTo(".variables");
  await tabTo(".answer");
  for (const part of ["#account", ".rail", "#explorer, .panel", '[role="tab"]', ".query", ".variables", ".answer"]) {
    await page.keyboard.press("F6");
    assert.ok(await focused(part), part);
  }
  await page.keyboard.press("F6");
  await page.keyboard.press("Enter");
  await page.locator("#account-menu").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#account-menu").waitFor({ state: "detached" });
  assert.ok(await focused("#account"));
  await page.close();
});

test("colors follow the choice", async () => {
  const { page } = await open({ colorScheme: "light" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  const button = page.getByRole("button", { name: /^Colors/ });
  await button.click();
  assert.equal(await paper(), light);
  await button.click();
  assert.notEqual(await paper(), light);
  await write(query(page), "{ viewer { id } }");
  await page.reload();
  assert.notEqual(await paper(), light);
  assert.ok(await textOf(query(page)));
  await page.close();
});
