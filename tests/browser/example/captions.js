import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { mutate, say, startMeeting, visit } from "./support.js";

const captions = (page) => page.getByRole("button", { name: "Captions" });

test("captions are downloaded as WebVTT that the browser can read", async () => {
  const { id, session } = await startMeeting("Q&A: <prices> / 2027");
  await say(
    session,
    { text: "Is 3 < 4 & 4 > 3?\n\nYes.", startMs: 3_600_500, endMs: 3_602_000 },
    { text: "Hello.", speaker: "R&D <lab>", startMs: 0, endMs: 1_250 },
  );
  const { page, context, complaints } = await visit(`meetings/${id}`);
  await page.locator(".line").nth(1).waitFor();
  const address = page.url();
  const [download] = await Promise.all([page.waitForEvent("download"), captions(page).click()]);
  assert.match(download.suggestedFilename(), /prices.*2027\.vtt$/);
  assert.equal(page.url(), address, "the page stays where it is");
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
  assert.deepEqual(cues.map(([start, end]) => [start, end]), [[0, 1.25], [3600.5, 3602]]);
  assert.match(cues[0][2], /Hello\./);
  assert.match(cues[1][2], /Is 3 < 4 & 4 > 3\?/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("captions that cannot be had are a problem beside the button, which works again", async () => {
  const { id, session } = await startMeeting("A meeting without a network");
  await say(session, "Hello.");
  const { page, context } = await visit(`meetings/${id}`);
  await page.locator(".line").first().waitFor();
  await page.route("**/graphql", (route) => route.abort());
  await captions(page).click();
  await page.locator(".transcript .problem", { hasText: "cannot be reached" }).waitFor();
  await page.unroute("**/graphql");
  const [download] = await Promise.all([page.waitForEvent("download"), captions(page).click()]);
  assert.match(readFileSync(await download.path(), "utf8"), /Hello\./);
  assert.equal(await page.locator(".transcript .problem").count(), 0);
  // With the session, the transcript and its button disappear.
  await mutate("sessionDelete", { id: session });
  await page.getByText("No transcript").waitFor();
  await context.close();
});
