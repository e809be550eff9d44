// Starts Swagger UI on the document of this service.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

window.SwaggerUIBundle({
  // Relative, as is the server that the document names: a proxy may show the service under a sub-path.
  url: "../openapi.json",
  dom_id: "#explorer",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  // Else a service of others would be sent the address of the document.
  validatorUrl: null,
});
