//! Where an order stands, and the state machine.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Schema;

/// Where an order, or one store's part of it, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Placed; the money is not taken yet.
    Pending,
    /// The money is taken.
    Paid,
    /// Packed.
    Processing,
    /// Claimed for the carrier: no cancel from here on.
    Shipping,
    /// With the carrier.
    Shipped,
    /// At the door.
    Delivered,
    /// Nothing more will happen.
    Completed,
    /// Cancelled; the stock was given back.
    Cancelled,
}

impl Status {
    /// The state machine. Everything else is refused, from people and from workers.
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

/// Where the money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not taken.
    Pending,
    /// Taken.
    Paid,
    /// Refused or cancelled; nothing is held.
    Failed,
    /// Given back.
    Refunded,
}

/// A move that the state machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is {from} cannot become {to}")]
pub struct IllegalMove {
    /// Where it stands.
    pub from: Status,
    /// Where it should have gone.
    pub to: Status,
}
