// The plain page, which every binary has.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "../server.js";
import { open, screenshot } from "../support.js";

test("the plain page runs a query and says how to get the full one", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "mina-plain-"));
  const { server, address } = await serve(directory, ["--playground", "plain"]);
  context.after(() => {
    server.kill();
    rmSync(directory, { recursive: true, force: true });
  });
  const { page, complaints } = await open({ at: address, tabs: "none", signedIn: false });
  await page.fill("#query", "{ __typename }");
  await page.click("#run");
  await page.locator("#status", { hasText: "200" }).waitFor();
  assert.deepEqual(JSON.parse(await page.locator("#response").textContent()), { data: { __typename: "Query" } });
  await page.locator("footer", { hasText: "MINA_PLAYGROUND=full cargo build" }).waitFor();
  await screenshot(page, "plain");
  assert.deepEqual(complaints, []);
  await page.close();
});
