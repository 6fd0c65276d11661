/** The pages to which mails lead: confirm an address, choose a new password; and the request for that mail. */

import { forgotPassword, resetPassword, verifyEmail } from "./api.js";
import { $, field, h, onsend, said, show, texts } from "./dom.js";

const t = texts.links;
const token = new URLSearchParams(location.search).get("token");

const toSignIn = () => h("p", {}, h("a", { class: "button", href: "/sign-in" }, texts.sign_in.title));

/** A link that is no longer valid is said in its own words. */
const badLink = (problem) => {
  if (problem.status >= 400 && problem.status < 500 && problem.errors.every(({ field: path }) => !path || path === "token")) {
    problem.detail = t.bad_link;
    problem.errors = [];
  }
  throw problem;
};

const pages = {
  "verify-email": () => onsend(h("form", { class: "narrow" }, h("p", {}, h("button", { class: "button" }, t.verify))), async () => {
    await verifyEmail({ token }, { anonymous: true }).catch(badLink);
    show(said(t.verified, "good"), h("p", {}, h("a", { class: "button", href: "/" }, texts.problem.home)));
  }),
  "reset-password": () => onsend(h("form", { class: "narrow" },
    field(texts.account.new, "new_password", { type: "password", autocomplete: "new-password", required: true, maxlength: 128 }),
    h("p", { class: "note" }, texts.sign_in.password_hint), h("button", { class: "button" }, t.reset)), async ({ new_password }) => {
    await resetPassword({ token, new_password }, { anonymous: true }).catch(badLink);
    show(said(t.reset_done, "good"), toSignIn());
  }),
  "forgot-password": () => onsend(h("form", { class: "narrow" }, h("p", {}, t.forgot_lead),
    field(texts.sign_in.email, "email", { type: "email", autocomplete: "username", required: true, maxlength: 254 }),
    h("button", { class: "button" }, t.forgot)), async ({ email }) => {
    await forgotPassword({ email }, { anonymous: true });
    show(said(t.forgot_done, "good"));
  }),
};

const page = $("[data-page]").dataset.page;
// The token leaves the address bar, so that no other page sees it.
if (token) history.replaceState(null, "", location.pathname);
if (page !== "forgot-password" && !token) show(said(t.no_token, "bad"));
else show(pages[page]());
