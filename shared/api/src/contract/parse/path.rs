//! Places in a request, and how a fault names them.

use domain::invalid::Invalid;
use serde_json::Value;

use crate::contract::problem::Fault;

/// A request of 50 lines with 3 fields each has some 200 places.
pub(super) const MOST_PROBES: usize = 500;
/// The most faults that one answer lists: a body of 64 KiB has room for thousands.
pub(super) const MOST_FAULTS: usize = 100;
/// The most characters of a fault's path: its names are the caller's.
const MOST_PATH: usize = 200;

/// A tree of JSON, and the places of what was given more than once; of those it holds the last.
pub(super) struct Tree {
    pub(super) value: Value,
    pub(super) repeated: Vec<Vec<Step>>,
}

/// One step of a path into a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Entry(usize),
}

/// The fault of one place.
pub(super) fn fault(path: &[Step], invalid: &Invalid) -> Fault {
    match name(path) {
        Some(name) => Fault::of(name, invalid),
        None => Fault { code: invalid.code, field: None, message: format!("the body {}", invalid.message) },
    }
}

/// `items[0].quantity`; nothing for the document itself.
pub(super) fn name(path: &[Step]) -> Option<String> {
    let steps = path.iter().map(|step| match step {
        Step::Field(field) => format!(".{field}"),
        Step::Entry(index) => format!("[{index}]"),
    });
    let name: String = steps.collect();
    let name = name.strip_prefix('.').unwrap_or(&name);
    let end = name.char_indices().nth(MOST_PATH).map(|(end, _)| end);
    let shown =
        end.and_then(|end| name.get(..end)).map_or_else(|| name.to_owned(), |start| format!("{start}…"));
    (!path.is_empty()).then_some(shown)
}
