//! The index of products: which snapshot searches read, and how a rebuild goes on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::invalid::{INVALID, Invalid};
use crate::messages::IndexProducts;
use crate::text::OptionName;

/// A filter by a value of an option, as in `Colour:red`. Both may have a colon themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OptionFilter(String);

impl OptionFilter {
    /// Every option and value that it can mean: one pair for each colon.
    pub fn pairs(&self) -> impl Iterator<Item = (OptionName, OptionName)> {
        let colons = self.0.match_indices(':');
        colons.filter_map(|(at, colon)| {
            let (option, value) = (self.0.get(..at)?, self.0.get(at + colon.len()..)?);
            Some((option.parse().ok()?, value.parse().ok()?))
        })
    }
}

impl TryFrom<String> for OptionFilter {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let filter = Self(text);
        if filter.pairs().next().is_none() {
            return Err(Invalid::new(INVALID, "must be an option and one of its values, such as Colour:red"));
        }
        Ok(filter)
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for OptionFilter {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OptionFilter".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "minLength": 3, "maxLength": 81,
            "pattern": r"^[^:]{0,39}[^:\s]:\S.{0,39}$",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A state of the index. Its bytes are in objects of a bucket, the packs, which never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The key of its newest pack, which ends in the list of all files.
    pub pack: String,
    /// Where in the pack that list begins, in bytes.
    pub list_at: u64,
    /// The bytes of the pack.
    pub pack_bytes: u64,
    /// The bytes of all files.
    pub bytes: u64,
    /// The number of products in it.
    pub products: u64,
}

/// An index that is being built, beside the one that searches read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    /// Names the rebuild: the version of the item that began it.
    pub id: u64,
    /// The number of pages that are done.
    pub step: u64,
    /// The last product that is done; none before the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The number of products that were looked at.
    pub seen: u64,
    /// What is built so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the message for its next page was last sent.
    pub asked_at: Timestamp,
}

/// The state of the index of one form ([`Self::form`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchIndex {
    /// The version of the form of its files.
    pub form: u32,
    /// What searches read; none until the first build is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Snapshot>,
    /// What is being built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Rebuild>,
    /// Counts the writes of this item. Each write has the version as its condition, so a snapshot always
    /// follows the one that it was made from.
    pub version: u64,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// A rebuild whose page was not done for this long gets another message.
const STANDING: Duration = Duration::from_mins(1);

impl SearchIndex {
    /// An index of which nothing is built yet.
    pub fn new(form: u32, now: Timestamp) -> Self {
        Self { form, live: None, next: None, version: 0, updated_at: now }.rebuilt(now)
    }

    /// The message that goes on with the rebuild, if there is one.
    pub fn next_page(&self) -> Option<IndexProducts> {
        let Rebuild { id, step, .. } = self.next.as_ref()?;
        Some(IndexProducts::Rebuild { rebuild: *id, step: *step })
    }

    /// Whether a message asks for the next page of the rebuild.
    pub fn is_asked(&self, message: &IndexProducts) -> bool {
        self.next_page().as_ref() == Some(message) || (self.version == 0 && *message == IndexProducts::BUILD)
    }

    /// The same, with the next page asked for now, if the message for it may be lost: a minute ago it was
    /// sent, or the sender died before. A message too many does no harm.
    #[must_use]
    pub fn asked_again(self, now: Timestamp) -> Self {
        let next = self.next.map(|next| match now.since(next.asked_at) >= STANDING {
            true => Rebuild { asked_at: now, ..next },
            false => next,
        });
        Self { next, ..self }
    }

    /// The same after a page of the rebuild with so many products. Without an `after`, it was the last page,
    /// and searches read what was built.
    #[must_use]
    pub fn moved(self, seen: u64, after: Option<String>, now: Timestamp) -> Self {
        let Some(next) = self.next else { return self };
        let next = Rebuild { step: next.step + 1, seen: next.seen + seen, after, asked_at: now, ..next };
        match next.after {
            Some(_) => Self { next: Some(next), ..self },
            None => Self { live: next.snapshot, next: None, ..self },
        }
    }

    /// The same, with a rebuild that begins now. One that was on its way ends.
    #[must_use]
    pub fn rebuilt(self, now: Timestamp) -> Self {
        let id = self.version + 1;
        let next =
            Rebuild { id, step: 0, after: None, seen: 0, snapshot: None, started_at: now, asked_at: now };
        Self { next: Some(next), ..self }
    }
}
