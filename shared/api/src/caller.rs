//! The caller: who they are, how often they may call, and what is theirs (account, sessions, cart, orders).

pub mod account;
mod cart;
mod entry;
mod limits;
mod party;
pub mod password;
mod roles;
pub mod session;

pub use cart::new_cart;
pub use party::{Party, to_decide};
pub use roles::{Admin, Buyer, Merchant, Seller};
