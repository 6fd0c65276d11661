//! Taking and giving back money.

use std::time::Duration;

use async_trait::async_trait;
use domain::ids::OrderId;
use domain::money::Money;
use domain::orders::{OrderHead, OrderSnapshot};
use domain::text::PaymentMethod;

use crate::Unavailable;

/// A payment to take.
#[derive(Clone, Debug)]
pub struct Bill {
    /// For which order: the identity under which the provider does everything once.
    pub order: OrderId,
    /// How much.
    pub total: Money,
    /// The buyer's means of payment.
    pub method: PaymentMethod,
    /// The provider's own name for the payment, once it is kept on the order.
    pub payment: Option<String>,
}

impl Bill {
    /// What is to be paid for an order, as far as that has come.
    pub fn of(snapshot: &OrderSnapshot, head: &OrderHead) -> Self {
        Self {
            order: snapshot.id,
            total: Money { amount: snapshot.totals.total, currency: snapshot.currency },
            method: snapshot.payment_method.clone(),
            payment: head.payment.id.clone(),
        }
    }
}

/// What came of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The payment has this name of the provider's own, and nothing is taken yet. It is to be kept on the
    /// order, and then asked for again: with a name on the bill nothing is opened any more.
    Opened(String),
    /// The money is taken, under the provider's name for the payment.
    Captured(String),
    /// The provider refuses, for a reason that is for the log.
    Declined(String),
    /// The provider is still at it: ask again after this long.
    Later(Duration),
    /// The buyer has to do something first: [`Provider::action`] says what.
    NeedsBuyer,
}

/// What the buyer's client has to do, and what it needs for it. It is for the buyer alone: no log, queue or
/// table holds it.
pub struct Action {
    /// The provider's name for what is to be done.
    pub kind: String,
    /// Lets the provider's own code in the client go on with this one payment.
    pub client_secret: String,
}

/// What came of settling a cancelled order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nothing was captured, and nothing ever will be.
    Voided,
    /// All that was captured is given back.
    Refunded,
}

/// A payment provider.
#[async_trait(?Send)]
pub trait Provider {
    /// Takes the money for an order, once however often it is asked.
    async fn charge(&self, bill: &Bill) -> Result<Charge, Unavailable>;

    /// Makes sure that a cancelled order costs nothing: voids what is not captured, refunds what is, bars
    /// later charges.
    async fn settle(&self, bill: &Bill) -> Result<Settled, Unavailable>;

    /// What the buyer has to do; none when it is not theirs to do anything, or no longer.
    async fn action(&self, bill: &Bill) -> Result<Option<Action>, Unavailable>;
}

/// The deployment's payment provider.
pub type Payments = Box<dyn Provider>;
