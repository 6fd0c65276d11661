//! The status of an order, and the state machine.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Schema;

/// The status of an order, or of one store's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Placed; the money is not taken yet.
    Pending,
    /// The money is taken.
    Paid,
    /// Packed.
    Processing,
    /// Claimed for the carrier. It can no longer be cancelled.
    Shipping,
    /// With the carrier.
    Shipped,
    /// At the door.
    Delivered,
    /// Nothing more will happen.
    Completed,
    /// Cancelled; the stock was returned.
    Cancelled,
}

impl Status {
    /// All statuses, in the order of an order's life.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Paid,
        Self::Processing,
        Self::Shipping,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// The state machine: every other move is refused, by people or by workers.
    pub fn may_become(self, next: Self) -> bool {
        use Status::{Cancelled, Completed, Delivered, Paid, Pending, Processing, Shipped, Shipping};
        matches!(
            (self, next),
            (Pending, Paid)
                | (Paid, Processing)
                | (Processing, Shipping)
                | (Shipping, Shipped)
                | (Shipped, Delivered)
                | (Delivered, Completed)
                | (Pending | Paid | Processing, Cancelled)
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// The status of the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not taken yet.
    Pending,
    /// Taken.
    Paid,
    /// Refused or cancelled; no money is held.
    Failed,
    /// Refunded.
    Refunded,
}

/// A move that the state machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is {from} cannot become {to}")]
pub struct IllegalMove {
    /// The present status.
    pub from: Status,
    /// The refused status.
    pub to: Status,
}
