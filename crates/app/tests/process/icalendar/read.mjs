// Reads an iCalendar object from standard input and writes what it holds as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

ICAL.design.strict = true;
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const properties = (component) =>
  Object.fromEntries(component.getAllProperties().map((property) => [property.name, `${property.getFirstValue()}`]));

const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  const { uid, summary, sequence, startDate, endDate } = event;
  return { uid, summary, sequence, start: `${startDate}`, end: `${endDate}`, ...properties(component) };
});
console.log(JSON.stringify({ calendar: properties(calendar), events }));
