//! Writes: one builder for updates, puts, deletes and condition checks, alone or in a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use super::attributes::{Item, number};
use super::backoff::until_won;
use super::entity::Entity;
use super::error::{Result, broken, failed, lost};
use super::handle::Table;
use super::key::Key;

/// There must be nothing under this key yet.
pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

/// A write to one item. It ends in [`write`](Self::write), which sends it alone, or in
/// [`in_transaction`](Self::in_transaction), which makes it a part of [`Table::transact`].
///
/// Decision: all writes of this crate are made here. The SDK has a builder for each kind of write and another
/// one for its form in a transaction, and each has an error type of its own. A condition and its values then
/// look the same in every place, a refused condition is always a value and never an error, and a conflict
/// with a transaction is always retried. Expressions stay DynamoDB's own text, so that `cargo guards` finds
/// each condition and a reader can look it up.
pub(crate) struct Write<'t, K> {
    table: &'t Table,
    kind: K,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    returns_old: bool,
}

/// Changes some attributes of an item, and makes the item where there is none.
pub(crate) struct Updates {
    key: Key,
    returns_new: bool,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete_from: Vec<String>,
}

/// Writes a whole item, in the place of any that is there.
pub(crate) struct Puts(Result<Item>);

/// Deletes an item; where there is none, nothing happens.
pub(crate) struct Deletes(Key);

/// Writes nothing, but refuses the transaction unless its condition holds.
pub(crate) struct Checks(Key);

impl Table {
    /// Changes some attributes of an entity.
    pub(crate) fn update<T: Entity>(&self, id: &T::Id) -> Write<'_, Updates> {
        self.update_at(T::key(id))
    }

    /// The same of the item under a key.
    pub(crate) fn update_at(&self, key: Key) -> Write<'_, Updates> {
        let (set, remove, add, delete_from) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.begin(Updates { key, returns_new: false, set, remove, add, delete_from })
    }

    /// Writes a whole entity. An entity that cannot be serialized is an error of the write's end.
    pub(crate) fn put<T: Entity>(&self, entity: &T) -> Write<'_, Puts> {
        self.begin(Puts(entity.item()))
    }

    /// Writes a whole item that is not an entity.
    pub(crate) fn put_item(&self, item: Item) -> Write<'_, Puts> {
        self.begin(Puts(Ok(item)))
    }

    /// Deletes an item.
    pub(crate) fn delete(&self, key: Key) -> Write<'_, Deletes> {
        self.begin(Deletes(key))
    }

    /// Checks an entity in a transaction that does not change it.
    pub(crate) fn check<T: Entity>(&self, id: &T::Id) -> Write<'_, Checks> {
        self.check_at(T::key(id))
    }

    /// The same of the item under a key.
    pub(crate) fn check_at(&self, key: Key) -> Write<'_, Checks> {
        self.begin(Checks(key))
    }

    fn begin<K>(&self, kind: K) -> Write<'_, K> {
        let (names, values) = (HashMap::new(), HashMap::new());
        Write { table: self, kind, condition: None, names, values, returns_old: false }
    }
}

impl<K> Write<'_, K> {
    /// Writes only if this holds. Several conditions must all hold, so one that has an `OR` needs brackets
    /// beside others.
    pub(crate) fn only_if(mut self, condition: &str) -> Self {
        self.condition = Some(match self.condition {
            None => condition.to_owned(),
            Some(others) => format!("{others} AND {condition}"),
        });
        self
    }

    /// Writes only if the version is the one that was read.
    pub(crate) fn only_if_version(self, seen: u64) -> Self {
        self.only_if("version = :seen").with(":seen", number(seen))
    }

    /// The value of a placeholder like `:quantity`.
    pub(crate) fn with(mut self, placeholder: impl Into<String>, value: AttributeValue) -> Self {
        self.values.insert(placeholder.into(), value);
        self
    }

    /// The attribute that a placeholder like `#line` names.
    pub(crate) fn name(mut self, placeholder: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.names.insert(placeholder.into(), attribute.into());
        self
    }

    /// Asks for the item as it is when the condition refuses the write.
    pub(crate) fn returning_old(self) -> Self {
        Self { returns_old: true, ..self }
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    fn on_refusal(&self) -> Option<ReturnValuesOnConditionCheckFailure> {
        self.returns_old.then_some(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

impl Write<'_, Updates> {
    /// A clause of `SET`; several are joined.
    pub(crate) fn set(mut self, clause: impl Into<String>) -> Self {
        self.kind.set.push(clause.into());
        self
    }

    /// A clause of `REMOVE`; several are joined.
    pub(crate) fn remove(mut self, clause: impl Into<String>) -> Self {
        self.kind.remove.push(clause.into());
        self
    }

    /// A clause of `ADD`, for numbers and sets; several are joined.
    pub(crate) fn add(mut self, clause: impl Into<String>) -> Self {
        self.kind.add.push(clause.into());
        self
    }

    /// A clause of `DELETE`, which takes elements out of a set; several are joined.
    pub(crate) fn delete_from(mut self, clause: impl Into<String>) -> Self {
        self.kind.delete_from.push(clause.into());
        self
    }

    /// Asks for the item as the update leaves it. A transaction has no such answer.
    pub(crate) fn returning_new(mut self) -> Self {
        self.kind.returns_new = true;
        self
    }

    fn expression(&self) -> String {
        let Updates { set, remove, add, delete_from, .. } = &self.kind;
        let clauses = [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete_from)];
        let clauses = clauses.iter().filter(|(_, clauses)| !clauses.is_empty());
        let clauses: Vec<_> =
            clauses.map(|(word, clauses)| format!("{word} {}", clauses.join(", "))).collect();
        clauses.join(" ")
    }

    /// Sends the update. False when the condition refused it.
    pub(crate) async fn write(self) -> Result<bool> {
        Ok(self.write_and_return().await?.is_ok())
    }

    /// Sends the update, and gives the item as [`returning_new`](Self::returning_new) asks for it; or, when
    /// the condition refused the update, as [`returning_old`](Self::returning_old) does, if there is one.
    pub(crate) async fn write_and_return(self) -> Result<Result<Item, Option<Item>>> {
        let request = self.table.client.update_item().table_name(&*self.table.name);
        let request = request
            .set_key(Some(self.kind.key.clone().into()))
            .update_expression(self.expression())
            .set_condition_expression(self.condition.clone())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .set_return_values(self.kind.returns_new.then_some(ReturnValue::AllNew))
            .set_return_values_on_condition_check_failure(self.on_refusal());
        until_won(IN_TRANSACTION, async || match request.clone().send().await {
            Ok(updated) => Ok(Some(Ok(updated.attributes.unwrap_or_default()))),
            Err(error) => refusal(error),
        })
        .await
    }

    /// The update as a part of a transaction.
    pub(crate) fn in_transaction(self) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&*self.table.name)
            .update_expression(self.expression())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .set_return_values_on_condition_check_failure(self.on_refusal())
            .set_condition_expression(self.condition)
            .set_key(Some(self.kind.key.into()));
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }
}

impl Write<'_, Puts> {
    /// Sends the put. False when the condition refused it.
    pub(crate) async fn write(self) -> Result<bool> {
        Ok(self.write_and_return().await?.is_ok())
    }

    /// Sends the put; when the condition refused it, gives the item as
    /// [`returning_old`](Self::returning_old) asks for it, if there is one.
    pub(crate) async fn write_and_return(self) -> Result<Result<(), Option<Item>>> {
        let (names, values, on_refusal) = (self.names(), self.values(), self.on_refusal());
        let request = self.table.client.put_item().table_name(&*self.table.name);
        let request = request
            .set_item(Some(self.kind.0?))
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_return_values_on_condition_check_failure(on_refusal);
        until_won(IN_TRANSACTION, async || match request.clone().send().await {
            Ok(_) => Ok(Some(Ok(()))),
            Err(error) => refusal(error),
        })
        .await
    }

    /// The put as a part of a transaction.
    pub(crate) fn in_transaction(self) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&*self.table.name)
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .set_return_values_on_condition_check_failure(self.on_refusal())
            .set_condition_expression(self.condition)
            .set_item(Some(self.kind.0?));
        Ok(TransactWriteItem::builder().put(put.build().map_err(broken)?).build())
    }
}

impl Write<'_, Deletes> {
    /// Sends the delete. False when the condition refused it.
    pub(crate) async fn write(self) -> Result<bool> {
        let (names, values) = (self.names(), self.values());
        let request = self.table.client.delete_item().table_name(&*self.table.name);
        let request = request
            .set_key(Some(self.kind.0.into()))
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let deleted = until_won(IN_TRANSACTION, async || match request.clone().send().await {
            Ok(_) => Ok(Some(Ok(()))),
            Err(error) => refusal(error),
        });
        Ok(deleted.await?.is_ok())
    }

    /// The delete as a part of a transaction.
    pub(crate) fn in_transaction(self) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&*self.table.name)
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .set_condition_expression(self.condition)
            .set_key(Some(self.kind.0.into()));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(broken)?).build())
    }
}

impl Write<'_, Checks> {
    /// The check as a part of a transaction.
    pub(crate) fn in_transaction(self) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&*self.table.name)
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .set_condition_expression(self.condition)
            .set_key(Some(self.kind.0.into()));
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(broken)?).build())
    }
}

/// What a single write waits for when it is retried.
const IN_TRANSACTION: &str = "an item in a transaction";

/// What an error of a single write means. `Some(Err(…))` is a refusal, with the item that the condition
/// found. None means that a transaction has the item: nothing was written, and the write may be sent again.
fn refusal<T, E, R>(error: SdkError<E, R>) -> Result<Option<Result<T, Option<Item>>>>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let answer = error.as_service_error();
    if answer.and_then(ProvideErrorMetadata::code) == Some("TransactionConflictException") {
        return Ok(None);
    }
    if !lost(&error) {
        return Err(failed(error));
    }
    let refused =
        answer.and_then(|answer| answer.source()?.downcast_ref::<ConditionalCheckFailedException>());
    Ok(Some(Err(refused.and_then(|refused| refused.item().cloned()))))
}
