//! Items that are changed as a whole: read, changed by a rule of the domain, and written on condition that
//! no other writer was faster.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::backoff::until_won;
use super::calls::Read;
use super::entity::{Entity, read};
use super::error::Result;
use super::handle::{Table, random};
use super::write::ABSENT;

/// A random value that each write gives the item. The next write has it as its condition, and a writer whose
/// answer was lost recognizes its own item by it.
const REVISION: &str = "revision";

impl Table {
    /// Reads an item, or begins with `empty`, applies `change`, and writes the result on condition that the
    /// item is as it was read; retries when it is not. A refusal by `change` is returned as it is. Nothing is
    /// written after a refusal, or when `change` changes nothing.
    ///
    /// `change` may see its own result: when an answer is lost and another writer is faster than the SDK's
    /// own retry.
    pub(crate) async fn change_whole<I: Entity + Clone + PartialEq, T, E>(
        &self,
        what: &'static str,
        empty: I,
        change: impl Fn(&mut I) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        until_won(what, async || {
            let item = self.get_item(empty.own_key(), Read::Strong).await?;
            let seen = item.as_ref().and_then(|item| item.get(REVISION)).cloned();
            let before = item.map(read).transpose()?.unwrap_or_else(|| empty.clone());
            let mut after = before.clone();
            let changed = change(&mut after);
            let is_done = changed.is_err() || after == before || self.write_whole(&after, seen).await?;
            Ok(is_done.then_some(changed))
        })
        .await
    }

    /// Writes an item in the place of the one with the revision `seen`. False when another writer was faster.
    async fn write_whole(&self, whole: &impl Entity, seen: Option<AttributeValue>) -> Result<bool> {
        let revision = AttributeValue::B(Blob::new(random::<16>()?));
        let mut item = whole.item()?;
        item.insert(REVISION.to_owned(), revision.clone());
        let put = self.put_item(item).returning_old();
        let put = match seen {
            Some(seen) => put.only_if("revision = :seen").with(":seen", seen),
            None => put.only_if(ABSENT),
        };
        let Err(there) = put.write_and_return().await? else { return Ok(true) };
        Ok(there.is_some_and(|there| there.get(REVISION) == Some(&revision)))
    }
}
