import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, open, query, screenshot, status, write } from "../support.js";

const completion = (page) => page.locator(".cm-tooltip-autocomplete li", { hasText: "username" }).first();

async function useToken(page, token) {
  await page.click("#account");
  await page.fill("#bearer input", token);
  await page.click("#bearer button");
}

test("somebody else signs in, and signs out", async () => {
  const { page } = await open();
  await page.click("#account");
  await screenshot(page, "account");
  await page.fill('#sign-in input[name="login"]', "greta");
  await page.fill('#sign-in input[name="password"]', "wrong");
  await page.click("#sign-in button");
  await page.locator("#sign-in-problem", { hasText: /\w/ }).waitFor();
  await page.fill('#sign-in input[name="login"]', "greta");
  await page.fill('#sign-in input[name="password"]', "mina-demo");
  await page.click("#sign-in button");
  await page.locator("#who", { hasText: "greta of Nordlicht Spedition" }).waitFor();
  await write(query(page), "{ meetings { totalCount } }");
  await page.click("#account");
  await page.click("#sign-out");
  await page.click("#run");
  await status(page, "1 error");
  assert.equal((await answer(page)).errors[0].extensions.code, "UNAUTHENTICATED");
  await page.close();
});

test("an expired token does not take documentation and completion away", async () => {
  const { page } = await open();
  await useToken(page, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxfQ.expired");
  await page.locator("#who", { hasText: "Sign in again" }).waitFor();
  await page.locator("#sign-in-problem", { hasText: "not valid or has expired" }).waitFor();
  await page.keyboard.press("Escape");
  await write(query(page), "");
  await page.keyboard.type("{ viewer { usern");
  await completion(page).waitFor();
  await page.click("#rail-history");
  await page.click("#rail-docs");
  await page.locator("#docs .type", { hasText: /^Query$/ }).click();
  await page.locator("#docs h2", { hasText: "Query" }).waitFor();
  await page.close();
});

test("a page that is opened with an expired token signs in to the demo again", async () => {
  const { page, context } = await open();
  await page.evaluate(() => sessionStorage.setItem("mina.token", JSON.stringify("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.expired")));
  await page.reload();
  await page.locator("#docs .type").first().waitFor();
  await page.locator("#who", { hasText: "ada of" }).waitFor();
  await context.close();
});
