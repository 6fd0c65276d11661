//! What the sandbox providers remember of their calls, where every process sees it.
//!
//! This stands in for the provider's own database, so it has a client of its own that no cost counts.

use crate::dynamo::{ABSENT, Error, Item, Key, Read, Result, Table, number, text};

/// A provider's ledger under `SANDBOX#`.
#[derive(Clone, Debug)]
pub struct Sandbox(Table);

impl Sandbox {
    /// A ledger in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Writes an entry unless there is one, and gives the one that is there then: idempotency by name.
    pub async fn once(&self, kind: &str, name: &str, entry: &str) -> Result<String> {
        let Self(table) = self;
        let mut item = Item::from(Key::sandbox(kind, name));
        item.insert("entry".to_owned(), text(entry));
        if table.put_item(item).only_if(ABSENT).write().await? {
            return Ok(entry.to_owned());
        }
        let known = self.entry(kind, name).await?;
        known.ok_or_else(|| Error::Broken(format!("the sandbox lost {kind} {name}")))
    }

    /// The entry of that name.
    pub async fn entry(&self, kind: &str, name: &str) -> Result<Option<String>> {
        let item = self.0.get_item(Key::sandbox(kind, name), Read::Strong).await?;
        Ok(item.and_then(|item| item.get("entry")?.as_s().ok().cloned()))
    }

    /// Counts one more, and gives the count.
    pub async fn count(&self, kind: &str, name: &str) -> Result<u64> {
        let Self(table) = self;
        let count = table.update_at(Key::sandbox(kind, name)).add("seen :one").with(":one", number(1));
        let seen = count.returning_new().write_and_return().await?.unwrap_or_default();
        seen.get("seen")
            .and_then(|seen| seen.as_n().ok()?.parse().ok())
            .ok_or_else(|| Error::Broken(format!("the sandbox cannot count {kind} {name}")))
    }
}
