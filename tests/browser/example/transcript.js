import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "../support.js";
import { cable, mutate, say, startMeeting, visit } from "./support.js";

const texts = (page) => page.locator(".line-text").allTextContents();
const status = (page, words) => page.locator(".connection", { hasText: words });
const isAtEnd = (page) => page.locator(".lines").evaluate((lines) => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 48);
const until = (page, count) => page.waitForFunction((wanted) => document.querySelectorAll(".line").length >= wanted, count);

/** The positions from which the page follows, and those of the events that it receives. */
function positions(page) {
  const [asked, received] = [[], []];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const { type, payload: operation } = JSON.parse(payload);
      if (type === "subscribe" && "after" in operation.variables) asked.push(operation.variables.after);
    });
    socket.on("framereceived", ({ payload }) => {
      const position = JSON.parse(payload).payload?.data?.sessionTranscript?.position;
      if (position) received.push(position);
    });
  });
  return { asked, received };
}

test("a live transcript is followed across cut connections, with nothing missing or twice", async () => {
  const { id, session } = await startMeeting("A meeting on the train");
  const { page, context, complaints } = await visit();
  const { asked, received } = positions(page);
  await page.goto(new URL(`/meetings/${id}`, page.url()).href);
  await page.getByText("What is said appears here.").waitFor();
  await status(page, "Live").waitFor();
  const expected = [];
  for (const round of [1, 2, 3]) {
    expected.push(`Before tunnel ${round}`, `At its entry ${round}`);
    await say(session, ...expected.slice(-2));
    await until(page, expected.length);
    cable.cut();
    await status(page, "Reconnecting…").waitFor();
    if (round === 1) await screenshot(page, "example-interrupted");
    expected.push(`In tunnel ${round}`, `Still in tunnel ${round}`);
    await say(session, ...expected.slice(-2));
    cable.repair();
    await until(page, expected.length);
    await status(page, "Live").waitFor();
  }
  assert.deepEqual(await texts(page), expected);
  assert.equal(received.length, expected.length, "no event is sent twice");
  assert.deepEqual(asked, [null, received[1], received[5], received[9]], "it resumes after the last event");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an interim segment becomes final, and a corrected one changes, in their places", async () => {
  const { id, session } = await startMeeting("A meeting with corrections");
  const { page, context, complaints } = await visit(`meetings/${id}`);
  await status(page, "Live").waitFor();
  await say(session, { key: "a", kind: "INTERIM", text: "lets begn", startMs: 1, endMs: 2 }, { key: "b", text: "Yes." });
  await page.locator('.line[data-kind="INTERIM"]').waitFor();
  await say(session, { key: "a", kind: "FINAL", text: "Let's begin.", startMs: 1, endMs: 900 });
  await page.getByText("Let's begin.").waitFor();
  assert.deepEqual(await texts(page), ["Let's begin.", "Yes."]);
  assert.equal(await page.locator('.line[data-kind="INTERIM"]').count(), 0);
  await mutate("meetingComplete", { id });
  await page.locator(".meeting-title .badge", { hasText: "Completed" }).waitFor();
  await page.waitForFunction(() => document.querySelector(".connection")?.textContent === "");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the newest line stays in view until the reader scrolls up", async () => {
  const { id, session } = await startMeeting("A long meeting");
  await say(session, ...Array.from({ length: 120 }, (_, index) => `Sentence ${index}`));
  const { page, context, complaints } = await visit(`meetings/${id}`);
  await until(page, 120);
  await page.getByText("Sentence 119", { exact: true }).waitFor();
  await page.waitForTimeout(200);
  assert.ok(await isAtEnd(page), "it begins at the end");
  await say(session, "One more");
  await until(page, 121);
  await page.waitForTimeout(200);
  assert.ok(await isAtEnd(page), "it follows");
  await page.setViewportSize({ width: 320, height: 640 });
  await page.waitForTimeout(200);
  assert.ok(await isAtEnd(page), "it follows in a smaller window");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut off");
  await page.locator(".lines").hover();
  await page.mouse.wheel(0, -2000);
  await page.getByRole("button", { name: "Newest" }).waitFor();
  await say(session, "And another");
  await until(page, 122);
  assert.ok(!(await isAtEnd(page)), "the reader is left alone");
  await page.getByRole("button", { name: "Newest" }).click();
  await page.waitForTimeout(200);
  assert.ok(await isAtEnd(page), "it follows again");
  assert.equal(await page.getByRole("button", { name: "Newest" }).count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});
