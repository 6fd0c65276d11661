//! The sparse `due` index: the items that owe something, by the time when it is due.

use domain::Timestamp;

use crate::chart::{Due, shard, who};
use crate::dynamo::{Key, Result, Table, failed, number, text};

impl Table {
    /// Moves an item in the `due` index, on condition that its time is the one that was `seen`, and its
    /// version, if it has one. False when the condition fails.
    pub(crate) async fn remind(
        &self,
        key: Key,
        who: Due,
        (seen, version): (Option<Timestamp>, Option<u64>),
        next: Option<Timestamp>,
        attempts: u32,
    ) -> Result<bool> {
        let Some(seen) = seen else { return Ok(false) };
        let update = self
            .update_at(key)
            .set("attempts = :attempts")
            .only_if("due_at = :seen")
            .with(":seen", number(seen.millis()))
            .with(":attempts", number(attempts));
        let update = match version {
            Some(version) => update.only_if("version = :version").with(":version", number(version)),
            None => update,
        };
        match next {
            Some(next) => update
                .set("due_at = :next, due = :shard")
                .with(":next", number(next.millis()))
                .with(":shard", text(shard(who))),
            None => update.remove("due_at, due"),
        }
        .write()
        .await
    }

    /// Makes an item due now, on condition of its version. False when the version is another one. The sweeper
    /// may write another time meanwhile. It comes to the item after either write.
    pub(crate) async fn redrive(&self, key: Key, who: Due, version: u64) -> Result<bool> {
        self.update_at(key)
            .set("attempts = :zero, due_at = :now, due = :shard")
            .only_if("version = :version")
            .with(":zero", number(0))
            .with(":now", number(self.now().millis()))
            .with(":shard", text(shard(who)))
            .with(":version", number(version))
            .write()
            .await
    }

    /// What in one shard is due by `until`, the longest due first; at most `limit`. The index may be a moment
    /// behind, so a caller that acts on an entry reads the item first.
    pub async fn due(&self, shard: u128, until: Timestamp, limit: u32) -> Result<Vec<Due>> {
        let query = self
            .query(Some("due"), ("due", &format!("DUE#{shard}")))
            .key_condition_expression("due = :partition AND due_at <= :until")
            .expression_attribute_values(":until", number(until.millis()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let items = query.send().await.map_err(failed)?.items.unwrap_or_default();
        // An entry that cannot be read must not stop the others. `shop doctor` reports it, too.
        let readable =
            |item| who(item).inspect_err(|cause| tracing::error!(%cause, "an entry that is not swept"));
        Ok(items.iter().filter_map(|item| readable(item).ok()).collect())
    }
}
