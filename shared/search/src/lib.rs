//! The search engine: what the index holds, how it is searched and edited, and how its snapshots are shared.
//!
//! `copies` and `latest` read and write the bucket and the table, and `answer` reads the list rows of what is
//! found. All other files are a library over tantivy without I/O.

#![warn(missing_docs)]

mod answer;
mod categories;
mod collect;
mod copies;
mod document;
mod edit;
mod error;
mod facets;
mod files;
mod incoming;
mod index;
mod labels;
mod latest;
mod page;
mod position;
mod query;
mod ranges;
mod request;
mod schema;
mod snapshot;
mod vocabulary;
mod words;

pub use answer::SearchBody;
pub use categories::Categories;
pub use collect::{Hit, Place, Sort};
pub use copies::{Copies, Failed};
pub use document::Document;
pub use edit::{Change, Edited};
pub use error::{Error, Result};
pub use facets::{Band, CategoryCount, Count, Facets, OptionCounts, RatingCount};
pub use incoming::Incoming;
pub use index::{Completions, Found, Index, Understood};
pub use latest::Searcher;
pub use page::ResultsPage;
pub use position::{MOST_HITS, Position};
pub use query::Wanted;
pub use request::{Query, Search};
pub use schema::VERSION;
pub use snapshot::{FileList, Part, SMALL_PACK};
