// The playground as a person uses it, on the demo. The binary is MINA_BIN; the browser is CHROMIUM
// or /usr/bin/chromium; screenshots go to the directory SCREENSHOTS, if it is set.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const directory = mkdtempSync(join(tmpdir(), "mina-browser-"));
let demo;
let browser;
let url;
let token;

before(async () => {
  const binary = resolve(process.env.MINA_BIN ?? "../../target/debug/mina");
  demo = spawn(binary, ["demo", "--listen", "127.0.0.1:0"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /Playground\s+(\S+)/.exec(line)?.[1];
    token ??= /Token\s+(\S+)/.exec(line)?.[1];
    if (url && token) break;
  }
  assert.ok(url && token, "the demo did not start");
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(async () => {
  await browser?.close();
  demo?.kill();
  rmSync(directory, { recursive: true, force: true });
});

// Opens the page. What it asks of other servers and what it complains of is kept.
async function open() {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints = [];
  page.on("request", (request) => {
    const own = request.url().startsWith(url) || request.url().startsWith("data:");
    if (!own) complaints.push(`asked ${request.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.locator("#manual dt").first().waitFor();
  return { page, complaints };
}

async function screenshot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}

const answer = async (page) => JSON.parse(await page.locator("#answer").textContent());
const answered = (page, words) => page.locator("#status", { hasText: words }).waitFor();

test("signs in and runs the first query", async () => {
  const { page, complaints } = await open();
  await page.fill("#login", "ada");
  await page.fill("#password", "mina-demo");
  await page.click("#sign-in button");
  await page.locator("#who", { hasText: "ada of Whitlock Instruments" }).waitFor();
  await page.click("#run");
  await answered(page, "200 in");
  const { data } = await answer(page);
  assert.equal(data.meetings.nodes.length, 3);
  assert.ok(data.meetings.totalCount > 3);
  await screenshot(page, "answer");
  assert.deepEqual(complaints, []);

  await page.click("#sign-out");
  await page.click("#run");
  await answered(page, "1 error");
  assert.equal((await answer(page)).errors[0].extensions.code, "UNAUTHENTICATED");
  await page.close();
});

test("runs the operation at the cursor, which changes something", async () => {
  const { page } = await open();
  await page.fill("#token", token);
  await page.click("#bearer button");
  await page.locator("#who", { hasText: "ada of" }).waitFor();
  await page.locator("#query").evaluate((editor) => {
    const place = editor.value.indexOf("meetingCreate");
    editor.setSelectionRange(place, place);
  });
  await page.click("#run");
  await answered(page, "200 in");
  const { meeting, userErrors } = (await answer(page)).data.meetingCreate;
  assert.equal(meeting.status, "DRAFT");
  assert.equal(meeting.viewerCanStart, true);
  assert.deepEqual(userErrors, []);
  await screenshot(page, "mutation");
  await page.close();
});

test("follows a subscription until it is stopped", async () => {
  const { page, complaints } = await open();
  await page.fill("#token", token);
  await page.click("#bearer button");
  await page.locator("#who", { hasText: "ada of" }).waitFor();
  await page.fill("#query", "subscription { meetingChanged { kind meeting { title } } }");
  await page.click("#run");
  await answered(page, "following, 0 events");
  const query = 'mutation { meetingCreate(input: { title: "Heard of" }) { userErrors { code } } }';
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  await fetch(`${url}graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  await answered(page, "following, 1 event");
  assert.deepEqual((await answer(page)).data.meetingChanged, { kind: "CREATED", meeting: { title: "Heard of" } });
  await screenshot(page, "subscription");
  await page.click("#run");
  await answered(page, "stopped after 1 event");
  assert.equal(await page.locator("#run").textContent(), "Run");
  assert.deepEqual(complaints, []);

  // What cannot be followed says why.
  await page.fill("#query", "subscription { taskChanged { kind } meetingChanged { kind } }");
  await page.click("#run");
  await answered(page, "completed after 1 event");
  assert.match((await answer(page)).errors[0].message, /only one top level field/);
  await page.close();
});

test("takes a bearer token, and a wrong password for what it is", async () => {
  const { page } = await open();
  await page.fill("#login", "ada");
  await page.fill("#password", "wrong");
  await page.click("#sign-in button");
  await answered(page, "do not match");
  await page.fill("#token", token);
  await page.click("#bearer button");
  await page.locator("#who", { hasText: "ada of" }).waitFor();
  await page.fill("#query", "query A { viewer { username } } query B { workspace { slug } }");
  await page.locator("#query").press("Control+Enter");
  await answered(page, "200 in");
  assert.ok((await answer(page)).data.workspace.slug);
  await page.close();
});

test("suggests what the schema has", async () => {
  const { page, complaints } = await open();
  await page.fill("#query", "");
  await page.locator("#query").pressSequentially("{ meetings(where: {sta");
  await page.locator("#suggestions code", { hasText: /^status$/ }).waitFor();
  await page.locator("#query").press("Enter");
  await page.locator("#query").pressSequentially(": {eq: COMP");
  await page.locator("#suggestions code", { hasText: /^COMPLETED$/ }).waitFor();
  await page.locator("#query").press("Tab");
  await page.locator("#query").pressSequentially("}}) { nodes { organizer { user");
  await page.locator("#suggestions code", { hasText: /^username$/ }).waitFor();
  await screenshot(page, "suggestions");
  await page.locator("#query").press("Enter");
  assert.equal(
    await page.inputValue("#query"),
    "{ meetings(where: {status: {eq: COMPLETED}}) { nodes { organizer { username",
  );
  assert.deepEqual(complaints, []);
  await page.close();
});

test("formats a query without changing what it asks", async () => {
  const { page } = await open();
  await page.fill("#query", 'query Q($n: Int) { a: meetings(first: $n, where: {title: {eq: "a { b"}}) @include(if: true) { nodes { title ... on Meeting { id } } } }');
  await page.click("#format");
  assert.equal(await page.inputValue("#query"), `query Q($n: Int) {
  a: meetings(first: $n, where: {title: {eq: "a { b"}}) @include(if: true) {
    nodes {
      title
      ... on Meeting {
        id
      }
    }
  }
}
`);
  await page.close();
});

test("shows the manual, and finds in it", async () => {
  const { page, complaints } = await open();
  await page.locator("#manual a", { hasText: /^Meeting$/ }).first().click();
  await page.locator("#manual h3", { hasText: "Meeting" }).waitFor();
  const manual = await page.locator("#manual").textContent();
  assert.match(manual, /The user who organizes the meeting/);
  await page.locator("#manual a", { hasText: /^User$/ }).first().click();
  await page.locator("#trail", { hasText: "Meeting › User" }).waitFor();
  await screenshot(page, "manual");
  await page.fill("#search", "sentiment");
  await page.locator("#manual a", { hasText: "Analytics.overallSentimentScore" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});
