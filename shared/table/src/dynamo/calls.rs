//! Reads and transactions.

use std::collections::HashSet;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, KeysAndAttributes, TransactWriteItem};

use super::attributes::{Item, text};
use super::backoff::Backoff;
use super::entity::{Entity, read};
use super::error::{Result, broken, failed};
use super::handle::{Table, random};
use super::key::Key;
use super::write::{ABSENT, Puts, Write};

/// The consistency of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Consistent: sees all earlier writes. One read unit for 4 KB.
    Strong,
    /// Eventually consistent: may be a moment old. Half a read unit for 4 KB. For data that is only shown, or
    /// that a later condition checks.
    Eventual,
}

/// More than any partition holds that is read whole: a product has at most 200 stocks and a few other items.
pub(crate) const MOST_IN_PARTITION: i32 = 250;

/// How a transaction ended.
pub(crate) enum Written {
    /// All of it was written.
    All,
    /// None of it was written. A reason for each item, in the order of the request.
    Refused(Vec<CancellationReason>),
}

impl Table {
    /// The entity with this id; none when there is none.
    pub(crate) async fn get<T: Entity>(&self, id: &T::Id, read_as: Read) -> Result<Option<T>> {
        self.get_item(T::key(id), read_as).await?.map(read).transpose()
    }

    /// The same for entities that are seldom missing: an eventually consistent read, and a consistent one
    /// only when the first finds nothing, because the entity may be new.
    pub(crate) async fn get_settled<T: Entity>(&self, id: &T::Id) -> Result<Option<T>> {
        match self.get(id, Read::Eventual).await? {
            Some(found) => Ok(Some(found)),
            None => self.get(id, Read::Strong).await,
        }
    }

    pub(crate) async fn get_item(&self, key: Key, read_as: Read) -> Result<Option<Item>> {
        let get = self.client.get_item().table_name(&*self.name).set_key(Some(key.into()));
        Ok(get.consistent_read(read_as == Read::Strong).send().await.map_err(failed)?.item)
    }

    /// A query of one partition of the table or of an index; `pk` names the partition key.
    pub(crate) fn query(
        &self,
        index: Option<&'static str>,
        (pk, partition): (&str, &str),
    ) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&*self.name).set_index_name(index.map(str::to_owned));
        query
            .key_condition_expression(format!("{pk} = :partition"))
            .expression_attribute_values(":partition", text(partition))
    }

    /// All items of a partition that holds a handful by design.
    pub(crate) async fn partition(&self, pk: &str, read_as: Read) -> Result<Vec<Item>> {
        Ok(self
            .query(None, ("pk", pk))
            .limit(MOST_IN_PARTITION)
            .consistent_read(read_as == Read::Strong)
            .send()
            .await
            .map_err(failed)?
            .items
            .unwrap_or_default())
    }

    /// Many items at once, in no order. Missing ones are left out. DynamoDB gives at most 100 a call.
    pub(crate) async fn batch(&self, keys: Vec<Key>, read_as: Read) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        let mut ahead: Vec<Item> = keys.into_iter().map(Into::into).collect();
        let mut backoff = Backoff::new();
        while !ahead.is_empty() {
            let later = ahead.split_off(ahead.len().min(100));
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(ahead))
                .consistent_read(read_as == Read::Strong)
                .build()
                .map_err(broken)?;
            let answer = self.client.batch_get_item().request_items(&*self.name, wanted).send().await;
            let answer = answer.map_err(failed)?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            // DynamoDB may answer in part when it is busy.
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            let left: Vec<Item> = left.flat_map(|wanted| wanted.keys).collect();
            if !left.is_empty() {
                backoff.wait("a batch of reads").await?;
            }
            ahead = left.into_iter().chain(later).collect();
        }
        Ok(found)
    }

    /// Many items that are seldom missing, in no order: eventually consistent reads, and consistent ones of
    /// the items that those did not find, because they may be new.
    pub(crate) async fn batch_settled(&self, keys: Vec<Key>) -> Result<Vec<Item>> {
        let mut found = self.batch(keys.clone(), Read::Eventual).await?;
        let there: HashSet<_> = found.iter().filter_map(Key::of).collect();
        let missing: Vec<_> = keys.into_iter().filter(|key| !there.contains(key)).collect();
        if !missing.is_empty() {
            found.extend(self.batch(missing, Read::Strong).await?);
        }
        Ok(found)
    }

    /// Deletes an entity that is as it was read, for a transaction.
    pub(crate) fn forget<T: Entity>(&self, entity: &T, version: u64) -> Result<TransactWriteItem> {
        self.delete(entity.own_key()).only_if_version(version).in_transaction()
    }

    /// Puts `after` in the place of what was read at version `seen`, for a transaction.
    pub(crate) fn replacing<T: Entity>(&self, seen: u64, after: &T) -> Result<TransactWriteItem> {
        self.put(after).only_if_version(seen).in_transaction()
    }

    /// An entity must be as it was read, for a transaction that does not change it.
    pub(crate) fn unchanged<T: Entity>(&self, seen: &T, version: u64) -> Result<TransactWriteItem> {
        self.check_at(seen.own_key()).only_if_version(version).in_transaction()
    }

    /// Puts `after` in the place of what was read at version `seen`. False when another writer was faster.
    pub(crate) async fn replace<T: Entity + PartialEq>(&self, seen: u64, after: &T) -> Result<bool> {
        self.put_if(|put| put.only_if_version(seen), after).await
    }

    /// Puts an entity where there is none yet. False when another writer was faster.
    pub(crate) async fn create<T: Entity + PartialEq>(&self, new: &T) -> Result<bool> {
        self.put_if(|put| put.only_if(ABSENT), new).await
    }

    async fn put_if<'t, T: Entity + PartialEq>(
        &'t self,
        condition: impl FnOnce(Write<'t, Puts>) -> Write<'t, Puts>,
        after: &T,
    ) -> Result<bool> {
        let Err(there) = condition(self.put(after)).returning_old().write_and_return().await? else {
            return Ok(true);
        };
        // The SDK's own retry after a lost answer is refused by what the first try wrote.
        Ok(there.map(read).transpose()?.as_ref() == Some(after))
    }

    /// Writes all or nothing. Conflicts with other writers are retried inside the time budget; a refusal is
    /// returned with its reasons. All rounds have one client request token, so neither the SDK's own retries
    /// nor a round after a lost answer write twice.
    pub(crate) async fn transact(
        &self,
        what: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Written> {
        let mut backoff = Backoff::new();
        let token = format!("{:x}", u128::from_be_bytes(random()?));
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let request = request.client_request_token(&token);
            let Err(error) = request.send().await else { return Ok(Written::All) };
            match reasons(&error) {
                Some(reasons) if reasons.iter().any(refused) => {
                    // An item in conflict may have a refusal as well, and callers need all of them: retry
                    // while there is time.
                    if !reasons.iter().any(in_conflict) || backoff.wait(what).await.is_err() {
                        return Ok(Written::Refused(reasons));
                    }
                }
                Some(_) => backoff.wait(what).await?,
                None => return Err(failed(error)),
            }
        }
    }
}

fn reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<CancellationReason>> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            Some(cancelled.cancellation_reasons().to_vec())
        }
        // Another request with this token is under way: wait for its end, then send again.
        Some(error) if error.code() == Some("TransactionInProgressException") => Some(Vec::new()),
        _ => None,
    }
}

/// Whether a condition refused this item: the only reason for which a retry cannot help.
pub(crate) fn refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn in_conflict(reason: &CancellationReason) -> bool {
    reason.code() == Some("TransactionConflict")
}
