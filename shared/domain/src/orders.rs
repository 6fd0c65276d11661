//! An order and its life.
//!
//! An order is four kinds of items, because they change at different speeds and may be read by different
//! people: a *snapshot* that never changes, a *contact* that can be erased, a small *head* that moves, and a
//! *pointer* for each store.

mod change;
pub mod checkout;
pub mod debt;
mod head;
mod identity;
mod life;
mod mail;
mod moves;
mod parts;
mod status;
mod timeline;

pub use change::Change;
pub use head::{Event, Fulfilment, Happened, OrderHead, Payment, Summary};
pub use mail::{Mail, Owed};
pub use parts::{OrderContact, OrderLine, OrderSnapshot};
pub use status::{IllegalMove, PaymentStatus, Status};
