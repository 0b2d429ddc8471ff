// A transcript as captions: Chromium's <track> plays the downloaded file, and another parser reads it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import webvtt from "webvtt-parser";
import { parseSync } from "subtitle";
import { open, url } from "../support.js";

const TEXTS = ["Good morning", "a < b & c", "an arrow --> here", "Gänse 🪿", "said at once"];
const cues = TEXTS.map((text, number) => ({
  text, startMs: 1500 * number, endMs: 1500 * number + (number === 4 ? 0 : 1250), speaker: number % 2 ? "Max" : "Ada",
}));

/** Sends a document to the demo as the page does. */
async function ask(page, query, variables) {
  return page.evaluate(async ({ query, variables, token }) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }, { query, variables, token: page.token });
}

/** Stores the cues in a new session, and returns links to its transcript. */
async function transcript(page) {
  const signIn = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
  const input = { login: "ada", password: "mina-demo" };
  page.token = (await ask(page, signIn, { input })).signIn.token;
  const create = "mutation { sessionCreate(input: {}) { session { id } } }";
  const { id } = (await ask(page, create)).sessionCreate.session;
  await ask(page, "mutation ($input: SessionStartInput!) { sessionStart(input: $input) { userErrors { message } } }", { input: { id } });
  const append = "mutation ($input: SegmentsAppendInput!) { segmentsAppend(input: $input) { userErrors { message } } }";
  await ask(page, append, { input: { sessionId: id, segments: cues } });
  const link = "mutation ($input: TranscriptLinkCreateInput!) { transcriptLinkCreate(input: $input) { url } }";
  const links = {};
  for (const format of ["WEBVTT", "SUBRIP"]) {
    links[format] = (await ask(page, link, { input: { sessionId: id, format } })).transcriptLinkCreate.url;
  }
  return links;
}

test("a track plays the captions as they are stored, and other parsers read them", async () => {
  const { page, context } = await open({ tabs: "kept" });
  const links = await transcript(page);
  const get = async (link) => (await fetch(new URL(link, url))).text();
  const vtt = await get(links.WEBVTT);

  // A page of the same origin, without the policy of the playground.
  const player = await context.newPage();
  await player.route("**/captions-test", (route) => route.fulfill({
    contentType: "text/html", body: `<!doctype html><video><track default src="${links.WEBVTT}"></video>`,
  }));
  await player.goto(new URL("captions-test", url).href);
  const played = await player.evaluate(async () => {
    const track = document.querySelector("track");
    track.track.mode = "hidden";
    if (track.readyState < 2) await new Promise((done, failed) => { track.onload = done; track.onerror = failed; });
    return [...track.track.cues].map((cue) => ({
      start: cue.startTime, end: cue.endTime, text: cue.getCueAsHTML().textContent, raw: cue.text,
    }));
  });
  assert.deepEqual(played.map((cue) => cue.text), TEXTS);
  played.forEach((cue, number) => {
    assert.equal(Math.round(1000 * cue.start), cues[number].startMs);
    // A cue has to take some time, so one that ends at once takes a millisecond.
    assert.equal(Math.round(1000 * cue.end), Math.max(cues[number].endMs, cues[number].startMs + 1));
    assert.ok(cue.raw.startsWith(`<v ${cues[number].speaker}>`), cue.raw);
  });

  const parsed = new webvtt.WebVTTParser().parse(vtt, "captions/subtitles/descriptions");
  assert.deepEqual(parsed.errors, []);
  assert.deepEqual(parsed.cues.map((cue) => Math.round(1000 * cue.startTime)), cues.map((cue) => cue.startMs));

  const srt = parseSync(await get(links.SUBRIP)).filter((node) => node.type === "cue");
  assert.deepEqual(srt.map((node) => [node.data.start, node.data.end]), cues.map((cue) => [cue.startMs, cue.endMs]));
  assert.equal(srt[0].data.text, "Ada: Good morning");
  await context.close();
});
