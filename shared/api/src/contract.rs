//! The contract of a route: its input, its answers, and its errors.

pub mod code;
pub mod cursor;
mod encoding;
mod endpoint;
pub(crate) mod etag;
mod named;
pub(crate) mod page;
pub(crate) mod parse;
mod problem;
mod reply;
mod request_id;

pub use code::Code;
pub use cursor::{Cursor, ListPage, Paging};
pub use encoding::{Encoded, Encoding};
pub use endpoint::{Described, Endpoint, ProblemPage, ProblemText, Serves, Who};
pub use named::Named;
pub use problem::{Fault, Problem};
pub use reply::{Answer, Page, Reply, Result};
pub use request_id::RequestId;
