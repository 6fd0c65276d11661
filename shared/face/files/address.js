/** Addresses: their form, and how they are shown. */

import { field, h, texts } from "./dom.js";

const t = texts.address;

/** ISO 3166-1 codes, and XK for Kosovo. */
const COUNTRIES = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

const names = new Intl.DisplayNames([texts.lang], { type: "region" });

/** The fields of an address. */
export function addressFields(address = {}, required = true) {
  const country = h("select", { name: "country", autocomplete: "country", required },
    h("option", { value: "" }, t.choose), COUNTRIES.split(" ").map((code) => ({ code, name: names.of(code) }))
      .sort((one, other) => one.name.localeCompare(other.name, texts.lang))
      .map(({ code, name }) => h("option", { value: code, selected: code === (address.country ?? navigator.language.split("-")[1]) }, name)));
  const text = (name, autocomplete, needed, more = {}) => field(t[name], name, { autocomplete, required: needed && required, maxlength: 100, value: address[name] ?? "", ...more });
  return [text("name", "name", true), text("street1", "address-line1", true), text("street2", "address-line2", false), text("city", "address-level2", true),
    text("state", "address-level1", false), text("postal_code", "postal-code", false, { maxlength: 20 }), field(t.country, "country", {}, country),
    text("phone", "tel", true, { type: "tel", maxlength: 30 })];
}

/** The names of the fields of an address. */
export const ADDRESS = ["name", "street1", "street2", "city", "state", "postal_code", "country", "phone"];

/** The address in the values of a form. */
export const addressOf = (values) => Object.fromEntries(ADDRESS.filter((name) => values[name]).map((name) => [name, values[name]]));

/** An address as people read it. */
export const addressText = (address) => h("span", { dir: "auto" },
  [address.name, address.street1, address.street2, [address.postal_code, address.city].filter(Boolean).join(" "), address.state, names.of(address.country)]
    .filter(Boolean).join(", "));
