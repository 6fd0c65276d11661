//! Payment providers.

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
    /// The order. Its id makes sure that the provider does everything once.
    pub order: OrderId,
    /// The amount.
    pub total: Money,
    /// The buyer's means of payment.
    pub method: PaymentMethod,
    /// The provider's id of the payment, once the order holds it.
    pub payment: Option<String>,
}

impl Bill {
    /// The bill of an order in its present state.
    pub fn of(snapshot: &OrderSnapshot, head: &OrderHead) -> Self {
        Self {
            order: snapshot.id,
            total: Money { amount: snapshot.totals.total, currency: snapshot.currency },
            method: snapshot.payment_method.clone(),
            payment: head.payment.id.clone(),
        }
    }
}

/// The result of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The provider has given the payment this id; no money is taken yet. Store the id on the order and
    /// charge again: a bill with an id never opens another payment.
    Opened(String),
    /// The money is taken, under this id of the provider.
    Captured(String),
    /// The provider refuses the payment. The reason is for the log.
    Declined(String),
    /// The provider is not done: ask again after this time.
    Later(Duration),
    /// The buyer has to act first; [`Provider::action`] says how.
    NeedsBuyer,
}

/// What the buyer's client has to do. Only the buyer may see it: no log, queue or table holds it.
pub struct Action {
    /// The provider's name for the action.
    pub kind: String,
    /// Lets the provider's code in the client continue this one payment.
    pub client_secret: String,
}

/// The result of settling a cancelled order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// No money was taken, and none will be.
    Voided,
    /// All money that was taken is refunded.
    Refunded,
}

/// A payment provider.
#[async_trait(?Send)]
pub trait Provider {
    /// Takes the money for an order. Repeats do not take it again.
    async fn charge(&self, bill: &Bill) -> Result<Charge, Unavailable>;

    /// Makes sure that a cancelled order costs nothing: voids a payment that is not captured, refunds a
    /// captured one, and bars later charges.
    async fn settle(&self, bill: &Bill) -> Result<Settled, Unavailable>;

    /// What the buyer has to do; `None` if nothing, or no longer.
    async fn action(&self, bill: &Bill) -> Result<Option<Action>, Unavailable>;
}

/// The deployment's payment provider.
pub type Payments = Box<dyn Provider>;
