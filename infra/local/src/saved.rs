//! What the emulator says about its saves, in `saved.json`: it saves every minute while something is asked of
//! it, and when it is stopped.

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
    /// The time since which everything was lost when the emulator started last, because it had ended without
    /// saving.
    pub lost_since: Option<String>,
}

impl Saved {
    /// What the folder says; none before the first start.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(folder.join("saved.json")).ok()?).ok()
    }

    /// For a stack that does not run any more: what is lost; none when everything was saved.
    pub fn lost(&self) -> Option<String> {
        (!self.stopped).then(|| format!("what was written after {} is lost{}", self.at, self.reasons()))
    }

    /// Why the last save has failed, in brackets; empty when it has not.
    pub fn reasons(&self) -> String {
        let reasons: Vec<_> = self.failed.iter().map(|(what, why)| format!("{what}: {why}")).collect();
        if reasons.is_empty() { String::new() } else { format!(" (not saved: {})", reasons.join("; ")) }
    }
}
