//! The only code that knows DynamoDB: one table, its entities and keys, and its named transactions.
//!
//! Every write that depends on a read carries a condition, and a lost race comes back as a value, never as an
//! error. An [`Error`] means that nothing is known: the caller may try the whole request again.

#![warn(missing_docs)]

mod account;
mod admin;
mod cart;
mod catalogue;
mod chart;
mod dynamo;
mod fulfilment;
mod orders;
mod platform;
mod search;
mod stores;

pub use account::accounts::{AccountChanged, EmailChanged, NewUser, Registered};
pub use account::erasures::Erased;
pub use account::sessions::{Begun, Refreshed};
pub use admin::audit::{Audit, OrderFile, ProductFile, Walk};
pub use cart::carts::{Added, LineName, LineSet};
pub use catalogue::categories::{CategoryChanged, CategoryCreated, Removed};
pub use catalogue::listings::{Shelf, Sort, Wanted};
pub use catalogue::product_page::ProductPage;
pub use catalogue::products::{ProductChanged, ProductCreated, ProductDeleted};
pub use catalogue::reviews::Said;
pub use catalogue::stock::{Moved, StockMove};
pub use chart::{CartKey, DUE_SHARDS, Due, PublicKey};
pub use dynamo::{Error, ListPosition, Page, Result, Table, random};
pub use fulfilment::sandbox::Sandbox;
pub use orders::checkout::Checkout;
pub use orders::order::Order;
pub use platform::limits::Attempt;
pub use platform::stream::{FollowUps, TableChange};
pub use stores::names::LookTaken;
pub use stores::store::{Opened, StoreChanged};
