//! Sandbox providers: they behave like real ones and cost nothing. For development, demonstrations and tests.

use std::time::Duration;

use async_trait::async_trait;
use domain::ids::{OrderId, StoreId};
use domain::{Clock, Timestamp};
use sha2::{Digest, Sha256};

use crate::carrier::{self, Label};
use crate::payment::{self, Action, Bill, Charge, Settled};
use crate::{Unavailable, carrier::business_days_after};

/// The sandbox's records, shared by all processes. Each entry is written once, and a second writer gets the
/// first one's entry, like with the idempotency keys of a real provider.
#[async_trait(?Send)]
pub trait Ledger {
    /// Writes an entry unless there is one. Returns the entry that is then stored.
    async fn once(&self, kind: &str, name: &str, entry: &str) -> Result<String, Unavailable>;

    /// Adds one to a counter and returns the sum.
    async fn count(&self, kind: &str, name: &str) -> Result<u64, Unavailable>;
}

/// The sandbox payment provider. The payment method decides what it does: `pm_sandbox_ok` pays,
/// `pm_sandbox_declined` is refused, `pm_sandbox_flaky` fails twice and then pays, `pm_sandbox_slow` pays
/// after 30 seconds.
pub struct Bank<L> {
    ledger: L,
    clock: Clock,
}

impl<L: Ledger> Bank<L> {
    /// A bank with these records.
    pub fn new(ledger: L, clock: Clock) -> Self {
        Self { ledger, clock }
    }

    /// The order's id as the name of its payment. A payment of another provider can be neither taken nor
    /// refunded here, so it stays owed until that provider is asked.
    fn own(bill: &Bill) -> Result<String, Unavailable> {
        match &bill.payment {
            Some(payment) if !payment.starts_with("pay_") => {
                Err(Unavailable::new("sandbox bank", format!("{payment} is another provider's payment")))
            }
            _ => Ok(bill.order.to_string()),
        }
    }

    async fn capture(&self, order: &str) -> Result<Charge, Unavailable> {
        match self.ledger.once("PAYMENT", order, "captured").await?.as_str() {
            "captured" => Ok(Charge::Captured(format!("pay_{order}"))),
            _ => Ok(Charge::Declined("the order was cancelled before it was charged".to_owned())),
        }
    }
}

/// How long `pm_sandbox_slow` takes.
const SLOW: Duration = Duration::from_secs(30);

#[async_trait(?Send)]
impl<L: Ledger> payment::Provider for Bank<L> {
    async fn charge(&self, bill: &Bill) -> Result<Charge, Unavailable> {
        let order = Self::own(bill)?;
        match bill.method.as_str() {
            "pm_sandbox_ok" => self.capture(&order).await,
            "pm_sandbox_declined" => Ok(Charge::Declined("the card was declined".to_owned())),
            "pm_sandbox_flaky" => match self.ledger.count("ATTEMPT", &order).await? {
                0..=2 => Err(Unavailable::new("sandbox bank", "the sandbox fails on purpose")),
                _ => self.capture(&order).await,
            },
            "pm_sandbox_slow" => {
                let now = self.clock.now();
                let asked = self.ledger.once("ASKED", &order, &now.to_string()).await?;
                let asked: Timestamp =
                    asked.parse().map_err(|error| Unavailable::new("sandbox bank", error))?;
                match SLOW.saturating_sub(now.since(asked)) {
                    Duration::ZERO => self.capture(&order).await,
                    left => Ok(Charge::Later(left)),
                }
            }
            _ => Ok(Charge::Declined("there is no such payment method".to_owned())),
        }
    }

    async fn settle(&self, bill: &Bill) -> Result<Settled, Unavailable> {
        let order = Self::own(bill)?;
        if self.ledger.once("PAYMENT", &order, "voided").await? == "voided" {
            return Ok(Settled::Voided);
        }
        self.ledger.once("REFUND", &order, &bill.total.amount.to_string()).await?;
        Ok(Settled::Refunded)
    }

    async fn action(&self, _: &Bill) -> Result<Option<Action>, Unavailable> {
        Ok(None)
    }
}

/// The sandbox carrier: every parcel gets a label at once, with an estimate of three business days.
pub struct Courier<L> {
    ledger: L,
}

impl<L: Ledger> Courier<L> {
    /// A carrier with these records.
    pub fn new(ledger: L) -> Self {
        Self { ledger }
    }
}

#[async_trait(?Send)]
impl<L: Ledger> carrier::Provider for Courier<L> {
    async fn buy_label(&self, order: OrderId, store: StoreId, now: Timestamp) -> Result<Label, Unavailable> {
        let parcel = format!("{order}#{store}");
        let digits: u64 =
            Sha256::digest(&parcel).iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte));
        let tracking_number = self.ledger.once("LABEL", &parcel, &format!("TRK{digits:015}")).await?;
        Ok(Label { tracking_number, estimate: business_days_after(now, 3) })
    }
}
