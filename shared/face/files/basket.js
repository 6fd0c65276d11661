/** The basket. What is short, gone or dearer is said beside its line. */

import { clearCart, addToCart, removeFromCart, setQuantity, viewCart } from "./api.js";
import { confirmed, failed, fill, h, money, said, show, texts } from "./dom.js";
import { countBasket } from "./shop.js";

const t = texts.basket;
let busy = Promise.resolve();

/** Changes are sent one after another, so that the last one that was made counts. */
function change(work, note) {
  busy = busy.then(async () => {
    try { await work(); await load(note); } catch (problem) { await load(said(problem.errors?.[0]?.message ?? problem.detail ?? texts.busy, "bad")); }
  });
  return busy;
}

async function load(note) {
  try {
    const { data } = await viewCart();
    countBasket(data.items);
    show(note, data.items.length ? basket(data) : empty());
  } catch (problem) { failed(problem, () => load()); }
}

const empty = () => [h("p", { class: "empty" }, t.empty), h("p", {}, h("a", { class: "button", href: "/search" }, t.browse))];

function basket(cart) {
  const wrong = cart.items.some((line) => line.short || line.unavailable);
  return h("div", { class: "columns two" },
    h("div", {}, h("ul", {}, cart.items.map(row)),
      h("p", {}, h("button", { class: "quiet", onclick: async () => { if (await confirmed(t.clear + "?", t.clear)) change(() => clearCart()); } }, t.clear))),
    h("div", { class: "panel sticky" }, cart.total ? totals(cart) : null,
      wrong ? said(t.fix, "bad") : h("p", {}, h("a", { class: "button", href: "/checkout" }, t.checkout))));
}

/** The totals of a basket or an order. */
export function totals({ subtotal, discount, tax, shipping, total }) {
  const entry = (label, amount, properties = {}) => [h("dt", properties, label), h("dd", properties, amount)];
  return h("dl", { class: "totals" }, entry(t.subtotal, money(subtotal)),
    discount?.amount ? entry(texts.basket.discount, money({ ...discount, amount: -discount.amount })) : null,
    entry(t.shipping, shipping.amount ? money(shipping) : t.free), entry(t.tax, money(tax)), entry(t.total, money(total), { class: "sum" }));
}

function row(line) {
  const name = [line.name ?? "", line.variant].filter(Boolean).join(", ");
  const input = h("input", { type: "number", inputmode: "numeric", min: 1, max: 99, value: line.quantity, "aria-label": fill(t.quantity, { name }), "data-key": `quantity-${line.variant_id}`,
    onchange: () => { const quantity = Math.min(99, Math.max(1, Math.round(Number(input.value)) || 1)); change(() => setQuantity(line.variant_id, { quantity })); } });
  const remove = () => change(() => removeFromCart(line.variant_id), line.unavailable ? said(fill(t.removed, { name })) : h("p", { class: "said", role: "status" },
    fill(t.removed, { name }), " ", h("button", { class: "quiet", onclick: () => change(() => addToCart({ variant_id: line.variant_id, quantity: line.quantity })) }, t.undo)));
  return h("li", { class: "line", "data-line": line.variant_id },
    h("span", {}, h("a", { href: `/p/${line.product_id}?variant=${line.variant_id}`, dir: "auto" }, name)),
    h("span", { class: "amount" }, line.price ? money({ ...line.price, amount: line.price.amount * line.quantity }) : ""),
    line.unavailable ? h("span", { class: "fault" }, t.gone) : null,
    line.short ? h("span", { class: "fault" }, t.short) : null,
    line.price_changed && line.price ? h("span", { class: "fault" }, fill(t.changed, { price: money(line.price) })) : null,
    h("span", { class: "row" }, line.unavailable ? null : input, line.price ? h("span", { class: "note" }, fill(t.each, { price: money(line.price) })) : null,
      h("button", { class: "quiet", "data-key": `remove-${line.variant_id}`, onclick: remove, "aria-label": `${t.remove}: ${name}` }, t.remove)));
}

if (document.querySelector("[data-page=basket]")) load();
