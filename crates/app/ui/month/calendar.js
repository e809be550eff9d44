// The month: a grid of days, or where it is narrow the days that have sessions, one below the other.

import { byId, element } from "./elements.js";
import { WEEKDAYS, column, dateOf, dayIn, daysOf, nameOfDay, timeOf } from "./dates.js";

/** How many sessions of a day are shown until the visitor asks for the others. */
const SHOWN_AT_FIRST = 4;

const STATUS = { scheduled: "scheduled", live: "live now", ended: "ended", cancelled: "cancelled" };

/** What a button of a session says: the time and the title to the eye, all of it to the ear. */
function label(session) {
  const place = session.is_registered ? ", you have a seat" : "";
  const time = element("span", { class: "time" }, timeOf(session.scheduled_at));
  return [
    element("span", { class: "words" }, time, " ", element("span", { class: "title" }, session.title)),
    element("span", { class: "visually-hidden" }, `, ${STATUS[session.status]}${place}`),
  ];
}

function button(session, open) {
  const attributes = { class: "session", type: "button", "data-id": session.id, tabindex: "-1", click: () => open(session.id) };
  const made = element("button", attributes);
  dress(made, session);
  return made;
}

function dress(made, session) {
  made.dataset.status = session.status;
  made.toggleAttribute("data-registered", session.is_registered);
  made.replaceChildren(...label(session));
}

function listed(sessions, open) {
  const items = sessions.map((session) => element("li", {}, button(session, open)));
  const hidden = items.slice(SHOWN_AT_FIRST);
  const list = element("ul", {}, ...items);
  // One more takes no more room than the button that would hide it.
  if (hidden.length < 2) return [list];
  hidden.forEach((item) => item.classList.add("beyond"));
  const more = element("button", { class: "more plain", type: "button" }, `${hidden.length} more`);
  more.addEventListener("click", () => {
    hidden.forEach((item) => item.classList.remove("beyond"));
    more.remove();
    hidden[0].firstChild.focus();
  });
  return [list, more];
}

/** Shows the sessions of a month; `open` is called with the id of one that the visitor wants to see. */
export function show(month, sessions, open) {
  byId("days").replaceChildren(...daysOf(month).map((day) => dayOf(month, day, sessions, open)));
  document.querySelector(".weekdays").replaceChildren(...WEEKDAYS.map((name) => element("span", {}, name)));
  const first = byId("days").querySelector("[data-today] .session") ?? byId("days").querySelector(".session");
  first?.setAttribute("tabindex", "0");
}

function dayOf(month, day, sessions, open) {
  const today = dateOf(new Date());
  const isToday = today.year === month.year && today.month === month.month && today.day === day.getUTCDate();
  const own = sessions.filter((session) => dayIn(month, session) === day.getUTCDate());
  const heading = element(
    "h3",
    {},
    element("span", { class: "number", "aria-hidden": "true" }, String(day.getUTCDate())),
    element("span", { class: "date" }, nameOfDay(day) + (isToday ? ", today" : "")),
  );
  const attributes = { "data-column": column(day), "data-today": isToday, "data-empty": own.length === 0 };
  return element("li", attributes, heading, ...(own.length > 0 ? listed(own, open) : []));
}

/** Shows a session that has changed where it stands. */
export function update(session) {
  const shown = buttonOf(session.id);
  if (shown) dress(shown, session);
}

/** Brings today into view, where it is shown. */
export function showToday() {
  byId("days").querySelector("[data-today]")?.scrollIntoView({ block: "center" });
}

/** Puts the focus on a session. */
export function focus(id) {
  buttonOf(id)?.focus();
}

const buttonOf = (id) => byId("days").querySelector(`[data-id="${CSS.escape(id)}"]`);

/** The sessions that can be seen, in order. */
const buttons = () => [...byId("days").querySelectorAll(".session")].filter((made) => made.offsetParent !== null);

/** From the session at `from` of all that are seen, where a key leads. */
function target(all, from, key) {
  const dayAt = (index) => all[index].closest("#days > li");
  const otherDay = (step) => {
    let index = from;
    while (all[index] && dayAt(index) === dayAt(from)) index += step;
    while (step < 0 && all[index - 1] && dayAt(index - 1) === dayAt(index)) index -= 1;
    return all[index];
  };
  switch (key) {
    case "ArrowRight": return all[from + 1];
    case "ArrowLeft": return all[from - 1];
    case "ArrowDown": return otherDay(1);
    case "ArrowUp": return otherDay(-1);
    case "Home": return all[0];
    case "End": return all.at(-1);
    default: return null;
  }
}

/** One stop for the Tab key, as a month may hold hundreds of sessions; from there on the arrow keys lead. */
export function listenToKeys() {
  byId("days").addEventListener("keydown", (event) => {
    const all = buttons();
    const from = all.indexOf(event.target);
    const next = from < 0 ? null : target(all, from, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  byId("days").addEventListener("focusin", ({ target: focused }) => {
    if (!focused.matches(".session")) return;
    byId("days").querySelectorAll('.session[tabindex="0"]').forEach((other) => (other.tabIndex = -1));
    focused.tabIndex = 0;
  });
}
