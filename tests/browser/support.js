// Starts the demo and the browser, and does what most cases need.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const directory = mkdtempSync(join(tmpdir(), "mina-browser-"));
let demo;
let browser;

/** The address of the demo, with a slash at the end. */
export let url = process.env.MINA_URL;

export const binary = resolve(process.env.MINA_BIN ?? "../../target/debug/mina");

export async function start() {
  if (!url) {
    demo = spawn(binary, ["demo", "--listen", "127.0.0.1:0"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: demo.stdout })) {
      url ??= /Playground\s+(\S+)/.exec(line)?.[1];
      if (url) break;
    }
    assert.ok(url, "the demo did not start");
    demo.stdout.resume();
  }
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export async function stop() {
  await browser?.close();
  demo?.kill();
  rmSync(directory, { recursive: true, force: true });
}

/** A browser of its own, with nothing stored. */
export const newContext = (options) => browser.newContext(options);

/**
 * Opens the page in a browser of its own, signed in, and with an empty document unless `tabs` says
 * otherwise. What it requests from other servers and what it complains about is kept.
 */
export async function open({ width = 1440, height = 900, colorScheme = "light", tabs = "empty", context, at = url, signedIn = true } = {}) {
  context ??= await newContext({ viewport: { width, height }, colorScheme, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const complaints = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(at).origin) && !request.url().startsWith("data:")) complaints.push(`requested ${request.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(at);
  if (signedIn) await page.locator("#who", { hasText: "ada of Whitlock Instruments" }).waitFor();
  if (tabs === "empty") {
    await page.click("#new-tab");
    await query(page).click();
  }
  return { page, context, complaints };
}

export const query = (page) => page.locator(".query .cm-content");
export const variables = (page) => page.locator(".variables .cm-content");

/** The text of an editor, as it would be sent. */
export function textOf(editor) {
  return editor.evaluate((content) => content.cmTile.view.state.doc.toString());
}

/** Replaces the text of an editor, as somebody who pastes. */
export async function write(editor, text) {
  await editor.click();
  await editor.press("ControlOrMeta+a");
  if (text) await editor.page().keyboard.insertText(text);
  else await editor.press("Delete");
}

/** The response, as JSON. */
export async function answer(page) {
  return JSON.parse(await textOf(page.locator(".answer .cm-content")));
}

export const status = (page, words) => page.locator("#status", { hasText: words }).waitFor();

export async function screenshot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}

/** Sends a request past the page, signed in as the first user of the demo. */
export async function request(document, values) {
  const send = async (body, headers) => {
    const response = await fetch(`${url}graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return (await response.json()).data;
  };
  const signIn = 'mutation { signIn(input: { login: "ada", password: "mina-demo" }) { token } }';
  const { token } = (await send({ query: signIn })).signIn;
  return send({ query: document, variables: values }, { authorization: `Bearer ${token}` });
}
