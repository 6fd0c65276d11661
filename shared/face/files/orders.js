/** The list of one's orders. */

import { listOrders } from "./api.js";
import { date, failed, fill, h, money, said, show, texts } from "./dom.js";
import { signedIn } from "./http.js";

const t = texts.orders;
const list = h("ul", {});

async function load(cursor) {
  if (!signedIn()) return show(h("p", {}, h("a", { class: "button", href: "/sign-in?next=/orders" }, texts.sign_in.title)));
  try {
    const { data, meta } = await listOrders({ limit: 20, cursor });
    list.append(...data.map((order) => h("li", { class: "line" },
      h("span", {}, h("a", { href: `/order?id=${order.id}` }, order.number), " ", h("span", { class: "note" }, date(order.created_at))),
      h("span", { class: "amount" }, money(order.total)),
      h("span", { class: "row note" }, texts.order.statuses[order.status] ?? order.status, " · ", order.line_count === 1 ? t.items_one : fill(t.items, { count: order.line_count })))));
    const next = meta.pagination.next_cursor;
    return show(list.children.length ? list : h("p", { class: "empty" }, t.empty),
      next ? h("p", {}, h("button", { onclick: () => load(next) }, t.more)) : null);
  } catch (problem) {
    if (problem.status === 401) return load();
    return list.children.length ? show(list, said(problem.detail, "bad")) : failed(problem, () => load(cursor));
  }
}

load();
