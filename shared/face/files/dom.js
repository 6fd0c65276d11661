/** Elements, texts and small parts that several pages share. Text never becomes markup. */

import texts from "./texts.js";

export { texts };

/** The element of a selector. */
export const $ = (selector, root = document) => root.querySelector(selector);

/** A text with its `{name}`s replaced. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** An element. A property that begins with `on` is a listener; `true` sets an attribute, `false` none. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(9).filter((child) => child != null && child !== false));
  return element;
}

/** Fills the place of the page's script. The focus stays on the element with the same `data-key`. */
export function show(...content) {
  const place = $("[data-app]");
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
  place.replaceChildren(...content.flat(9).filter((child) => child != null && child !== false));
  place.removeAttribute("aria-busy");
  if (focused !== null) (place.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? $("main")).focus({ preventScroll: true });
}

/** Sets the page's title and heading. */
export function title(text) {
  $("[data-title]").textContent = text;
  document.title = `${text} · ${texts.shop}`;
}

/** A sentence to the user: `good`, `bad`, or neither. It is read out. */
export const said = (text, kind = "") => h("p", { class: `said ${kind}`, role: kind === "bad" ? "alert" : "status" }, text);

/** An amount of money as people read it. */
export function money({ amount, currency }) {
  const format = new Intl.NumberFormat(texts.lang, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** A time as people read it; with `withTime`, to the minute. */
export const date = (timestamp, withTime = false) =>
  new Intl.DateTimeFormat(texts.lang, withTime ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "long" })
    .format(new Date(timestamp));

/** Five stars, `count` of them full. */
export const stars = (count) => h("span", { class: "stars", role: "img", "aria-label": texts.product.stars[count - 1] },
  [1, 2, 3, 4, 5].map((star) => h("span", { class: star <= count ? "star full" : "star" })));

/** A labelled field of a form. The API's faults of the field `name` are shown below it. */
export function field(label, name, properties = {}, control) {
  const input = control ?? h(properties.rows ? "textarea" : "input", { name, ...properties });
  return h("label", { class: "field" }, h("span", {}, label), input,
    h("span", { class: "fault", id: `fault-${name}`, "data-fault": name, hidden: true }));
}

/** The values of a form without the empty ones. */
export const values = (form) =>
  Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "" && typeof value === "string"));

/** Fills a form with values, as {@link values} has read them. */
export function refill(form, given) {
  for (const [name, value] of Object.entries(given)) {
    const control = form.elements.namedItem(name);
    if (control) control.value = value;
  }
}

/** Shows a problem in a form: each fault beside its field, and the rest above the button. */
export function refuse(form, problem, prefix = "") {
  clear(form);
  const rest = [];
  for (const { field: path, message } of problem.errors ?? []) {
    const name = path?.startsWith(prefix) ? path.slice(prefix.length) : path;
    const place = name && form.querySelector(`[data-fault="${CSS.escape(name)}"]`);
    const input = name && form.elements[name];
    if (!place || !input) { rest.push(message); continue; }
    place.textContent = message;
    place.hidden = false;
    input.setAttribute?.("aria-invalid", "true");
    input.setAttribute?.("aria-describedby", place.id);
  }
  const text = rest.length || !problem.errors?.length ? rest.join(" ") || problem.detail : texts.checkout.fields;
  const button = form.querySelector("[type=submit], button:not([type])");
  (button ?? form.lastElementChild).before(h("div", { "data-refused": true }, said(text, "bad")));
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** Takes the faults of the last attempt away. */
export function clear(form) {
  form.querySelectorAll("[data-refused]").forEach((element) => element.remove());
  form.querySelectorAll("[data-fault]").forEach((element) => { element.hidden = true; element.textContent = ""; });
  form.querySelectorAll("[aria-invalid]").forEach((element) => element.removeAttribute("aria-invalid"));
}

/** Runs `send` when a form is sent, once at a time. A refusal is shown in the form. */
export function onsend(form, send, prefix) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const buttons = [...form.querySelectorAll("button")];
    // A disabled button would lose the focus.
    buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
    clear(form);
    try {
      await send(values(form), form);
    } catch (problem) {
      refuse(form, known(problem), prefix);
    } finally {
      form.removeAttribute("aria-busy");
      buttons.forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });
  return form;
}

/** A failure that was not a problem of the API is a fault of this script: it is reported, too. */
function known(problem) {
  if (!problem.code) reportError(problem);
  return problem.code ? problem : { detail: texts.busy };
}

/** Shows a page's failure with a button that tries again. */
export function failed(problem, again) {
  show(said(known(problem).detail, "bad"), h("p", {}, h("button", { onclick: again }, texts.retry)));
}

/** Asks before something that cannot be undone. Resolves to whether the user agrees. */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-label": question },
      h("form", { method: "dialog" }, h("p", {}, question),
        h("p", { class: "row" }, h("button", { class: "button", value: "yes" }, yes), h("button", { value: "no" }, texts.order.keep))));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
