// The page: a token, a month, filters, and what the service says to them.

import { Refusal, ask, walk } from "./api.js";
import { byId, element, explanation } from "./elements.js";
import { ZONE, dateOf, later, nameOfMonth, written } from "./dates.js";
import * as calendar from "./calendar.js";
import * as details from "./details.js";

/** The token lives here and nowhere else: not in an address, not in any storage. */
let token = null;
let month = thisMonth();
let sessions = new Map();
let reading = new AbortController();

function thisMonth() {
  const { year, month } = dateOf(new Date());
  return { year, month };
}

/** What the filters ask for. All of a list's choices mean the same as none. */
function filters() {
  const asked = new FormData(byId("filters"));
  const names = ["brand_id", "host_id", "community_id", "category", "status", "kind", "upcoming"];
  return names.map((name) => [name, asked.getAll(name).join(",")]).filter(([, value]) => value !== "");
}

/** Reads the month and shows it. What was being read before is of no interest any more. */
async function load() {
  reading.abort();
  reading = new AbortController();
  byId("month-name").textContent = nameOfMonth(month);
  byId("previous").disabled = later(month, -1) === null;
  byId("next").disabled = later(month, 1) === null;
  byId("filter-count").textContent = filters().length > 0 ? `(${filters().length})` : "";
  byId("problem").replaceChildren();
  byId("summary").textContent = "Reading…";
  const query = [...filters(), ["month", written(month)], ["time_zone", ZONE]];
  try {
    const read = await walk(query, { token, signal: reading.signal });
    showMonth(read);
  } catch (fault) {
    if (fault.name === "AbortError") return;
    if (!(fault instanceof Refusal)) throw fault;
    refuse(fault);
  }
}

function showMonth({ sessions: read, isWhole }) {
  sessions = new Map(read.map((session) => [session.id, session]));
  byId("sign-in").hidden = true;
  byId("month").hidden = false;
  calendar.show(month, read, open);
  suggest("brands", "brand_id");
  suggest("hosts", "host_id");
  suggest("categories", "category");
  const count = `${read.length.toLocaleString("en")} ${read.length === 1 ? "session" : "sessions"}`;
  byId("summary").textContent = isWhole
    ? `${count} in ${nameOfMonth(month)}, in the time of ${ZONE}.`
    : `The first ${count} of ${nameOfMonth(month)}: there are more, which narrower filters show.`;
}

/** Offers what the month holds; what was offered before stays, as a filter hides the others. */
function suggest(id, member) {
  const list = byId(id);
  const known = [...list.children].map((option) => option.value);
  const met = [...sessions.values()].map((session) => session[member]).filter((value) => value !== null);
  list.replaceChildren(...[...new Set([...known, ...met])].sort().map((value) => element("option", { value })));
}

/** Shows why there is no month to show. Without a good token there is nothing else to do than to give one. */
function refuse(refusal) {
  byId("summary").textContent = "";
  const isSignedIn = !byId("month").hidden;
  if (refusal.status === 401 || !isSignedIn) {
    forget();
    byId("sign-in").querySelector(".problem").replaceChildren(...explanation(refusal));
    return;
  }
  calendar.show(month, [], open);
  byId("problem").replaceChildren(...explanation(refusal), element("button", { type: "button", click: load }, "Try again"));
  askHealth();
}

function forget() {
  reading.abort();
  token = null;
  sessions.clear();
  byId("month").hidden = true;
  byId("days").replaceChildren();
  ["brands", "hosts", "categories"].forEach((id) => byId(id).replaceChildren());
  byId("filters").reset();
  byId("sign-in").hidden = false;
  byId("sign-in").querySelector(".problem").replaceChildren();
  byId("token").focus();
}

function signIn(event) {
  event.preventDefault();
  token = byId("token").value.trim().replace(/^Bearer\s+/i, "");
  byId("token").value = "";
  byId("person").textContent = holder() ?? "";
  month = thisMonth();
  load();
}

/** Whose the token is, if it tells: for the eye alone, the service decides. */
function holder() {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(claims), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)).sub ?? null;
  } catch {
    return null;
  }
}

function open(id) {
  details.open(sessions.get(id), {
    token,
    changed: (session) => {
      sessions.set(id, session);
      calendar.update(session);
    },
    closed: calendar.focus,
  });
}

async function go(to) {
  if (to === null) return;
  month = to;
  await load();
}

/** Whether the service can answer, as it says itself. */
async function askHealth() {
  const pill = byId("health");
  try {
    await ask("readyz");
    pill.dataset.health = "good";
    pill.textContent = "Ready";
    pill.title = "The service can answer.";
  } catch (fault) {
    pill.dataset.health = "bad";
    pill.textContent = fault.status === 0 ? "Out of reach" : "Not ready";
    pill.title = fault.message;
  }
}

byId("sign-in").addEventListener("submit", signIn);
byId("forget").addEventListener("click", forget);
byId("previous").addEventListener("click", () => go(later(month, -1)));
byId("next").addEventListener("click", () => go(later(month, 1)));
byId("today").addEventListener("click", async () => {
  await go(thisMonth());
  calendar.showToday();
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("change", load);
byId("clear").addEventListener("click", () => {
  byId("filters").reset();
  load();
});
byId("month").addEventListener("keydown", (event) => {
  if (event.target.matches("input") || !["PageUp", "PageDown"].includes(event.key)) return;
  event.preventDefault();
  go(later(month, event.key === "PageUp" ? -1 : 1));
});
byId("filter-box").open = window.matchMedia("(min-width: 46rem)").matches;
calendar.listenToKeys();
byId("sign-in").hidden = false;
askHealth();
