//! Places in a request, and their names in faults.

use domain::invalid::Invalid;
use serde_json::Value;

use crate::contract::problem::Fault;

/// The most probes of one request. A request of 50 lines with 3 fields each has about 200 places.
pub(super) const MOST_PROBES: usize = 500;
/// The most faults of one answer: a body of 64 KiB has room for thousands.
pub(super) const MOST_FAULTS: usize = 100;
/// The most characters of a fault's path, because callers choose the names in it.
const MOST_PATH: usize = 200;

/// A tree of JSON, and the places of repeated fields. The tree holds the last value of each.
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

/// The fault at one place.
pub(super) fn fault(path: &[Step], invalid: &Invalid) -> Fault {
    match name(path) {
        Some(name) => Fault::of(name, invalid),
        None => Fault { code: invalid.code, field: None, message: format!("the body {}", invalid.message) },
    }
}

/// The place as a text, e.g. `items[0].quantity`; `None` for the whole document.
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
