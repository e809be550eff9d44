// Starts Swagger UI on the document of this service.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

window.SwaggerUIBundle({
  // Relative, as is the server that the document names: a proxy may show the service under a sub-path.
  url: "../openapi.json",
  dom_id: "#explorer",
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { theme: "obsidian" },
  // Else a service of others would be sent the address of the document.
  validatorUrl: null,
});

// Swagger UI leaves things without a name that a screen reader could tell, or a way to them without a mouse.
const MENDED = [
  [":is(select, textarea):not([aria-label])", (field) => field.setAttribute("aria-label", nameOf(field))],
  [".close-modal:not([aria-label])", (button) => button.setAttribute("aria-label", "Close")],
  [".copy-to-clipboard button:not([aria-label])", (button) => button.setAttribute("aria-label", "Copy")],
  // Its label says something else than what stands on it.
  [".modal-btn.authorize[aria-label]", (button) => button.removeAttribute("aria-label")],
  // What scrolls.
  ["pre:not([tabindex])", (text) => text.setAttribute("tabindex", "0")],
];

function nameOf(field) {
  if (field.id === "servers") return "Server";
  const parameter = field.closest("tr[data-param-name]")?.dataset.paramName;
  return parameter ?? (field.matches("textarea") ? "Request body" : "Media type");
}

new MutationObserver(() => MENDED.forEach(([which, mend]) => document.querySelectorAll(which).forEach(mend))).observe(
  document.getElementById("explorer"),
  { childList: true, subtree: true },
);
