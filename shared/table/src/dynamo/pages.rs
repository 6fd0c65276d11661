//! Pages of lists.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures_util::future::try_join_all;

use super::attributes::{Item, text};
use super::calls::Read;
use super::error::{Result, failed};
use super::handle::Table;

/// The sort key of the last row of a page; the next page begins after it.
pub type ListPosition = String;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none on the last one.
    pub next: Option<ListPosition>,
}

impl Page<Item> {
    /// Reads each row.
    pub(crate) fn read<T>(self, row: impl Fn(Item) -> Result<T>) -> Result<Page<T>> {
        Ok(Page { rows: self.rows.into_iter().map(row).collect::<Result<_>>()?, next: self.next })
    }
}

/// A list in one partition or several. Its rows sort by time, then id, so the sort keys of all partitions
/// merge as texts.
pub(crate) struct List {
    /// The index that the list is read from; none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// Its partitions.
    pub(crate) partitions: Vec<String>,
}

impl List {
    /// The names of its partition key and sort key.
    fn keys(&self) -> (&'static str, &'static str) {
        match self.index {
            None => ("pk", "sk"),
            Some("gsi2") => ("pk", "gsi2sk"),
            Some(_) => ("gsi1pk", "gsi1sk"),
        }
    }

    /// The sort key of a row.
    pub(crate) fn position(&self, row: &Item) -> Option<String> {
        row.get(self.keys().1)?.as_s().ok().cloned()
    }
}

/// Which rows of a list. The default is all of them, the last first.
#[derive(Clone, Debug)]
pub(crate) struct Span<'a> {
    /// Whether the first row comes first.
    pub(crate) ascending: bool,
    /// The least and the greatest sort key, both included.
    pub(crate) range: Option<(String, String)>,
    /// Only the rows after this sort key.
    pub(crate) after: Option<&'a str>,
    /// The consistency of the reads.
    pub(crate) read_as: Read,
}

impl Default for Span<'_> {
    fn default() -> Self {
        Self { ascending: false, range: None, after: None, read_as: Read::Eventual }
    }
}

impl Table {
    /// One page of a list, newest first, after `before`.
    pub(crate) async fn newest(&self, list: &List, before: Option<&str>, limit: u32) -> Result<Page<Item>> {
        self.rows(list, &Span { after: before, ..Span::default() }, limit).await
    }

    /// Up to `limit` rows of a list.
    pub(crate) async fn rows(&self, list: &List, span: &Span<'_>, limit: u32) -> Result<Page<Item>> {
        self.rows_of(list, span, limit, limit).await
    }

    /// Up to `limit` rows of a list, after reading up to `each` of each of its partitions.
    pub(crate) async fn rows_of(
        &self,
        list: &List,
        span: &Span<'_>,
        each: u32,
        limit: u32,
    ) -> Result<Page<Item>> {
        let (pk, sk) = list.keys();
        let pages = list
            .partitions
            .iter()
            .map(|partition| page(self.query(list.index, (pk, partition)), pk, sk, span, each));
        let pages = try_join_all(pages).await?;
        // A partition that gave as many rows as were asked for may have more. Only up to its last row is the
        // merged list complete.
        let full = pages.iter().filter(|page| page.len() == each as usize);
        let ends = full.filter_map(|page| list.position(page.last()?));
        let known = if span.ascending { ends.min() } else { ends.max() };
        let mut rows: Vec<_> = pages.into_iter().flatten().collect();
        rows.sort_by_cached_key(|row| list.position(row));
        if !span.ascending {
            rows.reverse();
        }
        let is_known = |row: &Item| match (&known, list.position(row)) {
            (Some(known), Some(place)) if span.ascending => place <= *known,
            (Some(known), Some(place)) => place >= *known,
            _ => true,
        };
        rows.retain(is_known);
        let more = known.is_some() || rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).and_then(|row| list.position(row));
        Ok(Page { rows, next })
    }

    /// Up to `limit` items of a partition after `position`, in the order of their sort keys.
    pub(crate) async fn after(
        &self,
        pk: &str,
        position: Option<&str>,
        limit: u32,
        read_as: Read,
    ) -> Result<Vec<Item>> {
        let span = Span { ascending: true, after: position, read_as, ..Span::default() };
        page(self.query(None, ("pk", pk)), "pk", "sk", &span, limit).await
    }
}

/// Up to `limit` items of a partition.
async fn page(
    query: QueryFluentBuilder,
    pk: &str,
    sk: &str,
    span: &Span<'_>,
    limit: u32,
) -> Result<Vec<Item>> {
    let query = query
        .scan_index_forward(span.ascending)
        .set_consistent_read((span.read_as == Read::Strong).then_some(true));
    let side = if span.ascending { '>' } else { '<' };
    let (query, rows) = match (&span.range, span.after) {
        (None, None) => (query, limit),
        (None, Some(after)) => {
            let query =
                query.key_condition_expression(format!("{pk} = :partition AND {sk} {side} :position"));
            (query.expression_attribute_values(":position", text(after)), limit)
        }
        (Some((low, high)), after) => {
            let low = after.filter(|after| span.ascending && *after > low.as_str()).unwrap_or(low);
            let high = after.filter(|after| !span.ascending && *after < high.as_str()).unwrap_or(high);
            if low > high {
                return Ok(Vec::new());
            }
            let query = query
                .key_condition_expression(format!("{pk} = :partition AND {sk} BETWEEN :low AND :high"))
                .expression_attribute_values(":low", text(low))
                .expression_attribute_values(":high", text(high));
            // `BETWEEN` includes both ends, so the last row of the page before is read again, and left out.
            (query, limit + u32::from(after.is_some()))
        }
    };
    let found = query.limit(i32::try_from(rows).unwrap_or(i32::MAX)).send().await;
    let mut found = found.map_err(failed)?.items.unwrap_or_default();
    found.retain(|row| {
        let position = row.get(sk).and_then(|sk| sk.as_s().ok()).map(String::as_str);
        position.is_none() || position != span.after
    });
    found.truncate(limit as usize);
    Ok(found)
}
