// Opens a page as a visitor does, and sees to what must hold on every page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { ADDRESS, CHROMIUM, PICTURES, TOKEN } = process.env;
export { TOKEN };

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
/** How long a browser may take for one thing, on a machine that is busy with all the other tests. */
const PATIENCE = 60_000;
/** The size of a window on a desk, and of a phone. */
export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  timeout: PATIENCE,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

/** Opens a page for a visitor in New York, and closes it when the work is done. Nothing may fail, or leave the service. */
export async function visit({ name, path = "/", address = ADDRESS, viewport = DESK, colorScheme = "light", now = null }, work) {
  console.log(`${name}, ${viewport.width} wide, ${colorScheme}`);
  const context = await browser.newContext({ viewport, colorScheme, timezoneId: "America/New_York", locale: "en-US" });
  const page = await context.newPage();
  const faults = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (fault) => faults.push(String(fault)));
  // What a browser says of a status is no fault of the page: it shows it in its own words.
  page.on("console", (message) => {
    const isFault = message.type() === "error" && !message.text().startsWith("Failed to load resource");
    if (isFault) faults.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(address).origin) faults.push(`asked ${request.url()}`);
  });
  if (now) await page.clock.setFixedTime(now);
  await page.goto(new URL(path.slice(1), `${address}/`).href);
  await work(page);
  const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(kept, [0, 0, ""], "nothing is kept");
  assert.ok(!page.url().includes(TOKEN), "no token in an address");
  assert.deepEqual(faults, []);
  await context.close();
}

/** Nothing on the page keeps anybody from using it, as far as axe can tell; nor is anything out of sight to the side. */
export async function isForEverybody(page, name) {
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
  // By the debugger: the page's own policy lets nobody put a script into it.
  const { violations } = await page.evaluate(`${AXE}; axe.run()`);
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
  assert.deepEqual(told, [], name);
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= window, `${name} is ${wide} wide in ${window}`);
}

/** Ends the visit; without it the process would go on with its browser. */
export const leave = () => browser.close();
