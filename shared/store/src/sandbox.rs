//! The memory of the sandbox providers: what they were asked, kept where every process sees it.
//!
//! It stands in for the provider's own database, so it has a client of its own that no cost counts.

use aws_sdk_dynamodb::types::ReturnValue;

use crate::entity::Key;
use crate::item::{ABSENT, Item, Read, number, text};
use crate::{Error, Result, Store, failed, lost};

/// A provider's ledger under `SANDBOX#`.
#[derive(Clone, Debug)]
pub struct Sandbox(Store);

impl Sandbox {
    /// A ledger in this table.
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    pub(crate) fn key(kind: &str, name: &str) -> Key {
        Key::new(format_args!("SANDBOX#{kind}#{name}"), "ENTRY")
    }

    /// Writes an entry unless there is one, and gives back the one that is there then: idempotency by name.
    pub async fn once(&self, kind: &str, name: &str, entry: &str) -> Result<String> {
        let Self(store) = self;
        let mut item = Item::from(Self::key(kind, name));
        item.insert("entry".to_owned(), text(entry));
        let put = store.client.put_item().table_name(&*store.table).set_item(Some(item));
        match put.condition_expression(ABSENT).send().await {
            Ok(_) => Ok(entry.to_owned()),
            Err(error) if lost(&error) => {
                let known = self.entry(kind, name).await?;
                known.ok_or_else(|| Error::Broken(format!("the sandbox lost {kind} {name}")))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The entry of that name.
    pub async fn entry(&self, kind: &str, name: &str) -> Result<Option<String>> {
        let item = self.0.get_item(Self::key(kind, name), Read::Strong).await?;
        Ok(item.and_then(|item| item.get("entry")?.as_s().ok().cloned()))
    }

    /// Counts one more, and gives back how many that makes.
    pub async fn count(&self, kind: &str, name: &str) -> Result<u64> {
        let Self(store) = self;
        let update = store.client.update_item().table_name(&*store.table);
        let update = update
            .set_key(Some(Self::key(kind, name).into()))
            .update_expression("ADD seen :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let seen = update.send().await.map_err(failed)?.attributes.unwrap_or_default();
        seen.get("seen")
            .and_then(|seen| seen.as_n().ok()?.parse().ok())
            .ok_or_else(|| Error::Broken(format!("the sandbox cannot count {kind} {name}")))
    }
}
