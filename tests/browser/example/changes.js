// What others do to a meeting while somebody looks at it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "../support.js";
import { mutate, startMeeting, visit } from "./support.js";

test("participants and the analysis arrive while the page is open", async () => {
  const { id } = await startMeeting("A meeting with news");
  const { page, context, complaints } = await visit(`meetings/${id}`);
  await page.getByRole("heading", { name: "Participants" }).waitFor();
  // The subscriptions have to be there before the changes.
  await page.locator(".connection", { hasText: "Live" }).waitFor();
  await page.waitForTimeout(500);
  const { users } = await request('{ users(where: { username: { eq: "hana" } }) { nodes { id } } }');
  await mutate("participantsInvite", { meetingId: id, invitations: [{ userId: users.nodes[0].id }] });
  await page.locator(".participant-name", { hasText: "hana" }).waitFor();

  await mutate("meetingComplete", { id });
  const { analytics } = await mutate("analyticsRequest", { meetingId: id }, "analytics { id }");
  await page.getByText("The analysis has not begun yet").waitFor();
  // The demo has others in the queue.
  const { claims } = await mutate("analyticsClaim", { first: 100 }, "claims { leaseToken analytics { id } }");
  const { leaseToken } = claims.find((claim) => claim.analytics.id === analytics.id);
  await page.getByText("The meeting is being analyzed").waitFor();
  await mutate("analyticsComplete", {
    id: analytics.id,
    leaseToken,
    keyTopics: [{ topic: "Budget", share: 0.4, atMs: 0 }, { topic: "Budget" }],
    decisionsMade: [{ decision: "We wait." }],
  });
  await page.getByText("40%").waitFor();
  assert.deepEqual(await page.locator(".topics li").allTextContents(), ["Budget40%", "Budget"]);
  assert.deepEqual(await page.locator(".decisions li").allTextContents(), ["We wait."]);
  assert.deepEqual(complaints, []);
  await context.close();
});
