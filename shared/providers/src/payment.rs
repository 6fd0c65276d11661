//! Taking and giving back money.

use std::time::Duration;

use async_trait::async_trait;
use domain::ids::OrderId;
use domain::money::Money;
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
}

/// What came of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The money is taken, under the provider's name for the payment.
    Captured(String),
    /// The provider refuses, for a reason that is for the log.
    Declined(String),
    /// The provider is still at it: ask again after this long.
    Later(Duration),
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

    /// Makes sure that a cancelled order costs nothing: voids what is not captured, refunds what is, bars later charges.
    async fn settle(&self, bill: &Bill) -> Result<Settled, Unavailable>;
}

/// The deployment's payment provider.
pub type Payments = Box<dyn Provider>;
