//! Items that are changed as a whole: read, changed by a rule of the domain, and written on condition that
//! nobody was faster.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::backoff::Backoff;
use super::calls::{ABSENT, Read};
use super::entity::{Entity, read};
use super::error::{Result, failed};
use super::handle::{Table, random};

/// Names the write that an item comes from, at random: what the next one's condition is about, and how a
/// writer whose answer was lost knows the item as its own.
const REVISION: &str = "revision";

impl Table {
    /// Reads an item, or begins with `empty`, lets `change` work on it, and writes it on condition that
    /// nobody has changed it meanwhile; else once more from the start. A refusal by `change` comes back as it
    /// is, and nothing is written then, nor when there is nothing new.
    ///
    /// `change` may meet its own work: when an answer is lost and somebody else writes before the SDK asks
    /// again.
    pub(crate) async fn change_whole<I: Entity + Clone + PartialEq, T, E>(
        &self,
        what: &'static str,
        empty: I,
        change: impl Fn(&mut I) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        let mut backoff = Backoff::new();
        loop {
            let item = self.get_item(empty.own_key(), Read::Strong).await?;
            let seen = item.as_ref().and_then(|item| item.get(REVISION)).cloned();
            let before = item.map(read).transpose()?.unwrap_or_else(|| empty.clone());
            let mut after = before.clone();
            let changed = change(&mut after);
            if changed.is_err() || after == before || self.write_whole(&after, seen).await? {
                return Ok(changed);
            }
            backoff.wait(what).await?;
        }
    }

    /// Writes an item in the place of the one that was `seen`. False when another is there meanwhile.
    async fn write_whole(&self, whole: &impl Entity, seen: Option<AttributeValue>) -> Result<bool> {
        let revision = AttributeValue::B(Blob::new(random::<16>()?));
        let mut item = whole.item()?;
        item.insert(REVISION.to_owned(), revision.clone());
        let put = self.client.put_item().table_name(&*self.name).set_item(Some(item));
        let put = match seen {
            Some(seen) => {
                put.condition_expression("revision = :seen").expression_attribute_values(":seen", seen)
            }
            None => put.condition_expression(ABSENT),
        };
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                Ok(refused.item().and_then(|there| there.get(REVISION)) == Some(&revision))
            }
            // A transaction that looks at it is under way.
            Some(PutItemError::TransactionConflictException(_)) => Ok(false),
            _ => Err(failed(error)),
        }
    }
}
