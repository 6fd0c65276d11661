/** The filters of a page of results are closed on a narrow screen. */

import { $ } from "./dom.js";

const filters = $("[data-filters]");
if (filters && matchMedia("(max-width: 48rem)").matches) filters.open = false;
