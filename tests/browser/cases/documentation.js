import assert from "node:assert/strict";
import { test } from "node:test";
import { open, screenshot } from "../support.js";

test("types are documented with arguments, defaults and Markdown", async () => {
  const { page, complaints } = await open();
  await page.fill("#search", "meetings");
  await page.locator("#results .entry").first().click();
  const field = page.locator("#docs .member.current");
  await field.locator(".argument", { hasText: "first: Int" }).waitFor();
  assert.match(await field.textContent(), /How many objects to return/);
  assert.ok((await field.locator(".markdown code").count()) > 0, "code is not Markdown source");
  await screenshot(page, "documentation");
  await field.locator(".type", { hasText: "MeetingWhere" }).click();
  await page.locator("#docs h2", { hasText: "MeetingWhere" }).waitFor();
  await page.locator("#trail").getByRole("button", { name: "Query" }).click();
  await page.locator("#docs h2", { hasText: "Query" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("default values are shown as they are written in the schema", async () => {
  const { page } = await open();
  await page.route("**/schema.graphql", (route) => route.fulfill({
    contentType: "text/plain",
    body: `"The root. <img src=x onerror=alert(1)> [good](https://example.org) [bad](javascript:alert(1))"
type Query { items("**How many.**" first: Int = 25, order: [Order!] = [NEWEST]): [String!] old: Int @deprecated(reason: "Use \`items\`.") }
enum Order { NEWEST OLDEST }`,
  }));
  await page.reload();
  await page.locator("#docs .type", { hasText: /^Query$/ }).click();
  const docs = page.locator("#docs");
  await docs.locator(".argument", { hasText: "first: Int = 25" }).waitFor();
  await docs.locator(".argument", { hasText: "order: [Order!] = [NEWEST]" }).waitFor();
  assert.equal(await docs.locator(".argument strong").textContent(), "How many.");
  await docs.locator(".deprecated", { hasText: "Use `items`." }).waitFor();
  assert.equal(await docs.locator("img").count(), 0);
  assert.deepEqual(await docs.locator("a").evaluateAll((all) => all.map((one) => one.href)), ["https://example.org/"]);
  await page.close();
});

test("the best matches of a search come first", async () => {
  const { page } = await open();
  const first = async (words) => {
    await page.fill("#search", words);
    await page.locator("#results .entry code").first().waitFor();
    return page.locator("#results .entry code").first().textContent();
  };
  assert.equal(await first("Meeting"), "Meeting");
  assert.equal(await first("meetingCreate"), "Mutation.meetingCreate");
  assert.equal(await first("meeting status"), "Meeting.status");
  assert.match(await first("overall sentiment"), /overallSentimentScore/);
  await page.fill("#search", "qqqq");
  await page.locator("#docs", { hasText: "Nothing in the schema matches" }).waitFor();
  await page.close();
});
