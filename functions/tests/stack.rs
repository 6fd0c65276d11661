//! Tests over HTTP: the real template on the local stack.

mod chaos;
mod contract;
mod images;
mod limits;
mod lists;
mod mailbox;
mod memory;
pub mod people;
mod redrive;
mod refusals;
mod restart;
mod rotation;
mod rush;
mod sam;
mod samples;
mod search;
mod story;
mod stripe;
mod tour;
