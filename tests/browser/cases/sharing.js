import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { open, query, request, textOf, variables, write } from "../support.js";

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

test("a link opens the document, without secrets, in a tab of its own", async () => {
  const { page } = await open();
  await write(query(page), 'query Shared($n: Int) { meetings(first: $n) { totalCount } } # ünï\nmutation { signIn(input: { login: "a", password: "hidden" }) { token } }');
  await write(variables(page), '{ "n": 5 }');
  await page.click("#share");
  await page.locator("#notice", { hasText: "copied" }).waitFor();
  const link = await clipboard(page);
  assert.equal(page.url(), link);
  const other = await open({ at: link, tabs: "as they are" });
  await other.page.getByRole("tab", { name: "Shared", selected: true }).waitFor();
  assert.match(await textOf(query(other.page)), /Shared.*# ünï/);
  assert.match(await textOf(query(other.page)), /password: ""/);
  assert.equal(await textOf(variables(other.page)), '{ "n": 5 }');
  assert.doesNotMatch(other.page.url(), /#/);
  assert.deepEqual(other.complaints, []);
  await other.context.close();
  await page.close();
});

test("the curl command does what the page does", async () => {
  const { page } = await open();
  await write(query(page), `query ($title: String!) { meetings(where: { title: { eq: $title } }) { totalCount } } # it's`);
  await write(variables(page), `{ "title": "it's" }`);
  await page.click("#curl");
  await page.locator("#notice", { hasText: "copied" }).waitFor();
  const command = await clipboard(page);
  assert.doesNotMatch(command, /eyJ/);
  const { signIn } = await request('mutation { signIn(input: { login: "ada", password: "mina-demo" }) { token } }');
  const printed = execFileSync("sh", ["-c", command], { env: { ...process.env, TOKEN: signIn.token }, stdio: ["ignore", "pipe", "ignore"] });
  assert.deepEqual(JSON.parse(printed).data, { meetings: { totalCount: 0 } });
  await page.close();
});
