// The plain page, which every binary has.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { binary, open, screenshot } from "../support.js";

/** A server with a new database, on a free port. */
async function serve(directory, flags) {
  const env = { ...process.env, MINA_DATABASE_URL: `sqlite:${directory}/mina.db`, MINA_TOKEN_SECRET: "0123456789abcdef0123456789abcdef", MINA_PLAYGROUND: "full" };
  execFileSync(binary, ["migrate", "up"], { env, stdio: "ignore" });
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", ...flags], { env, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: server.stderr })) {
    const address = /listening on (http:[^"\s]+)/.exec(line)?.[1];
    if (address) {
      server.stderr.resume();
      return { server, address: `${address}/` };
    }
  }
  throw new Error("the server did not start");
}

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
