/** What every page does: the name and the basket's count at the top, departments, suggestions. */

import { listCategories, suggestProducts } from "./api.js";
import { $, fill, h, texts } from "./dom.js";
import { signedIn } from "./http.js";

const COUNT = "basket-count";
const DEPARTMENTS = "departments";
/** Departments are read again after this time. */
const DEPARTMENTS_LIVE = 300_000;
/** How long a pause of typing is. */
const PAUSE = 150;

/** Shows how many units are in the basket. Each answer about the cart calls this. */
export function countBasket(items) {
  localStorage.setItem(COUNT, items.reduce((sum, item) => sum + item.quantity, 0));
  top();
}

function top() {
  const count = Number(localStorage.getItem(COUNT)) || 0;
  const badge = $("[data-count]");
  badge.textContent = count;
  badge.hidden = count === 0;
  $("[data-basket]").setAttribute("aria-label", count ? fill(texts.nav.basket_count, { count }) : texts.nav.basket);
  const person = signedIn();
  const account = $("[data-account]");
  account.textContent = person ? texts.nav.account : texts.nav.sign_in;
  account.href = person ? "/account" : "/sign-in";
}

async function departments() {
  const place = $("[data-departments]");
  let held = null;
  try { held = JSON.parse(sessionStorage.getItem(DEPARTMENTS)); } catch { /* It is read again. */ }
  if (!held || Date.now() - held.at > DEPARTMENTS_LIVE) {
    try {
      const { data } = await listCategories({ limit: 100 }, { anonymous: true });
      held = { at: Date.now(), list: data.filter((one) => !one.parent_id).map(({ id, name }) => ({ id, name })) };
      sessionStorage.setItem(DEPARTMENTS, JSON.stringify(held));
    } catch { return; }
  }
  place.append(...held.list.map(({ id, name }) => h("a", { href: `/c/${id}`, dir: "auto",
    "aria-current": location.pathname === `/c/${id}` ? "page" : false }, name)));
}

/** A list of completions below the search box (ARIA's combobox pattern). */
function suggestions() {
  const input = $("#q");
  const list = h("ul", { class: "suggestions", role: "listbox", id: "suggestions", "aria-label": texts.search.suggestions, hidden: true });
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-controls": "suggestions", "aria-expanded": "false", "aria-autocomplete": "list" })) {
    input.setAttribute(name, value);
  }
  let timer, asked = "", at = -1;
  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const select = (next) => {
    const options = [...list.children];
    at = next < options.length ? next : -1;
    options.forEach((option, place) => option.setAttribute("aria-selected", place === at));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options[at].id);
  };
  const where = { product: ({ id }) => `/p/${id}`, category: ({ id }) => `/c/${id}`, brand: ({ text }) => `/search?${new URLSearchParams({ brand: text })}` };
  const kinds = { product: "", category: texts.list.categories, brand: texts.list.brands };
  const ask = async () => {
    const text = input.value.trim();
    asked = text;
    if (text.length < 2) return close();
    let found;
    try { ({ data: found } = await suggestProducts({ q: text }, { anonymous: true })); } catch { return close(); }
    // An answer to earlier words is too late.
    if (asked !== text || document.activeElement !== input) return undefined;
    list.replaceChildren(...found.map((entry, place) => h("li", { role: "option", id: `suggestion-${place}`, "aria-selected": "false",
      "data-href": where[entry.type](entry), onpointerdown: (event) => { event.preventDefault(); location.href = where[entry.type](entry); } },
    h("span", { dir: "auto" }, entry.text), h("span", { class: "note" }, kinds[entry.type]))));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    at = -1;
    return undefined;
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); select(at + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); select(at < 0 ? list.children.length - 1 : at - 1); }
    if (event.key === "Escape") { event.preventDefault(); close(); }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); location.href = list.children[at].dataset.href; }
  });
}

// The browser keeps a page as it was left, perhaps with what somebody has signed out of since.
addEventListener("pageshow", (event) => { if (event.persisted && $("[data-app]")) location.reload(); });
top();
addEventListener("session", top);
addEventListener("storage", top);
departments();
suggestions();
