// The build that sends IDs, with a server that accepts no documents but those of the manifest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createDemo, serve } from "../server.js";
import { build, preview, root, visit } from "./support.js";

test("a server that accepts the manifest alone serves the whole application", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "mina-trusted-"));
  const outDir = join(directory, "dist");
  await build({ VITE_TRUSTED_DOCUMENTS: "true" }, outDir);
  const manifest = join(root, "src/generated/persisted-documents.json");
  await createDemo(directory);
  const { server, address } = await serve(directory, ["--trusted-documents", manifest, "--documents", "trusted"]);
  const { address: at, close } = await preview(address, outDir);
  context.after(async () => {
    server.kill();
    await close();
    rmSync(directory, { recursive: true, force: true });
  });

  const { page, context: browser, complaints } = await visit("", { at });
  const sent = [];
  page.on("request", (request) => { if (request.method() === "POST") sent.push(request.postDataJSON()); });
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.type === "subscribe") sent.push(message.payload);
    });
  });
  await page.locator(".meeting-row").first().click();
  await page.locator(".line").first().waitFor();
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByLabel("Search for").fill("meeting");
  await page.locator("mark").first().waitFor();
  assert.ok(sent.length >= 5, `${sent.length} operations`);
  for (const { query, documentId } of sent) {
    assert.match(documentId, /^sha256:[0-9a-f]{64}$/);
    assert.ok(!query, "no text is sent");
  }
  assert.deepEqual(complaints, []);
  await browser.close();
});
