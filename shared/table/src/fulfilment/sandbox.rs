//! The memory of the sandbox providers: what they were asked, kept where every process sees it.
//!
//! It stands in for the provider's own database, so it has a client of its own that no cost counts.

use aws_sdk_dynamodb::types::ReturnValue;

use crate::dynamo::{ABSENT, Error, Item, Key, Read, Result, Table, failed, lost, number, text};

/// A provider's ledger under `SANDBOX#`.
#[derive(Clone, Debug)]
pub struct Sandbox(Table);

impl Sandbox {
    /// A ledger in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Writes an entry unless there is one, and gives back the one that is there then: idempotency by name.
    pub async fn once(&self, kind: &str, name: &str, entry: &str) -> Result<String> {
        let Self(table) = self;
        let mut item = Item::from(Key::sandbox(kind, name));
        item.insert("entry".to_owned(), text(entry));
        let put = table.client.put_item().table_name(&*table.name).set_item(Some(item));
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
        let item = self.0.get_item(Key::sandbox(kind, name), Read::Strong).await?;
        Ok(item.and_then(|item| item.get("entry")?.as_s().ok().cloned()))
    }

    /// Counts one more, and gives back how many that makes.
    pub async fn count(&self, kind: &str, name: &str) -> Result<u64> {
        let Self(table) = self;
        let update = table.client.update_item().table_name(&*table.name);
        let update = update
            .set_key(Some(Key::sandbox(kind, name).into()))
            .update_expression("ADD seen :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let seen = update.send().await.map_err(failed)?.attributes.unwrap_or_default();
        seen.get("seen")
            .and_then(|seen| seen.as_n().ok()?.parse().ok())
            .ok_or_else(|| Error::Broken(format!("the sandbox cannot count {kind} {name}")))
    }
}
