//! Pages of lists.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures_util::future::try_join_all;

use crate::item::{Item, text};
use crate::{Result, Store, failed};

/// Where a page of a list ended: the sort key of its last row.
pub type ListPosition = String;

/// A list that several partitions share. Its rows sort by time, then id, so that their sort keys merge as texts.
pub(crate) struct List {
    /// The index that it is read from; none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// Its partitions.
    pub(crate) partitions: Vec<String>,
}

impl List {
    /// The attributes that its keys are in.
    fn keys(&self) -> (&'static str, &'static str) {
        if self.index.is_some() { ("gsi1pk", "gsi1sk") } else { ("pk", "sk") }
    }

    fn position(&self, row: &Item) -> Option<String> {
        row.get(self.keys().1)?.as_s().ok().cloned()
    }
}

impl Store {
    /// One page of a list, newest first, after `before`; and where the next page begins, if there is one.
    pub(crate) async fn newest(
        &self,
        list: &List,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Item>, Option<ListPosition>)> {
        let (pk, sk) = list.keys();
        let pages = list.partitions.iter().map(|partition| {
            let query =
                self.client.query().table_name(&*self.table).set_index_name(list.index.map(str::to_owned));
            page(query.scan_index_forward(false), (pk, partition), (sk, "<", before), limit)
        });
        let pages = try_join_all(pages).await?;
        let limit = limit as usize;
        // A partition that is full may go on even when the page is not.
        let more =
            pages.iter().any(|page| page.len() == limit) || pages.iter().map(Vec::len).sum::<usize>() > limit;
        let mut rows: Vec<_> = pages.into_iter().flatten().collect();
        rows.sort_by_cached_key(|row| std::cmp::Reverse(list.position(row)));
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).and_then(|row| list.position(row));
        Ok((rows, next))
    }

    /// Up to `limit` items of a partition after `position`, in the order of their sort keys.
    pub(crate) async fn after(&self, pk: &str, position: Option<&str>, limit: u32) -> Result<Vec<Item>> {
        let query = self.client.query().table_name(&*self.table);
        page(query, ("pk", pk), ("sk", ">", position), limit).await
    }
}

/// Up to `limit` items of a partition, on one side of a position.
async fn page(
    query: QueryFluentBuilder,
    (pk, partition): (&str, &str),
    (sk, side, position): (&str, &str, Option<&str>),
    limit: u32,
) -> Result<Vec<Item>> {
    let query = query.expression_attribute_values(":partition", text(partition));
    let query = match position {
        Some(position) => query
            .key_condition_expression(format!("{pk} = :partition AND {sk} {side} :position"))
            .expression_attribute_values(":position", text(position)),
        None => query.key_condition_expression(format!("{pk} = :partition")),
    };
    let found = query.limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await;
    Ok(found.map_err(failed)?.items.unwrap_or_default())
}
