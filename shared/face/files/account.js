/** One's account: profile, password, addresses, sessions, deletion. */

import { changePassword, createAddress, deleteAddress, deleteMe, endSession, endSessions, getMe, listAddresses, listSessions, logout, resendVerification, setDefaultAddress, updateMe } from "./api.js";
import { addressFields, addressOf, addressText } from "./address.js";
import { confirmed, date, failed, field, fill, h, onsend, said, show, texts } from "./dom.js";
import { end, signedIn } from "./http.js";
import { countBasket } from "./shop.js";

const t = texts.account;

async function load(note) {
  if (!signedIn()) { location.replace("/sign-in"); return; }
  try {
    const [me, addresses, sessions] = await Promise.all([getMe(), listAddresses(), listSessions()]);
    show(note, h("div", { class: "columns even" }, h("div", {}, profile(me), password(me.data.email)), h("div", {}, addressBook(addresses.data), devices(sessions.data), leave(me.data.email))));
  } catch (problem) {
    if (problem.status === 401) { location.replace("/sign-in"); return; }
    failed(problem, () => load());
  }
}

const panel = (heading, ...content) => h("section", { class: "panel" }, h("h2", {}, heading), content);

/** A button that does something, then shows the page again. */
const act = (text, work, properties = {}) => h("button", { class: "quiet", type: "button", ...properties,
  onclick: async (event) => {
    event.target.disabled = true;
    try { await load(await work()); } catch (problem) { await load(said(problem.detail ?? texts.busy, "bad")); }
  } }, text);

function profile({ data: me, headers }) {
  const form = h("form", {}, field(t.name, "name", { value: me.name, autocomplete: "name", required: true, minlength: 2, maxlength: 100 }),
    h("p", { class: "row" }, h("span", { dir: "auto" }, me.email), h("span", { class: "note" }, me.email_verified ? t.verified : t.unverified)),
    me.email_verified ? null : h("p", {}, act(t.resend, async () => { await resendVerification(); return said(t.sent, "good"); })),
    me.pending_email ? h("p", { class: "hint" }, fill(t.pending, { email: me.pending_email })) : null,
    h("button", { class: "button" }, t.save));
  onsend(form, async ({ name }) => {
    await updateMe({ name }, { headers: { "if-match": headers.get("etag") ?? "*" } });
    await load(said(texts.saved, "good"));
  });
  return panel(t.profile, form, h("p", { class: "row" }, h("a", { href: "/orders" }, t.orders),
    act(t.sign_out, async () => { await logout(undefined); end(); countBasket([]); location.assign("/"); await new Promise(() => {}); })));
}

/** A password manager stores a new password under the address, which the form does not ask for. */
const owner = (email) => h("input", { type: "email", autocomplete: "username", value: email, hidden: true, readonly: true });

const secret = (label, name, autocomplete) => field(label, name, { type: "password", autocomplete, required: true, maxlength: 128 });

function password(email) {
  const form = h("form", {}, owner(email), secret(t.current, "current_password", "current-password"), secret(t.new, "new_password", "new-password"),
    h("p", { class: "note" }, texts.sign_in.password_hint), h("button", { class: "button" }, t.change));
  onsend(form, async (given) => {
    await changePassword(given);
    // All sessions end, this one, too.
    end();
    show(said(t.changed, "good"), h("p", {}, h("a", { class: "button", href: "/sign-in" }, texts.sign_in.title)));
  });
  return panel(t.password, form);
}

function addressBook(addresses) {
  const form = h("form", {}, addressFields(), h("button", { class: "button" }, texts.address.save));
  onsend(form, async (given) => { await createAddress(addressOf(given)); await load(said(texts.saved, "good")); });
  return panel(t.addresses, addresses.length ? h("ul", {}, addresses.map((address) => h("li", { class: "line" }, addressText(address),
    h("span", { class: "note" }, address.is_default_shipping ? texts.address.default_shipping : ""),
    h("span", { class: "row" }, address.is_default_shipping ? null : act(texts.address.default_shipping, () => setDefaultAddress(address.id, { type: "shipping" }).then(() => null)),
      act(texts.address.delete, () => deleteAddress(address.id).then(() => null), { class: "quiet danger" }))))) : h("p", { class: "note" }, texts.address.none),
  h("details", {}, h("summary", {}, texts.address.add), form));
}

const devices = (sessions) => panel(t.sessions, h("ul", {}, sessions.map((session) => h("li", { class: "line" },
  h("span", { dir: "auto" }, session.device, " ", h("span", { class: "note" }, session.is_current ? t.current_session : fill(t.last_used, { date: date(session.updated_at, true) }))),
  session.is_current ? h("span") : act(t.end, () => endSession(session.id).then(() => null))))),
h("p", {}, act(t.end_all, async () => { await endSessions(); end(); location.assign("/sign-in"); await new Promise(() => {}); })));

function leave(email) {
  const form = h("form", {}, owner(email), h("p", { class: "note" }, t.delete_sure), secret(texts.sign_in.password, "password", "current-password"), h("button", { class: "danger" }, t.delete));
  onsend(form, async ({ password: given }) => {
    if (!(await confirmed(t.delete_sure, t.delete))) return;
    await deleteMe({ password: given });
    end();
    countBasket([]);
    show(said(t.deleted, "good"));
  });
  return h("details", { class: "panel" }, h("summary", {}, t.delete), form);
}

load();
