//! `POST /webhooks/stripe`: receive an event from Stripe.

use api::code::{MALFORMED, NOT_FOUND, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::messages::TakePayment;
use providers::Queue;
use providers::stripe::{Heard, Webhook};
use serde::Serialize;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/webhooks/stripe").answers::<Received>(200).refuses(&[
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
]);

pub fn main() {
    lambda::run(ENDPOINT, stripe_webhook);
}

/// The answer that Stripe expects.
#[derive(Serialize, Schema)]
pub struct Received {
    received: bool,
}

/// An event only says which order to look at; a worker then reads the payment from Stripe. So events may come
/// late, twice and in any order. If an event cannot be passed on, the answer is 503, and Stripe sends it
/// again.
pub async fn stripe_webhook(
    (webhook, payments): &(Option<Webhook>, Queue<TakePayment>),
    request: Request,
) -> Result {
    let webhook = webhook.as_ref().ok_or_else(|| Problem::missing("webhook"))?;
    let body = request.raw_body()?;
    let signature = request.header("stripe-signature").unwrap_or_default();
    let heard = webhook.hear(signature, body, request.deployment.clock.now());
    if let Some(Heard { order, refund_failed }) =
        heard.map_err(|error| Problem::new(MALFORMED, error.to_string()))?
    {
        if refund_failed {
            // The money is back at Stripe, which cannot return it to the buyer; a person has to find a way.
            tracing::error!(%order, stuck = true, "a refund has failed");
        }
        payments.send(TakePayment { order }).await.map_err(Problem::try_again)?;
    }
    Reply::ok(&Received { received: true })
}
