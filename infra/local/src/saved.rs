//! The emulator's report on its saves, in `saved.json`. It saves every minute while it is used, and when it
//! is stopped.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The last save of a stack's state.
#[derive(Clone, Debug, Deserialize)]
pub struct Saved {
    /// The local time up to which everything is saved, as `2026-11-21 14:03:20`.
    pub at: String,
    /// Whether the emulator was stopped and had saved everything. False while it runs.
    pub stopped: bool,
    /// What the last save could not write: reasons by service, or one under `all`.
    pub failed: BTreeMap<String, String>,
    /// If the emulator had ended without saving: the time since which everything was lost at its last start.
    pub lost_since: Option<String>,
}

impl Saved {
    /// The report of the folder; `None` before the first start.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(folder.join("saved.json")).ok()?).ok()
    }

    /// For a stack that does not run any more: what is lost; `None` if everything was saved.
    pub fn lost(&self) -> Option<String> {
        (!self.stopped).then(|| format!("what was written after {} is lost{}", self.at, self.reasons()))
    }

    /// Why the last save failed, in brackets; empty if it did not.
    pub fn reasons(&self) -> String {
        let reasons: Vec<_> = self.failed.iter().map(|(what, why)| format!("{what}: {why}")).collect();
        if reasons.is_empty() { String::new() } else { format!(" (not saved: {})", reasons.join("; ")) }
    }
}
