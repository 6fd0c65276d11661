//! What functions can be connected to. Each client is made from the variables that the template gives to
//! functions that need it.

mod bucket;
mod carrier;
mod deployment;
mod mail;
mod payment;
mod queues;
mod reach;
mod sandbox;
mod search;
mod secrets;
mod switches;
mod table;

pub(crate) use deployment::deployment;
pub use payment::ProviderName;
pub use queues::{DeliveryDelay, Visibility};
pub use reach::Connect;
pub use switches::{ChainSwitches, CheckoutSwitch, Switch};
