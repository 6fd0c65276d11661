/** Sign in, and create an account. The basket comes along. */

import { login, register, viewCart } from "./api.js";
import { field, h, onsend, show, texts, title } from "./dom.js";
import { begin } from "./http.js";
import { countBasket } from "./shop.js";

const t = texts.sign_in;

/** Where to go afterwards: a path of this shop. */
function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/account";
  const url = URL.canParse(asked, location.origin) ? new URL(asked, location.origin) : null;
  return url?.origin === location.origin ? url.pathname + url.search : "/account";
}

async function done(answer) {
  begin(answer.data);
  try { countBasket((await viewCart()).data.items); } catch { /* The basket's own page shows it. */ }
  location.assign(next());
  await new Promise(() => {});
}

function form(registers) {
  title(registers ? t.register_title : t.title);
  const switched = h("p", {}, h("button", { class: "quiet", type: "button", onclick: () => form(!registers) }, registers ? t.have_account : t.no_account));
  const fields = h("form", { class: "narrow" },
    registers ? field(t.name, "name", { autocomplete: "name", required: true, minlength: 2, maxlength: 100 }) : null,
    field(t.email, "email", { type: "email", autocomplete: registers ? "email" : "username", required: true, maxlength: 254 }),
    field(t.password, "password", { type: "password", autocomplete: registers ? "new-password" : "current-password", required: true, maxlength: 128 }),
    registers ? h("p", { class: "note" }, t.password_hint) : null,
    h("p", {}, h("button", { class: "button" }, registers ? t.register : t.sign_in)),
    registers ? null : h("p", {}, h("a", { href: "/forgot-password" }, t.forgot)), switched);
  onsend(fields, async (given) => {
    const body = { ...given, token_delivery: "cookie" };
    await done(registers ? await register(body, { anonymous: true }) : await login(body, { anonymous: true }));
  });
  show(fields);
}

form(new URLSearchParams(location.search).has("register"));
