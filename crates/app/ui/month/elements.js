// Builds what is shown. Text stays text: nothing that the service answers is ever read as HTML.

/** An element with these attributes and children; what is null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(attribute, value);
    else if (value === true) made.setAttribute(attribute, "");
    else if (value !== null && value !== false) made.setAttribute(attribute, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

/** What the service refused, for people: each fault that it names, and the id to ask its operator about. */
export function explanation(refusal) {
  const faults = refusal.details.map(({ message }) => message).filter((message) => message !== refusal.message);
  return [
    element("p", {}, refusal.message),
    faults.length > 0 ? element("ul", {}, ...faults.map((fault) => element("li", {}, fault))) : null,
    refusal.requestId ? element("p", { class: "fine" }, `${refusal.code}, request ${refusal.requestId}`) : null,
  ].filter((part) => part !== null);
}
