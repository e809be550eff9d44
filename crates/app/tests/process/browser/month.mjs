// The page of a month: a token, sessions, a place in one, and giving it up.

import assert from "node:assert/strict";
import { DESK, PHONE, TOKEN, isForEverybody, leave, visit } from "./browser.mjs";

const NOW = new Date("2026-03-10T12:00:00Z");
const MARCH = "124 sessions in March 2026, in the time of America/New_York.";

const summary = (page) => page.locator("#summary");
const place = (page) => page.locator("#place");
const session = (page, title) => page.getByRole("button", { name: title });
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const says = (where, text) => where.filter({ hasText: text }).waitFor();

async function signIn(page) {
  await page.getByLabel("Token").fill(TOKEN);
  await press(page, "Show sessions");
  await says(summary(page), MARCH);
}

async function refusesABadToken(page, name) {
  await isForEverybody(page, `${name}-start`);
  await page.getByLabel("Token").fill("not.a.token");
  await press(page, "Show sessions");
  await says(page.getByRole("alert"), "The token is malformed.");
  await isForEverybody(page, `${name}-refused`);
}

async function showsTheMonth(page, name) {
  await signIn(page);
  await isForEverybody(page, name);
  // Text is text, whatever it looks like.
  await says(session(page, "<b>Bold</b>"), "<b>Bold</b>");
  // In New York the first instant of the month in UTC is still in February.
  assert.equal(await session(page, "Still February").count(), 0);
  assert.equal(await page.getByRole("button", { name: /Crowd/ }).count(), 4, "of a full day four are shown");
  await page.getByRole("button", { name: "116 more" }).click();
  assert.equal(await page.getByRole("button", { name: /Crowd/ }).count(), 120);
}

async function filters(page) {
  const box = page.locator("#filter-box");
  if (!(await box.evaluate((details) => details.open))) await page.getByText("Filters").click();
  await page.getByLabel("Brand").fill("globex");
  await page.getByLabel("Brand").press("Enter");
  await says(summary(page), "1 session in March 2026");
  await page.getByLabel("Brand").fill("a\u0000b");
  await page.getByLabel("Brand").press("Enter");
  await says(page.locator("#problem"), /control characters.*validation_error, request/s);
  await press(page, "Clear");
  await says(summary(page), MARCH);
  await page.getByLabel("cancelled").check();
  await says(summary(page), "1 session in March 2026");
  await press(page, "Clear");
  await says(summary(page), MARCH);
}

async function takesASeatAndGivesItUp(page, name) {
  await session(page, "Seats free").click();
  // The visit before this one gave up its seat here.
  await says(place(page), /You are not registered.|You gave up your place/);
  await press(page, "Register");
  await says(place(page), "You have a seat.");
  await says(page.getByRole("dialog"), "1 of 10 taken");
  await isForEverybody(page, `${name}-seat`);
  await press(page, "Cancel registration");
  await press(page, "Keep my seat");
  await press(page, "Cancel registration");
  await press(page, "Yes, give up my seat");
  await says(place(page), "You gave up your place on");
  await says(page.getByRole("dialog"), "0 of 10 taken");
  await press(page, "Close");
}

async function waitsInTheLine(page) {
  await session(page, "Full house").click();
  await press(page, "Register");
  await says(place(page), "You wait for a seat: place 2 in the line.");
  await press(page, "Look again");
  await says(place(page), "You wait for a seat: place 2 in the line.");
  await press(page, "Leave the line");
  await press(page, "Yes, give up my place");
  await says(place(page), "You gave up your place on");
  await press(page, "Close");
}

async function showsWhatIsRefused(page) {
  await session(page, "Called off").click();
  await says(place(page), "You were not registered.");
  assert.equal(await page.getByRole("button", { name: "Register" }).count(), 0);
  await press(page, "Close");
  const full = { error: "unavailable", message: "the service cannot answer right now", request_id: "the-id" };
  const refuse = (route) => route.fulfill({ status: 503, headers: { "retry-after": "7" }, json: full });
  await page.route("**/registrations", refuse);
  await session(page, "Seats free").click();
  await page.getByRole("button", { name: "Register" }).click();
  const problem = page.getByRole("dialog").getByRole("alert");
  await says(problem, /The service cannot answer right now. Try again in 7 s..*unavailable, request the-id/s);
  await press(page, "Close");
  await page.route("**/v1/live/sessions?*", refuse);
  await press(page, "Next month");
  await says(page.locator("#problem"), "The service cannot answer right now.");
  await page.unroute("**/v1/live/sessions?*", refuse);
  await press(page, "Try again");
  await says(summary(page), "1 session in April 2026");
  const endless = (route) => route.fulfill({ json: { sessions: [], next_cursor: "again" } });
  await page.route("**/v1/live/sessions?*", endless);
  await press(page, "Next month");
  await says(summary(page), "The first 0 sessions of May 2026: there are more, which narrower filters show.");
  await page.unroute("**/v1/live/sessions?*", endless);
  await press(page, "Today");
  await says(summary(page), MARCH);
  await press(page, "Forget token");
  await page.getByLabel("Token").waitFor();
  assert.equal(await page.locator(".session").count(), 0);
}

/** Presses Tab until the focus is on what is sought. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await page.evaluate((sought) => document.activeElement.matches(sought), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the Tab key does not lead to ${selector}`);
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent);

async function needsNoMouse(page) {
  await tabTo(page, "#token");
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await says(summary(page), MARCH);
  await tabTo(page, ".session");
  assert.match(await focused(page), /Bold/);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /Full house/);
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /Seats free/);
  await page.keyboard.press("Enter");
  await says(place(page), /You/);
  await tabTo(page, ".primary");
  await page.keyboard.press("Enter");
  await says(place(page), "You have a seat.");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await says(page.locator(":focus"), /Seats free, scheduled, you have a seat/);
  await page.keyboard.press("Enter");
  await tabTo(page, "#details .row button");
  await page.keyboard.press("Enter");
  await says(page.locator(":focus"), "Keep my seat");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await says(place(page), "You gave up your place on");
  await page.keyboard.press("Escape");
  await page.keyboard.press("PageDown");
  await says(summary(page), "1 session in April 2026");
}

for (const [viewport, colorScheme] of [[DESK, "light"], [DESK, "dark"], [PHONE, "light"], [PHONE, "dark"]]) {
  const name = `month-${viewport.width}-${colorScheme}`;
  await visit({ name, viewport, colorScheme, now: NOW }, async (page) => {
    await page.getByText("Ready").waitFor();
    await refusesABadToken(page, name);
    await showsTheMonth(page, name);
    await filters(page);
    await takesASeatAndGivesItUp(page, name);
    await waitsInTheLine(page);
    await showsWhatIsRefused(page);
  });
}
await visit({ name: "keyboard", now: NOW }, needsNoMouse);
await leave();
