// One session, and the visitor's place in it.

import { Refusal, ask } from "./api.js";
import { byId, element, explanation } from "./elements.js";
import { momentOf, span, timeOf } from "./dates.js";

const KIND = { live: "Stream", office_hours: "Office hours" };
const STATUS = { scheduled: "Scheduled", live: "Live now", ended: "Ended", cancelled: "Cancelled" };

const dialog = () => byId("details");

/**
 * Shows a session. `changed` is called with it whenever it is read again, and `closed` with its id when the visitor is done.
 */
export function open(session, { token, changed, closed }) {
  const view = new View(session, token, changed);
  dialog().onclose = () => {
    view.end();
    closed(session.id);
  };
  dialog().showModal();
  view.readPlace();
}

class View {
  #reading = new AbortController();

  constructor(session, token, changed) {
    Object.assign(this, { token, changed });
    this.path = `v1/sessions/${session.id}`;
    this.facts = element("div", { class: "facts" });
    this.place = element("p", { id: "place", role: "status", tabindex: "-1" }, "Looking for your place…");
    this.steps = element("div", { class: "row" });
    this.problem = element("div", { class: "problem", role: "alert" });
    const close = element("button", { class: "close", "aria-label": "Close", click: () => dialog().close() }, "✕");
    const own = element("section", { "aria-label": "Your place" }, this.place, this.steps, this.problem);
    dialog().replaceChildren(close, this.facts, own);
    this.describe(session);
  }

  end() {
    this.#reading.abort();
  }

  describe(session) {
    this.session = session;
    const { status, kind, title, max_participants: seats, registered_count: taken } = session;
    const meter = element("meter", { "aria-label": "Seats taken", min: 0, max: seats, value: taken }, `${taken} of ${seats}`);
    meter.style.setProperty("--taken", `${(100 * taken) / seats}%`);
    this.facts.replaceChildren(
      element("p", { class: "line" }, element("span", { class: "pill", "data-status": status }, STATUS[status]), ` ${KIND[kind]}`),
      element("h2", { id: "details-title" }, title),
      element("dl", {}, ...facts(session)),
      meter,
    );
  }

  ask(path, options = {}) {
    return ask(path, { token: this.token, ...options });
  }

  /** Does something with the service; what it refuses is shown. */
  async attempt(work) {
    this.problem.replaceChildren();
    this.steps.querySelectorAll("button").forEach((button) => (button.disabled = true));
    try {
      await work();
    } catch (fault) {
      if (fault.name === "AbortError") return;
      if (!(fault instanceof Refusal)) throw fault;
      this.problem.replaceChildren(...explanation(fault));
      this.steps.querySelectorAll("button").forEach((button) => (button.disabled = false));
    }
  }

  readPlace() {
    return this.attempt(async () => {
      try {
        this.showPlace(await this.ask(`${this.path}/registrations/me`, { signal: this.#reading.signal }));
      } catch (fault) {
        // Who never registered has none; whether the session is there was seen when it was listed.
        if (!(fault instanceof Refusal) || fault.status !== 404) {
          this.place.textContent = "Your place is not known.";
          this.steps.replaceChildren(button("Look again", () => this.readPlace()));
          throw fault;
        }
        this.showPlace(null);
      }
    });
  }

  /**
   * Registers or cancels, and shows what has become of it: to the ear as well, to which the button is gone. It comes to its end
   * when the visitor goes on meanwhile, for the month to show it.
   */
  change(path, method) {
    return this.attempt(async () => {
      this.showPlace(await this.ask(path, { method }));
      this.place.focus();
      const session = await this.ask(this.path);
      this.describe(session);
      this.changed(session);
    });
  }

  showPlace(registration) {
    const status = registration?.status ?? "none";
    const isOpen = ["scheduled", "live"].includes(this.session.status);
    this.place.textContent = sentence(registration, isOpen);
    this.place.dataset.place = status;
    this.steps.replaceChildren(...this.stepsFrom(status, isOpen));
  }

  stepsFrom(status, isOpen) {
    if (status === "registered") return [this.cancelling("Cancel registration", "Yes, give up my seat", "Keep my seat")];
    if (status === "waitlist") {
      const look = button("Look again", () => this.readPlace());
      return [this.cancelling("Leave the line", "Yes, give up my place", "Keep my place"), look];
    }
    return isOpen ? [button("Register", () => this.change(`${this.path}/registrations`, "POST"), "primary")] : [];
  }

  /** A place that is given up may be gone for good: it is asked once more. */
  cancelling(name, yes, no) {
    return button(name, () => {
      const cancel = button(yes, () => this.change(`${this.path}/registrations/me`, "DELETE"), "danger");
      const keep = button(no, () => {
        this.steps.replaceChildren(this.cancelling(name, yes, no));
        this.steps.firstChild.focus();
      });
      this.steps.replaceChildren(cancel, keep);
      keep.focus();
    });
  }
}

const button = (name, click, kind = "") => element("button", { type: "button", class: kind, click }, name);

function sentence(registration, isOpen) {
  switch (registration?.status) {
    case "registered": return "You have a seat.";
    case "waitlist": return `You wait for a seat: place ${registration.position} in the line.`;
    case "cancelled": return `You gave up your place on ${momentOf(registration.cancelled_at)}.`;
    default: return isOpen ? "You are not registered." : "You were not registered.";
  }
}

function facts(session) {
  const { metadata, recording_url: recording, max_participants: seats, registered_count: taken } = session;
  const began = session.started_at && `${timeOf(session.started_at)}${session.ended_at ? ` – ${timeOf(session.ended_at)}` : ""}`;
  const rows = [
    ["When", span(session)],
    ["On the air", began],
    ["Host", session.host_id],
    ["Brand", session.brand_id],
    ["Category", session.category],
    ["Recording", recording && element("a", { href: recording, rel: "noopener noreferrer", target: "_blank" }, "Watch it")],
    ["More", Object.keys(metadata).length > 0 ? element("pre", {}, JSON.stringify(metadata, null, 2)) : null],
    ["Seats", `${taken} of ${seats} taken`],
  ];
  return rows.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
}
