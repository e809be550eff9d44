// Asks the service. Its address is where this file comes from, whatever path a proxy shows it under.

const ROOT = new URL("..", import.meta.url);
const PAGE_SIZE = 100;
/** How many pages of a month are read: a bound on what a browser is made to hold. */
const PAGES_AT_MOST = 20;

/** An answer that is no success, or none at all. */
export class Refusal extends Error {
  constructor(status, body, retryAfter = null) {
    const again = retryAfter ? ` Try again in ${retryAfter} s.` : "";
    super(sentence(body.message) + again);
    this.status = status;
    this.code = body.error ?? "no answer";
    this.details = (body.details ?? []).map((detail) => ({ ...detail, message: sentence(detail.message) + again }));
    this.requestId = body.request_id ?? null;
  }
}

function sentence(message) {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Sends a request, and returns the JSON that comes back. */
export async function ask(path, { method = "GET", token = null, signal = null } = {}) {
  let response, text;
  try {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    response = await fetch(new URL(path, ROOT), { method, headers, signal, credentials: "omit" });
    text = await response.text();
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refusal(0, { message: "The service cannot be reached: see that it runs, and try again" });
  }
  const body = read(text);
  if (response.ok && body !== null) return body;
  const strange = { message: `Something between here and the service answered with status ${response.status}` };
  throw new Refusal(response.status, body?.message ? body : strange, response.headers.get("retry-after"));
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Every session that the query matches, page after page; `isWhole` unless there were more than are read. */
export async function walk(query, { token, signal }) {
  const sessions = [];
  let cursor = null;
  for (let page = 0; page < PAGES_AT_MOST; page += 1) {
    const asked = new URLSearchParams([...query, ["limit", PAGE_SIZE], ...(cursor ? [["cursor", cursor]] : [])]);
    const answer = await ask(`v1/live/sessions?${asked}`, { token, signal });
    sessions.push(...answer.sessions);
    cursor = answer.next_cursor;
    if (cursor === null) return { sessions, isWhole: true };
  }
  return { sessions, isWhole: false };
}
