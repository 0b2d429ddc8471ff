// The build for a server of another origin, as when somebody develops a page beside the demo.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { url } from "../support.js";
import { build, preview, visit } from "./support.js";

test("a page of this machine uses the demo directly", async (context) => {
  const outDir = mkdtempSync(join(tmpdir(), "mina-origin-"));
  await build({ VITE_MINA_URL: url }, outDir);
  const { address: at, close } = await preview(url, outDir, "connect-src *");
  context.after(async () => {
    await close();
    rmSync(outDir, { recursive: true, force: true });
  });
  const { page, context: browser, complaints } = await visit("", { at, api: url });
  await page.locator(".meeting-row").first().click();
  await page.locator(".line").first().waitFor();
  assert.deepEqual(complaints, []);
  await browser.close();
});
