/** The page of a product: into the basket, and its reviews. */

import { addToCart, createReview, listReviews } from "./api.js";
import { $, date, field, fill, h, onsend, said, stars, texts } from "./dom.js";
import { signedIn } from "./http.js";
import { countBasket } from "./shop.js";

const article = $("[data-product]");
const product = article.dataset.product;

function buy() {
  const form = $("[data-add]");
  if (!form) return;
  const { variant, name } = form.dataset;
  onsend(form, async ({ quantity }) => {
    const { data } = await addToCart({ variant_id: variant, quantity: Number(quantity) });
    countBasket(data.items);
    $("[data-said]").replaceChildren(
      h("span", { class: "said good" }, fill(texts.product.added, { name }), " ", h("a", { href: "/basket" }, texts.product.view_basket)));
  });
}

const shown = ({ author, rating, comment, created_at }) => h("li", { class: "review" },
  h("p", { class: "row" }, stars(rating), h("strong", { dir: "auto" }, author ?? ""), h("span", { class: "note" }, date(created_at))),
  comment ? h("p", { dir: "auto" }, comment) : null);

async function reviews() {
  const place = $("[data-reviews]");
  const list = h("ul", {});
  place.append(list, h("div", { "data-write": true }));
  let cursor = null;
  const more = async () => {
    const { data, meta } = await listReviews(product, { limit: 10, cursor }, { anonymous: true });
    list.append(...data.map(shown));
    cursor = meta.pagination.next_cursor;
    $("[data-more]", place)?.remove();
    if (cursor) list.after(h("button", { "data-more": true, onclick: () => more().catch(() => list.after(said(texts.busy, "bad"))) }, texts.product.more_reviews));
  };
  try {
    if (place.dataset.reviews !== "0") await more();
    await write($("[data-write]", place), list);
  } catch (problem) {
    list.after(said(problem.detail ?? texts.busy, "bad"));
  }
}

/** A form for those who come from an order with the product: `?review=ord_…`. */
async function write(place, list) {
  const order = new URLSearchParams(location.search).get("review");
  if (!order) return;
  if (!signedIn()) {
    const next = new URLSearchParams({ next: location.pathname + location.search });
    place.append(h("p", {}, h("a", { href: `/sign-in?${next}` }, texts.product.sign_in_to_review)));
    return;
  }
  const rating = h("select", { name: "rating", required: true }, [5, 4, 3, 2, 1].map((count) => h("option", { value: count }, texts.product.stars[count - 1])));
  const form = h("form", { class: "panel narrow", "data-review": true }, h("h3", {}, texts.product.write),
    field(texts.product.your_stars, "rating", {}, rating),
    field(texts.product.comment, "comment", { rows: 4, maxlength: 2000 }),
    h("button", { class: "button" }, texts.product.send));
  onsend(form, async ({ comment, rating: count }) => {
    const { data } = await createReview(product, { order_id: order, rating: Number(count), comment });
    list.prepend(shown(data));
    place.replaceChildren(said(texts.product.thanks, "good"));
  });
  place.append(form);
}

buy();
reviews();
