// The page of the contract: Swagger UI, with the token of a login that is tried on the page.

const dark = matchMedia('(prefers-color-scheme: dark)');
const shade = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', shade);
shade();

const state = document.querySelector('[data-state]');
const path = (answer) => new URL(answer.url, location.href).pathname;

// A login, a registration and a refresh answer with an access token; a logout ends it.
function hear(answer) {
  const at = path(answer);
  if (answer.ok && /\/auth\/(login|register|refresh)$/.test(at)) {
    const { access_token: token, user } = answer.obj?.data ?? {};
    if (token) {
      ui.preauthorizeApiKey('bearer', token);
      if (user) state.textContent = state.dataset.in.replace('{email}', user.email);
    }
  }
  if (answer.ok && /\/auth\/(logout|sessions|password\/reset)$|\/users\/me(\/password)?$/.test(at) && answer.status === 204) {
    ui.authActions.logout(['bearer']);
    state.textContent = state.dataset.out;
  }
  return answer;
}

const ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  // Otherwise it would send the contract to another host.
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  filter: true,
  responseInterceptor: hear,
});
