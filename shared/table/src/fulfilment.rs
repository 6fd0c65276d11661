//! What the shop owes: the index of what is due, mails, and the memory of the sandbox providers.

pub(crate) mod due;
pub(crate) mod mails;
pub(crate) mod sandbox;
