// Months and days as the visitor's calendar has them.

/** The visitor's time zone, by its IANA name. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const LOCALE = "en-GB";
const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const MONTH = format({ month: "long", year: "numeric", timeZone: "UTC" });
const DAY = format({ weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
const WEEKDAY = format({ weekday: "short", timeZone: "UTC" });
const TIME = format({ hour: "2-digit", minute: "2-digit", timeZone: ZONE });
const MOMENT = format({ dateStyle: "full", timeStyle: "short", timeZone: ZONE });
const NUMBERS = format({ year: "numeric", month: "numeric", day: "numeric", timeZone: ZONE });

/** The first and the last month that the service knows. */
const FIRST = { year: 1970, month: 1 };
const LAST = { year: 9998, month: 12 };

const number = ({ year, month }) => year * 12 + month - 1;

/** The month that is so many months later; none outside of what the service knows. */
export function later(month, by) {
  const moved = number(month) + by;
  if (moved < number(FIRST) || moved > number(LAST)) return null;
  return { year: Math.floor(moved / 12), month: (moved % 12) + 1 };
}

/** The date of an instant, where the visitor is. */
export function dateOf(instant) {
  const parts = NUMBERS.formatToParts(instant).map(({ type, value }) => [type, Number(value)]);
  const { year, month, day } = Object.fromEntries(parts);
  return { year, month, day };
}

/** As the service writes a month. */
export const written = ({ year, month }) => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;

/** The days of a month, as instants in UTC that stand for them. */
export function daysOf({ year, month }) {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Array.from({ length: count }, (_, index) => new Date(Date.UTC(year, month - 1, index + 1)));
}

/**
 * The day of a session in the month that it was listed for. The service says which sessions a month holds: where it and the
 * browser know different rules of a time zone, one at the edge stays in the month.
 */
export function dayIn(month, session) {
  const date = dateOf(new Date(session.scheduled_at));
  const difference = number(date) - number(month);
  if (difference === 0) return date.day;
  return difference < 0 ? 1 : daysOf(month).length;
}

/** In which column, from 0 on, a day stands in a week that begins on Monday. */
export const column = (day) => (day.getUTCDay() + 6) % 7;

export const nameOfMonth = ({ year, month }) => MONTH.format(Date.UTC(year, month - 1, 1));
export const nameOfDay = (day) => DAY.format(day);
/** The names of the days of the week; the first of January 2024 was a Monday. */
export const WEEKDAYS = Array.from({ length: 7 }, (_, index) => WEEKDAY.format(Date.UTC(2024, 0, index + 1)));

export const timeOf = (text) => TIME.format(new Date(text));
export const momentOf = (text) => MOMENT.format(new Date(text));
/** When a session is, as one line. */
export function span({ scheduled_at: begin, duration_minutes: minutes }) {
  if (minutes === null) return momentOf(begin);
  return `${momentOf(begin)} – ${TIME.format(Date.parse(begin) + minutes * 60_000)}`;
}
