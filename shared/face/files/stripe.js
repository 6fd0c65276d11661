/** The bank's step of a payment by Stripe: Stripe's own code takes the secret. */

import { texts } from "./dom.js";

/** Confirms a payment. Rejects with what Stripe says. */
export async function confirmPayment() {
  throw new Error(texts.busy);
}
