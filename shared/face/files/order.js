/** An order, kept up to date while it travels. */

import { cancelOrder, getOrder, getPayment } from "./api.js";
import { addressText } from "./address.js";
import { totals } from "./basket.js";
import { confirmed, date, failed, fill, h, money, said, show, texts, title } from "./dom.js";
import { signedIn } from "./http.js";

const t = texts.order;
const asked = new URLSearchParams(location.search);
const id = asked.get("id") ?? "";
/** How often the order is read: at first, and at most. */
const SOON = 1_500;
const LATE = 30_000;
const OVER = ["delivered", "completed", "cancelled"];

let wait = SOON, timer, last = "";

async function load(note) {
  clearTimeout(timer);
  if (!signedIn()) {
    const next = new URLSearchParams({ next: location.pathname + location.search });
    return show(h("p", {}, t.none_hint), h("p", {}, h("a", { class: "button", href: `/sign-in?${next}` }, texts.sign_in.title)));
  }
  let order;
  try {
    ({ data: order } = await getOrder(id));
  } catch (problem) {
    if (problem.status === 404) { title(t.none); return show(h("p", {}, t.none_hint)); }
    if (problem.status === 401) return load();
    if (last) { again(); return undefined; }
    return failed(problem, () => load());
  }
  // Nothing is drawn again while nothing has changed, so that a focus stays where it is.
  const now = JSON.stringify(order);
  if (now !== last || note) {
    wait = SOON;
    last = now;
    title(fill(t.title, { number: order.number }));
    show(note, view(order));
  }
  if (!OVER.includes(order.status)) again();
  return undefined;
}

function again() {
  timer = setTimeout(() => (document.hidden ? again() : load()), wait);
  wait = Math.min(wait * 1.5, LATE);
}

function view(order) {
  const part = (fulfilment) => [
    fulfilment.tracking_number ? h("p", {}, fill(t.track, { number: fulfilment.tracking_number })) : null,
    fulfilment.estimated_delivery && !OVER.includes(fulfilment.status) ? h("p", {}, fill(t.estimate, { date: date(fulfilment.estimated_delivery) })) : null];
  const declined = order.status === "cancelled" && order.payment_status === "failed" && order.timeline.some(({ event }) => event === "payment_failed");
  return [
    asked.get("new") && !declined && order.status !== "cancelled" ? h("div", { class: "said good" }, h("strong", {}, t.thanks), h("p", {}, t.thanks_lead)) : null,
    declined ? h("div", { class: "said bad", role: "alert" }, t.declined) : null,
    order.payment?.next_action ? h("div", { class: "panel" }, h("p", {}, t.bank), h("button", { class: "button", onclick: () => confirm(order) }, t.bank_button)) : null,
    h("div", { class: "columns two" },
      h("div", {}, h("p", { class: "row" }, h("strong", { "data-status": order.status }, t.statuses[order.status] ?? order.status), h("span", { class: "note" }, fill(t.placed, { date: date(order.created_at) }))),
        h("h2", {}, t.timeline), h("ol", { class: "timeline" }, [...order.timeline].reverse().map(({ at, event }) => h("li", {}, h("strong", {}, t.events[event] ?? event), " ", h("span", { class: "note" }, date(at, true))))),
        order.fulfilments.map(part)),
      h("div", { class: "panel" }, h("h2", {}, t.lines), h("ul", {}, order.lines.map((line) => row(order, line))), totals(order),
        order.shipping_address ? [h("h3", {}, t.to), h("p", {}, addressText(order.shipping_address))] : null,
        ["pending", "paid", "processing"].includes(order.status) ? h("p", {}, h("button", { class: "quiet danger", onclick: cancel }, t.cancel)) : null))];
}

const row = (order, line) => h("li", { class: "line" },
  h("span", {}, `${line.quantity} × `, h("a", { href: `/p/${line.product_id}?variant=${line.variant_id}`, dir: "auto" }, [line.name, line.variant].filter(Boolean).join(", ")),
    ["delivered", "completed"].includes(order.status) ? [" ", h("a", { class: "note", href: `/p/${line.product_id}?review=${order.id}#reviews` }, t.review)] : null),
  h("span", { class: "amount" }, money(line.total)));

async function cancel() {
  if (!(await confirmed(t.cancel_sure, t.cancel))) return;
  try { await cancelOrder(id, {}); await load(said(t.cancelled, "good")); } catch (problem) { await load(said(problem.detail, "bad")); }
}

/** The bank's step: the payment provider's own code takes the secret. It is loaded only now. */
async function confirm() {
  try {
    const { data } = await getPayment(id);
    if (!data.next_action) return load();
    const { confirmPayment } = await import("./stripe.js");
    await confirmPayment(data.next_action);
    return load();
  } catch (problem) { return load(said(problem.detail ?? problem.message, "bad")); }
}

addEventListener("visibilitychange", () => { if (!document.hidden && last && !OVER.includes(JSON.parse(last).status)) load(); });
load();
