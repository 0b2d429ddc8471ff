// Serves the built application, with a cable to the demo that can be cut, and opens its pages.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { newContext, request, url } from "../support.js";
import { layCable } from "./cable.js";

export const root = fileURLToPath(new URL("../../../examples/web/", import.meta.url));

/** The Vite of the application. */
async function vite() {
  const manifest = createRequire(join(root, "package.json")).resolve("vite/package.json");
  return import(pathToFileURL(join(dirname(manifest), "dist/node/index.js")).href);
}

/** What the README recommends, under which all cases run. */
const POLICY = /`(default-src 'none';[^`]*)`/.exec(readFileSync(join(root, "README.md"), "utf8"))[1];

/** Builds the application with other settings. */
export async function build(settings, outDir) {
  Object.assign(process.env, settings);
  const { build: start } = await vite();
  await start({ root, logLevel: "silent", build: { outDir } });
  for (const name of Object.keys(settings)) delete process.env[name];
}

/** Serves a build of the application for a server, as `npm run preview` does. */
export async function preview(server, outDir = "dist", policy = POLICY) {
  process.env.MINA_URL = server;
  const { preview: start } = await vite();
  const previewed = await start({
    root,
    logLevel: "silent",
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0, headers: { "content-security-policy": policy } },
  });
  return { address: previewed.resolvedUrls.local[0], close: () => previewed.close() };
}

export let cable;
let previewed;

export async function serve() {
  cable = await layCable(url);
  previewed = await preview(cable.url);
}

export async function stopServing() {
  cable?.remove();
  await previewed?.close();
}

/**
 * Opens a page of the application in a browser of its own, and notes what it complains about, and
 * what it requests from elsewhere.
 */
export async function visit(path = "", { signedIn = true, at = previewed.address, api = at, ...options } = {}) {
  const context = await newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = [];
  page.on("request", (sent) => {
    const { protocol, origin } = new URL(sent.url());
    if (!["blob:", "data:"].includes(protocol) && ![at, api].some((address) => new URL(address).origin === origin)) complaints.push(`requested ${sent.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(new URL(path, at).href);
  if (signedIn) await signIn(page);
  return { page, context, complaints };
}

export async function signIn(page, login = "ada", password = "mina-demo") {
  await page.getByLabel("Username or email").fill(login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Runs a mutation past the page, as ada, and returns its payload. */
export async function mutate(name, input, selection = "") {
  const type = `${name[0].toUpperCase()}${name.slice(1)}Input!`;
  const data = await request(`mutation ($input: ${type}) { ${name}(input: $input) { ${selection} userErrors { message } } }`, { input });
  const payload = data[name];
  if (payload.userErrors.length > 0) throw new Error(`${name}: ${payload.userErrors[0].message}`);
  return payload;
}

/** A new meeting of ada's that is live and records. */
export async function startMeeting(title) {
  const { meeting } = await mutate("meetingCreate", { title }, "meeting { id }");
  const started = await mutate("meetingStart", { id: meeting.id }, "meeting { session { id } }");
  return { id: meeting.id, session: started.meeting.session.id };
}

/** Adds segments, each of which is a text or an input of its own, two seconds apart. */
let said = 0;
export function say(session, ...segments) {
  return mutate("segmentsAppend", {
    sessionId: session,
    segments: segments.map((segment) => {
      said += 1;
      const times = { startMs: said * 2000, endMs: said * 2000 + 1500 };
      return { speaker: "Ada Whitlock", ...times, ...(typeof segment === "string" ? { text: segment } : segment) };
    }),
  });
}
