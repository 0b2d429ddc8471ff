// Running operations: what is sent, how often, and what is shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, open, query, request, screenshot, status, textOf, variables, write } from "../support.js";

async function count(title) {
  const document = "query ($title: String!) { meetings(where: { title: { eq: $title } }) { totalCount } }";
  return (await request(document, { title })).meetings.totalCount;
}

const creating = (title) => `mutation { meetingCreate(input: { title: "${title}" }) { meeting { status } userErrors { code } } }`;

test("the examples run, signed in already", async () => {
  const { page, complaints } = await open({ tabs: "examples" });
  const titles = await page.getByRole("tab").allTextContents();
  assert.deepEqual(titles, ["Meetings", "Transcript", "CreateMeeting", "FollowMeetings"]);
  await page.click("#run");
  await status(page, "200 ·");
  assert.equal((await answer(page)).data.meetings.nodes.length, 3);
  await page.locator("#cost-line", { hasText: "statements" }).waitFor();
  await screenshot(page, "light");
  await page.getByRole("tab", { name: "Transcript" }).click();
  await page.click("#run");
  await status(page, "200 ·");
  assert.equal((await answer(page)).data.meetings.nodes[0].session.segments.nodes.length, 5);
  await page.getByRole("tab", { name: "CreateMeeting" }).click();
  await page.click("#run");
  await status(page, "200 ·");
  assert.deepEqual((await answer(page)).data.meetingCreate.userErrors, []);
  assert.equal(await page.locator(".cm-lintRange").count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("two clicks on Run run a mutation once", async () => {
  const { page } = await open();
  const ways = {
    "Double click": async () => page.dblclick("#run"),
    "Two clicks": async () => { await page.click("#run"); await page.click("#run"); },
    "Two clicks with a pause": async () => { await page.click("#run"); await page.waitForTimeout(300); await page.click("#run"); },
    "Keyboard twice": async () => { await query(page).press("Control+Enter"); await query(page).press("Control+Enter"); },
  };
  for (const [way, click] of Object.entries(ways)) {
    const title = `${way} ${Date.now()}`;
    await write(query(page), creating(title));
    await click();
    await status(page, "200 ·");
    await page.waitForTimeout(600);
    assert.equal(await count(title), 1, way);
    await page.waitForTimeout(700);
    await page.click("#run");
    await page.waitForTimeout(600);
    assert.equal(await count(title), 2, "later it can be repeated");
  }
  await page.close();
});

test("the operation at the cursor runs", async () => {
  const { page } = await open();
  await write(query(page), "query A { viewer { username } }\n\nquery B { workspace { slug } }");
  await page.locator("#run", { hasText: "B" }).waitFor();
  await query(page).press("Control+Enter");
  await status(page, "200 ·");
  assert.ok((await answer(page)).data.workspace.slug);
  await query(page).press("Control+Home");
  await page.locator("#run", { hasText: "A" }).waitFor();
  await page.click("#run");
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent?.includes("username"));
  await page.close();
});

test("variables and headers are sent, and errors are shown", async () => {
  const { page } = await open();
  await write(query(page), "query ($n: Int!) { meetings(first: $n) { nodes { id } } }");
  await write(variables(page), '{ "n": 2 }');
  await page.click("#show-headers");
  await write(page.locator(".headers .cm-content"), '{ "x-request-id": "from-the-playground" }');
  const sent = page.waitForRequest((one) => one.url().endsWith("/graphql") && one.postData()?.includes('"n":2'));
  await page.click("#run");
  assert.equal((await sent).headers()["x-request-id"], "from-the-playground");
  await status(page, "200 ·");
  assert.equal((await answer(page)).data.meetings.nodes.length, 2);
  await write(query(page), "{ nothing }");
  await page.click("#run");
  await status(page, "1 error");
  await page.close();
});

test("a dry run says what an operation costs and executes nothing", async () => {
  const { page } = await open();
  await write(query(page), creating("Dry run"));
  await page.click("#cost");
  await status(page, "nothing was executed");
  await page.locator("#cost-line", { hasText: "points" }).waitFor();
  assert.equal(await count("Dry run"), 0);
  await page.close();
});

test("a request that takes long can be stopped", async () => {
  const { page } = await open();
  await page.route("**/graphql", async () => undefined);
  await write(query(page), "{ viewer { id } }");
  await page.click("#run");
  await page.locator("#run", { hasText: "Stop" }).waitFor();
  await page.waitForTimeout(700);
  await page.click("#run");
  await status(page, "Stopped.");
  await page.locator("#run", { hasText: "Run" }).waitFor();
  await page.close();
});

test("a response can be searched and folded, but not changed", async () => {
  const { page } = await open();
  await write(query(page), "{ viewer { username } }");
  await page.click("#run");
  await status(page, "200 ·");
  const shown = page.locator(".answer .cm-content");
  const before = await textOf(shown);
  await shown.click();
  await page.keyboard.type("x");
  assert.equal(await textOf(shown), before);
  await page.keyboard.press("ControlOrMeta+f");
  await page.locator(".answer .cm-search").waitFor();
  await page.close();
});
