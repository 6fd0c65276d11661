//! The sparse `due` index: who owes something, since when.

use domain::Timestamp;

use crate::chart::{Due, shard, who};
use crate::dynamo::{Key, Result, Table, failed, lost, number, text};

impl Table {
    /// Moves an item in the `due` index, on condition that nobody has since it was `seen`, nor its version if
    /// it has one.
    pub(crate) async fn remind(
        &self,
        key: Key,
        who: Due,
        (seen, version): (Option<Timestamp>, Option<u64>),
        next: Option<Timestamp>,
        attempts: u32,
    ) -> Result<bool> {
        let Some(seen) = seen else { return Ok(false) };
        let update = self.client.update_item().table_name(&*self.name).set_key(Some(key.into()));
        let update = update
            .expression_attribute_values(":seen", number(seen.millis()))
            .expression_attribute_values(":attempts", number(attempts));
        let update = match version {
            Some(version) => update
                .condition_expression("due_at = :seen AND version = :version")
                .expression_attribute_values(":version", number(version)),
            None => update.condition_expression("due_at = :seen"),
        };
        let update = match next {
            Some(next) => update
                .update_expression("SET attempts = :attempts, due_at = :next, due = :shard")
                .expression_attribute_values(":next", number(next.millis()))
                .expression_attribute_values(":shard", text(shard(who))),
            None => update.update_expression("SET attempts = :attempts REMOVE due_at, due"),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Puts an item into the index as due now, on condition of its version. The sweeper may be about to write
    /// another time: whichever comes last, it is looked at.
    pub(crate) async fn redrive(&self, key: Key, who: Due, version: u64) -> Result<bool> {
        let update = self.client.update_item().table_name(&*self.name).set_key(Some(key.into()));
        let update = update
            .update_expression("SET attempts = :zero, due_at = :now, due = :shard")
            .condition_expression("version = :version")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", number(self.now().millis()))
            .expression_attribute_values(":shard", text(shard(who)))
            .expression_attribute_values(":version", number(version));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Who in one shard is due by `until`, the longest due first; at most `limit`. The index may be a moment
    /// stale, so whoever acts on it asks the item itself.
    pub async fn due(&self, shard: u128, until: Timestamp, limit: u32) -> Result<Vec<Due>> {
        let query = self.client.query().table_name(&*self.name).index_name("due");
        let query = query
            .key_condition_expression("due = :shard AND due_at <= :until")
            .expression_attribute_values(":shard", text(format_args!("DUE#{shard}")))
            .expression_attribute_values(":until", number(until.millis()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let items = query.send().await.map_err(failed)?.items.unwrap_or_default();
        // What nobody can read keeps nobody else waiting; `shop doctor` names it, too.
        let readable =
            |item| who(item).inspect_err(|cause| tracing::error!(%cause, "an entry that is not swept"));
        Ok(items.iter().filter_map(|item| readable(item).ok()).collect())
    }
}
