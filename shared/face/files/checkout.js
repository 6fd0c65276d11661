/** The checkout, on one page. The total never moves after "pay", and one attempt places one order. */

import { listAddresses, placeOrder, viewCart } from "./api.js";
import { addressFields, addressOf, addressText } from "./address.js";
import { totals } from "./basket.js";
import { $, failed, field, fill, h, money, onsend, refill, said, show, texts } from "./dom.js";
import { signedIn } from "./http.js";
import { countBasket } from "./shop.js";

const t = texts.checkout;
/** The key of the attempt, kept over reloads: a repeat of the same purchase gets the same order. */
const ATTEMPT = "checkout-attempt";

function keyOf(purchase) {
  const text = JSON.stringify(purchase);
  let held = null;
  try { held = JSON.parse(sessionStorage.getItem(ATTEMPT)); } catch { /* A new key is made. */ }
  if (held?.purchase !== text) held = { purchase: text, key: crypto.randomUUID() };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(held));
  return held.key;
}

async function load(note, given = {}) {
  if (!signedIn()) {
    return show(h("p", {}, t.sign_in), h("p", {}, h("a", { class: "button", href: "/sign-in?next=/checkout" }, texts.sign_in.title)));
  }
  try {
    const [{ data: cart }, { data: addresses }] = await Promise.all([viewCart(), listAddresses()]);
    countBasket(cart.items);
    if (!cart.items.length) return show(h("p", { class: "empty" }, texts.basket.empty), h("p", {}, h("a", { class: "button", href: "/search" }, texts.basket.browse)));
    if (!cart.total || cart.items.some((line) => line.short || line.unavailable)) {
      return show(said(texts.basket.fix, "bad"), h("p", {}, h("a", { class: "button", href: "/basket" }, t.edit)));
    }
    return show(note, checkout(cart, addresses, given));
  } catch (problem) {
    return problem.status === 401 ? load() : failed(problem, () => load());
  }
}

function checkout(cart, addresses, kept) {
  const fresh = h("fieldset", { "data-new": true, hidden: addresses.length > 0, disabled: addresses.length > 0 }, h("legend", { class: "hidden" }, t.new_address), addressFields());
  const picks = (value) => { fresh.hidden = value !== ""; fresh.disabled = value !== ""; };
  const radio = (value, checked, ...label) => h("label", {}, h("input", { type: "radio", name: "address", value, checked, onchange: () => picks(value) }), h("span", {}, label));
  const first = addresses.find((address) => address.is_default_shipping) ?? addresses[0];
  const where = h("fieldset", { class: "choices" }, h("legend", {}, t.address),
    addresses.map((address) => radio(address.id, address === first, addressText(address))),
    addresses.length ? radio("", false, t.new_address) : null);
  const isSandbox = $("[data-page]").dataset.provider === "sandbox";
  const cards = t.cards.map(({ method, text }, place) =>
    h("label", {}, h("input", { type: "radio", name: "method", value: method, checked: place === 0 }), text));
  const how = h("fieldset", { class: "choices" }, h("legend", {}, t.payment),
    isSandbox ? [h("p", { class: "hint" }, t.sandbox), cards] : [field(t.stripe, "method", { required: true, maxlength: 100, placeholder: "pm_card_visa" }), h("p", { class: "note" }, t.stripe_hint)]);
  const form = h("form", { class: "columns two" }, h("div", {}, where, fresh, how),
    h("div", { class: "panel sticky" }, h("h2", {}, t.review), h("ul", {}, cart.items.map((line) => h("li", { class: "line" },
      h("span", { dir: "auto" }, `${line.quantity} × ${[line.name, line.variant].filter(Boolean).join(", ")}`),
      h("span", { class: "amount" }, money({ ...line.price, amount: line.price.amount * line.quantity }))))),
    totals(cart), h("p", {}, h("button", { class: "button", type: "submit" }, fill(t.pay, { total: money(cart.total) }))),
    h("p", { class: "note" }, t.no_charge), h("p", {}, h("a", { href: "/basket" }, t.edit))));
  refill(form, kept);
  if ("address" in kept) picks(kept.address);
  return onsend(form, async (given) => {
    const to = given.address ? { shipping_address_id: given.address } : { shipping_address: addressOf(given) };
    const purchase = { ...to, payment_method: given.method ?? "", expected_total: cart.total };
    try {
      const { data: order } = await placeOrder(purchase, { headers: { "idempotency-key": keyOf({ ...purchase, cart: cart.version }) } });
      sessionStorage.removeItem(ATTEMPT);
      countBasket([]);
      location.assign(`/order?id=${order.id}&new=1`);
      // The button stays off until the next page is there.
      await new Promise(() => {});
    } catch (problem) {
      if (["CART_CHANGED", "OUT_OF_STOCK", "NO_LONGER_SOLD", "CART_EMPTY"].includes(problem.code)) {
        sessionStorage.removeItem(ATTEMPT);
        await load(said(problem.code === "CART_CHANGED" ? t.changed : problem.errors[0]?.message ?? problem.detail, "bad"), { address: "", ...given });
        $(".said")?.scrollIntoView({ block: "center" });
        return;
      }
      // Signed out in another tab.
      if (problem.status === 401) { await load(); return; }
      throw problem;
    }
  }, "shipping_address.");
}

load();
