//! `POST /webhooks/stripe`: Stripe says that something has happened to a payment.

use api::code::{MALFORMED, NOT_FOUND, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::messages::TakePayment;
use providers::Queue;
use providers::stripe::{Heard, Webhook};
use serde::Serialize;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/webhooks/stripe").answers::<Received>(200).refuses(&[
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, stripe_webhook);
}

/// What Stripe wants to hear.
#[derive(Serialize, Schema)]
pub struct Received {
    received: bool,
}

/// An event only says at which order to look: what has become of its payment, Stripe is asked. So events may
/// come late, twice and in any order. One that cannot be passed on is refused with 503, and Stripe sends it
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
            // The money is back at Stripe, which has no other way to the buyer; a person has to find one.
            tracing::error!(%order, stuck = true, "a refund has failed");
        }
        payments.send(TakePayment { order }).await.map_err(Problem::try_again)?;
    }
    Reply::ok(&Received { received: true })
}
