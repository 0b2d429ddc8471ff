// Every audit of graphql-http (MUST, SHOULD and MAY) on the demo. The binary is MINA_BIN.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { buildClientSchema, getIntrospectionQuery, validateSchema } from "graphql";
import { serverAudits } from "graphql-http";

// There are 61 in version 1.22; fewer would mean that something was left out.
const FEWEST = 60;

const directory = mkdtempSync(join(tmpdir(), "mina-spec-http-"));
let demo;
let url;

before(async () => {
  const binary = resolve(process.env.MINA_BIN ?? "../../target/debug/mina");
  demo = spawn(binary, ["demo", "--listen", "127.0.0.1:0"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /API\s+(\S+)/.exec(line)?.[1];
    if (url) break;
  }
  assert.ok(url, "the demo did not start");
});

after(() => {
  demo?.kill();
  rmSync(directory, { recursive: true, force: true });
});

test("all audits are ok", async () => {
  const audits = serverAudits({ url });
  assert.ok(audits.length >= FEWEST, `only ${audits.length} audits`);
  const failed = [];
  for (const audit of audits) {
    const { status, reason } = await audit.fn();
    if (status !== "ok") failed.push(`${audit.id} ${audit.name}: ${reason}`);
  }
  assert.deepEqual(failed, []);
});

test("introspection of the whole schema passes the default limits", async () => {
  const query = getIntrospectionQuery({
    descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true,
    schemaDescription: true, inputValueDeprecation: true, oneOf: true,
  });
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  assert.equal(response.status, 200);
  assert.deepEqual(validateSchema(buildClientSchema(data)), []);
});
