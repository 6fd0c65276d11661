//! Stripe as the payment provider. A payment is a `PaymentIntent`. It is opened first, and confirmed once the
//! order holds its id. From then on every caller first reads the intent of this id from Stripe.
//!
//! An intent whose id no order holds cannot take money: it was never confirmed, and nobody has its secret.

mod keys;
mod webhook;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::money::Minor;
use serde::Deserialize;

use crate::Unavailable;
use crate::payment::{self, Action, Bill, Charge, Settled};

pub use keys::{BadKeys, Keys};
pub use webhook::{Heard, NotSigned, Webhook};
use wire::{Refused, Wire};

/// When to look again at a payment that Stripe is processing.
const PROCESSING: Duration = Duration::from_secs(30);

/// The payment provider.
pub struct Stripe {
    wire: Wire,
    shop: String,
}

/// A payment as Stripe describes it. It holds the buyer's secret, so it has no `Debug`.
#[derive(Deserialize)]
struct Intent {
    id: String,
    status: Status,
    amount: Minor,
    currency: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    client_secret: Option<String>,
    next_action: Option<NextAction>,
    last_payment_error: Option<Refused>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct NextAction {
    r#type: String,
}

/// A refund as Stripe describes it.
#[derive(Deserialize)]
struct Refund {
    status: Option<String>,
}

type Form<'a> = Vec<(&'a str, String)>;

impl Stripe {
    /// Stripe at `endpoint`, for the shop of this name. One account may serve several shops.
    pub fn new(http: SharedHttpClient, endpoint: &str, keys: &Keys, shop: String) -> Self {
        Self { wire: Wire::new(http, endpoint, keys.secret_key.clone()), shop }
    }

    /// The metadata by which the webhook recognises our order in an event.
    fn metadata(&self, bill: &Bill) -> [(&'static str, String); 2] {
        [("metadata[order]", bill.order.to_string()), ("metadata[shop]", self.shop.clone())]
    }

    /// Opens the payment without taking money. A repeat gets the same payment.
    async fn open(&self, bill: &Bill) -> Result<Charge, Unavailable> {
        let mut form: Form = vec![
            ("amount", bill.total.amount.to_string()),
            ("currency", bill.total.currency.to_string().to_lowercase()),
            ("payment_method", bill.method.as_str().to_owned()),
            // Payments by card need no page to return to.
            ("payment_method_types[0]", "card".to_owned()),
        ];
        form.extend(self.metadata(bill));
        match self.wire.post("/v1/payment_intents", &format!("{}/open", bill.order), &form).await? {
            Ok(intent) => Ok(Charge::Opened(ours(intent, bill)?.id)),
            Err(refused) if refused.is_for_the_buyer() => Ok(Charge::Declined(refused.to_string())),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Reads the payment from Stripe.
    async fn look(&self, id: &str, bill: &Bill) -> Result<Intent, Unavailable> {
        ours(self.wire.get(&format!("/v1/payment_intents/{id}")).await??, bill)
    }

    /// Takes the money. Stripe does it once, even for repeats. A refusal is recorded on the intent.
    async fn confirm(&self, id: &str, bill: &Bill) -> Result<Intent, Unavailable> {
        let path = format!("/v1/payment_intents/{id}/confirm");
        match self.wire.post(&path, &format!("{}/confirm", bill.order), &[]).await? {
            Ok(intent) => ours(intent, bill),
            Err(refused) => match self.look(id, bill).await? {
                intent if intent.status == Status::RequiresConfirmation => Err(refused.into()),
                intent => Ok(intent),
            },
        }
    }

    /// Bars the payment for ever. Stripe refuses this if the money is taken or is about to be.
    async fn cancel(&self, id: &str, bill: &Bill) -> Result<(), Unavailable> {
        let path = format!("/v1/payment_intents/{id}/cancel");
        let intent: Intent = self.wire.post(&path, &format!("{}/cancel", bill.order), &[]).await??;
        match intent.status {
            Status::Canceled => Ok(()),
            status => Err(unexpected(id, status)),
        }
    }

    /// Refunds the rest of the payment: all of it, unless somebody has refunded a part by hand.
    async fn refund(&self, id: &str, bill: &Bill) -> Result<(), Unavailable> {
        let mut form: Form = vec![("payment_intent", id.to_owned())];
        form.extend(self.metadata(bill));
        match self.wire.post("/v1/refunds", &format!("{}/refund", bill.order), &form).await? {
            Ok(Refund { status }) => match status.as_deref() {
                Some(status @ ("failed" | "canceled")) => {
                    Err(Unavailable::new("Stripe", format!("the refund of {id} is {status}")))
                }
                _ => Ok(()),
            },
            Err(refused) if refused.is("charge_already_refunded") => Ok(()),
            Err(refused) if refused.is("charge_disputed") => {
                // A payment that the buyer's bank has charged back cannot be refunded.
                tracing::error!(order = %bill.order, payment = id, stuck = true, "a refund is disputed");
                Ok(())
            }
            Err(refused) => Err(refused.into()),
        }
    }
}

/// Compares Stripe's payment with the order. If the amount differs, neither is trusted: a person has to look
/// at it.
fn ours(intent: Intent, bill: &Bill) -> Result<Intent, Unavailable> {
    let order = intent.metadata.get("order").map(String::as_str);
    let is_ours = order == Some(bill.order.to_string().as_str())
        && intent.amount == bill.total.amount
        && intent.currency.eq_ignore_ascii_case(&bill.total.currency.to_string());
    if is_ours {
        return Ok(intent);
    }
    let Intent { id, amount, currency, .. } = intent;
    let found = format!("{id} is over {amount} {currency} for {}", order.unwrap_or("no order"));
    let owed = format!("{} {} for {}", bill.total.amount, bill.total.currency, bill.order);
    Err(Unavailable::new("Stripe", format!("{found}, not over {owed}")))
}

fn unexpected(id: &str, status: Status) -> Unavailable {
    Unavailable::new("Stripe", format!("{id} is {status:?}"))
}

#[async_trait(?Send)]
impl payment::Provider for Stripe {
    async fn charge(&self, bill: &Bill) -> Result<Charge, Unavailable> {
        let Some(id) = &bill.payment else { return self.open(bill).await };
        let intent = match self.look(id, bill).await? {
            intent if intent.status == Status::RequiresConfirmation => self.confirm(id, bill).await?,
            intent => intent,
        };
        match intent.status {
            Status::Succeeded => Ok(Charge::Captured(intent.id)),
            Status::RequiresAction => Ok(Charge::NeedsBuyer),
            Status::Processing => Ok(Charge::Later(PROCESSING)),
            Status::RequiresPaymentMethod => {
                // Without this, the buyer's client could still pay with another card after the order was
                // cancelled.
                self.cancel(id, bill).await?;
                let refused = intent.last_payment_error.map(|refused| refused.to_string());
                Ok(Charge::Declined(refused.unwrap_or_default()))
            }
            Status::Canceled => Ok(Charge::Declined("it is cancelled at Stripe".to_owned())),
            Status::RequiresConfirmation | Status::Other => Err(unexpected(id, intent.status)),
        }
    }

    async fn settle(&self, bill: &Bill) -> Result<Settled, Unavailable> {
        // Without an id on the order, nothing was confirmed.
        let Some(id) = &bill.payment else { return Ok(Settled::Voided) };
        let status = self.look(id, bill).await?.status;
        match status {
            Status::Canceled => Ok(Settled::Voided),
            Status::Succeeded => self.refund(id, bill).await.map(|()| Settled::Refunded),
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {
                self.cancel(id, bill).await.map(|()| Settled::Voided)
            }
            // A payment can be refunded only once the money is taken.
            Status::Processing | Status::Other => Err(unexpected(id, status)),
        }
    }

    async fn action(&self, bill: &Bill) -> Result<Option<Action>, Unavailable> {
        let Some(id) = &bill.payment else { return Ok(None) };
        let intent = self.look(id, bill).await?;
        let action = intent.next_action.zip(intent.client_secret);
        let action = action.map(|(next, client_secret)| Action { kind: next.r#type, client_secret });
        Ok(action.filter(|_| intent.status == Status::RequiresAction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_the_wrong_form_is_refused_without_being_quoted() {
        let good = r#"{"secret_key": "sk_test_1", "webhook_secret": "whsec_1"}"#;
        assert!(Keys::read(good).is_ok());
        for bad in [
            "",
            "sk_canary",
            r#""sk_canary""#,
            r#"{"secret_key": "sk_canary"}"#,
            r#"{"secret_key": "", "webhook_secret": "whsec_canary"}"#,
            r#"{"secret_key": "sk_", "webhook_secret": "whsec_canary"}"#,
            r#"{"secret_key": "pk_canary", "webhook_secret": "whsec_1"}"#,
            r#"{"secret_key": "sk_canary", "webhook_secret": ""}"#,
            r#"{"secret_key": "sk_canary ", "webhook_secret": "whsec_1"}"#,
            r#"{"secret_key": "sk_1", "webhook_secret": "whsec_1", "previous_webhook_secret": "canary"}"#,
            r#"{"secret_key": "sk_1", "webhook_secret": "whsec_1", "canary": "canary"}"#,
            r#"{"secret_key": ["canary"], "webhook_secret": "whsec_1"}"#,
        ] {
            let Err(error) = Keys::read(bad) else { panic!("{bad} is accepted") };
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}
