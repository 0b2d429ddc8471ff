// The commands in the README of the application do what it says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { request, url } from "../support.js";
import { root, visit } from "./support.js";

const readme = readFileSync(join(root, "README.md"), "utf8");

test("the commands of the README make a transcript that grows", async () => {
  const blocks = readme.split("```sh\n").slice(1).map((rest) => rest.split("```")[0]);
  const [create, speak] = blocks.filter((block) => block.includes("$SESSION"));
  const { signIn } = await request('mutation { signIn(input: { login: "ada", password: "mina-demo" }) { token } }');
  const here = (block) => block.replaceAll("http://127.0.0.1:8000/", url).replace("sleep 1", "sleep 0");
  const run = (script) => execFileSync("sh", ["-ec", script], { env: { ...process.env, TOKEN: signIn.token }, encoding: "utf8" });

  // The second block needs the variables of the first.
  const created = run(`${here(create)}\necho "$MEETING $SESSION"`);
  assert.match(created, /"RECORDING"/);
  const [meeting, session] = created.trim().split("\n").at(-1).split(" ");
  const { page, context, complaints } = await visit(`meetings/${meeting}`);
  await page.getByText("What is said appears here.").waitFor();
  const functions = here(create).split("\n\n")[0];
  const answers = run(`${functions}\nSESSION=${session}\n${here(speak)}`);
  assert.doesNotMatch(answers, /message"/);
  await page.getByText("This is sentence 20.").waitFor();
  assert.equal(await page.locator(".line").count(), 20);
  assert.deepEqual(complaints, []);
  await context.close();
});
