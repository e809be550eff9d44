// The explorer, from opening it to seeing sessions; the same behind a proxy that shows the service under a sub-path.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { DESK, PHONE, TOKEN, isForEverybody, leave, visit } from "./browser.mjs";

const LIST = "#operations-sessions-listLiveSessions";

async function listsSessions(page, name) {
  await page.getByLabel("Server", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".modal-ux");
  await dialog.getByLabel("Value").fill(TOKEN);
  await isForEverybody(page, `${name}-token`);
  await dialog.getByRole("button", { name: "Authorize" }).click();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.locator(`${LIST} .opblock-summary-control`).click();
  // What stands in the fields to begin with asks for what is coming up; these sessions are of a month long past.
  await page.locator(`${LIST} tr[data-param-name="upcoming"] input`).fill("false");
  await page.locator(`${LIST} tr[data-param-name="brand_id"] input`).fill("globex");
  await page.locator(`${LIST} .btn.execute`).click();
  const answer = page.locator(`${LIST} .live-responses-table`);
  await answer.locator(".response .response-col_status", { hasText: "200" }).waitFor();
  assert.match(await answer.locator(".response .response-col_description").innerText(), /"title": "<b>Bold<\/b>"/);
  await isForEverybody(page, `${name}-answer`);
}

for (const [viewport, colorScheme] of [[DESK, "light"], [DESK, "dark"], [PHONE, "light"]]) {
  const name = `explorer-${viewport.width}-${colorScheme}`;
  await visit({ name, path: "/docs", viewport, colorScheme }, async (page) => {
    await page.getByRole("button", { name: "Authorize" }).waitFor();
    await isForEverybody(page, name);
    await listsSessions(page, name);
  });
}

const service = new URL(process.env.ADDRESS);
const proxy = createServer((asked, answer) => {
  if (!asked.url.startsWith("/a/path/")) return answer.writeHead(404).end();
  const { method, headers } = asked;
  const on = request({ host: service.hostname, port: service.port, method, headers, path: asked.url.slice("/a/path".length) });
  on.on("response", (got) => got.pipe(answer.writeHead(got.statusCode, got.headers)));
  asked.pipe(on);
});
await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${proxy.address().port}/a/path`;
await visit({ name: "explorer-proxy", path: "/docs", address }, (page) => listsSessions(page, "explorer-proxy"));
await visit({ name: "month-proxy", address }, async (page) => {
  await page.getByText("Ready").waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Show sessions" }).click();
  await page.getByRole("status").filter({ hasText: "sessions in" }).waitFor();
  await page.getByRole("link", { name: "API explorer" }).click();
  await page.getByRole("button", { name: "Authorize" }).waitFor();
});
proxy.close();
await leave();
