import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "../support.js";
import { signIn, visit } from "./support.js";

const signInButton = (page) => page.getByRole("button", { name: "Sign in" });

test("somebody signs in, stays signed in after a reload, and signs out", async () => {
  const { page, context, complaints } = await visit("", { signedIn: false });
  await page.getByLabel("Username or email").fill("ada");
  await page.getByLabel("Password").fill("wrong");
  await signInButton(page).click();
  await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  await screenshot(page, "example-sign-in");
  await signIn(page);
  await page.getByText("Whitlock Instruments").waitFor();
  await page.reload();
  await page.getByText("Whitlock Instruments").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signInButton(page).waitFor();
  await page.reload();
  await signInButton(page).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("who signs in after somebody else sees nothing of theirs", async () => {
  const { page, context } = await visit();
  await page.locator(".meeting-row").first().waitFor();
  const titles = await page.locator(".row-title").allTextContents();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, "greta");
  await page.getByText("Nordlicht Spedition").waitFor();
  await page.locator(".meeting-row").first().waitFor();
  assert.notDeepEqual(await page.locator(".row-title").allTextContents(), titles);
  await context.close();
});

test("an invalid token leads to the sign-in, and that back to the page", async () => {
  const { page, context } = await visit("", { signedIn: false });
  await page.evaluate(() => sessionStorage.setItem("mina.token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxfQ.expired"));
  await page.goto(new URL("/search?text=index", page.url()).href);
  await page.getByText("Your session has ended").waitFor();
  await signIn(page);
  await page.getByRole("heading", { name: "Search" }).waitFor();
  await page.locator("mark").first().waitFor();
  await context.close();
});

test("a page that does not exist says so", async () => {
  const { page, context } = await visit("nothing/here");
  await page.getByText("There is no such page").waitFor();
  await page.getByRole("link", { name: "See all meetings" }).click();
  await page.getByRole("heading", { name: "Meetings", exact: true }).waitFor();
  await context.close();
});
