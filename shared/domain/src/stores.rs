//! Sellers' stores.

use serde::{Deserialize, Serialize};

use crate::Schema;
use crate::clock::Timestamp;
use crate::ids::{StoreId, UserId};
use crate::text::{Description, Name};

/// A seller's store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// Names the store.
    pub id: StoreId,
    /// The user who owns it.
    pub owner: UserId,
    /// Unique among stores.
    pub name: Name,
    /// The first key of [`Name::looks`], which no other store can have while this one holds it. Stores that
    /// are older than these keys get theirs at their next edit. Only the code that writes stores sets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_key: Option<String>,
    /// The second key, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_look_key: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Who ships its orders.
    pub fulfilment: Mode,
    /// Whether its owner's account is deleted. A closed store sells nothing.
    #[serde(default)]
    pub closed: bool,
    /// Counts the writes of this item. Each write has the version as its condition.
    pub version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Who moves a store's orders on after payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The shop's own workers.
    #[default]
    Automatic,
    /// The seller, step by step.
    Manual,
}
