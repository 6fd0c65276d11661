//! Who is calling, how often they may, and what is theirs: account, sessions, cart and their side of an
//! order.

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
