//! The few DynamoDB calls that everything else is made of.

use std::collections::HashSet;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};

use super::attributes::{Item, number, text};
use super::backoff::Backoff;
use super::entity::{Entity, read};
use super::error::{Result, broken, failed};
use super::handle::{Table, random};
use super::key::Key;

/// There must be nothing under this key yet.
pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

/// How fresh a read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Everything that was written before: a whole read unit.
    Strong,
    /// Perhaps a moment old: half a unit. For what a later condition checks again, and for what is only
    /// shown.
    Eventual,
}

/// How a transaction ended.
pub(crate) enum Written {
    /// All of it was written.
    All,
    /// None of it: the reason for each item, in the order of the request.
    Refused(Vec<CancellationReason>),
}

impl Table {
    /// The entity with this id, if there is one.
    pub(crate) async fn get<T: Entity>(&self, id: &T::Id, read_as: Read) -> Result<Option<T>> {
        self.get_item(T::key(id), read_as).await?.map(read).transpose()
    }

    /// The same for what is seldom missing: a cheap read, and a strong one only when it finds nothing, for
    /// what was written moments ago may not have got there.
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

    /// All items under a partition key that holds a handful by design.
    pub(crate) async fn partition(&self, pk: &str, read_as: Read) -> Result<Vec<Item>> {
        let query = self.client.query().table_name(&*self.name).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", text(pk)).limit(100);
        Ok(query
            .consistent_read(read_as == Read::Strong)
            .send()
            .await
            .map_err(failed)?
            .items
            .unwrap_or_default())
    }

    /// Many items at once, in no order; what is not there is left out. DynamoDB gives at most 100 a call.
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

    /// Many items that are seldom missing, in no order: cheap reads, and strong ones of what those did not
    /// find, for what was written moments ago may not have got there.
    pub(crate) async fn batch_settled(&self, keys: Vec<Key>) -> Result<Vec<Item>> {
        let mut found = self.batch(keys.clone(), Read::Eventual).await?;
        let there: HashSet<_> = found.iter().filter_map(Key::of).collect();
        let missing: Vec<_> = keys.into_iter().filter(|key| !there.contains(key)).collect();
        if !missing.is_empty() {
            found.extend(self.batch(missing, Read::Strong).await?);
        }
        Ok(found)
    }

    /// Deleting twice does no harm.
    pub(crate) async fn delete(&self, key: Key) -> Result<()> {
        let delete = self.client.delete_item().table_name(&*self.name).set_key(Some(key.into()));
        delete.send().await.map_err(failed).map(drop)
    }

    /// Deletes an entity that is as it was read, for a transaction.
    pub(crate) fn forget<T: Entity>(&self, entity: &T, version: u64) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&*self.name)
            .set_key(Some(entity.own_key().into()))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(version));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(broken)?).build())
    }

    /// A put, for a transaction.
    pub(crate) fn put<T: Entity>(&self, entity: &T) -> Result<PutBuilder> {
        Ok(Put::builder().table_name(&*self.name).set_item(Some(entity.item()?)))
    }

    /// A put in the place of what was read at version `seen`, for a transaction; refused when that has
    /// changed.
    pub(crate) fn replacing<T: Entity>(&self, seen: u64, after: &T) -> Result<TransactWriteItem> {
        let replace = self.put(after)?.condition_expression("version = :seen");
        put(replace.expression_attribute_values(":seen", number(seen)))
    }

    /// An entity must be as it was read, for a transaction.
    pub(crate) fn unchanged<T: Entity>(&self, seen: &T, version: u64) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&*self.name)
            .set_key(Some(seen.own_key().into()))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(version));
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(broken)?).build())
    }

    /// Writes an entity in the place of what was read at version `seen`. False when somebody else was faster.
    pub(crate) async fn replace<T: Entity + PartialEq>(&self, seen: u64, after: &T) -> Result<bool> {
        let put = self.client.put_item().table_name(&*self.name).set_item(Some(after.item()?));
        let put = put
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(seen))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(true) };
        let refused = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => refused,
            // A transaction that looks at it is under way.
            Some(PutItemError::TransactionConflictException(_)) => return Ok(false),
            _ => return Err(failed(error)),
        };
        // The SDK's own retry after a lost answer finds what it has written itself.
        let there: Option<T> = refused.item().cloned().map(read).transpose()?;
        Ok(there.as_ref() == Some(after))
    }

    /// Writes all or nothing. Conflicts with other writers are tried again inside the time budget; a refusal
    /// comes back with its reasons. DynamoDB is given one token for all rounds, so neither the SDK's own
    /// retries nor a round after a lost answer write twice.
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
                    // Of items that are in conflict it is not known yet whether they refuse; for as long as
                    // there is time.
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
        // Another request with this token is under way: wait for it to end, then ask again.
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

/// A put inside a transaction.
pub(crate) fn put(put: PutBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(broken)?).build())
}
