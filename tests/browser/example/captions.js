import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { say, startMeeting, visit } from "./support.js";

test("captions are downloaded as WebVTT that the browser can read", async () => {
  const { id, session } = await startMeeting("Q&A: <prices> / 2027");
  await say(
    session,
    { text: "Is 3 < 4 & 4 > 3?\n\nYes.", startMs: 3_600_500, endMs: 3_602_000 },
    { text: "Hello.", speaker: "R&D <lab>", startMs: 0, endMs: 1_250 },
    { text: "still speak", kind: "INTERIM", startMs: 3_700_000, endMs: 3_700_500 },
  );
  const { page, context, complaints } = await visit(`meetings/${id}`);
  await page.locator(".line").nth(2).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Captions" }).click()]);
  assert.equal(download.suggestedFilename(), "Q-A-prices-2027.vtt");
  const text = readFileSync(await download.path(), "utf8");
  // Another page, because this one does not allow media.
  const player = await context.newPage();
  const cues = await player.evaluate(async (content) => {
    const track = document.createElement("track");
    track.src = URL.createObjectURL(new Blob([content], { type: "text/vtt" }));
    const video = document.createElement("video");
    video.append(track);
    document.body.append(video);
    track.track.mode = "hidden";
    await new Promise((resolve, reject) => { track.onload = resolve; track.onerror = reject; });
    return Array.from(track.track.cues, (cue) => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
  }, text);
  assert.deepEqual(cues, [[0, 1.25, "Hello."], [3600.5, 3602, "Is 3 < 4 & 4 > 3?\nYes."]]);
  assert.match(text, /^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.250\n<v R&amp;D &lt;lab&gt;>Hello\.\n/);
  assert.doesNotMatch(text, /still speak/);
  assert.deepEqual(complaints, []);
  await context.close();
});
