//! Pages of lists.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures_util::future::try_join_all;

use super::attributes::{Item, text};
use super::calls::Read;
use super::error::{Result, failed};
use super::handle::Table;

/// Where a page of a list ended: the sort key of its last row.
pub type ListPosition = String;

/// A list that several partitions share. Its rows sort by time, then id, so that their sort keys merge as
/// texts.
pub(crate) struct List {
    /// The index that it is read from; none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// Its partitions.
    pub(crate) partitions: Vec<String>,
}

impl List {
    /// The attributes that its keys are in.
    fn keys(&self) -> (&'static str, &'static str) {
        match self.index {
            None => ("pk", "sk"),
            Some("gsi2") => ("pk", "gsi2sk"),
            Some(_) => ("gsi1pk", "gsi1sk"),
        }
    }

    /// Where a row of it stands.
    pub(crate) fn position(&self, row: &Item) -> Option<String> {
        row.get(self.keys().1)?.as_s().ok().cloned()
    }
}

/// Which rows of a list: all of them, the last first, unless said otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Span<'a> {
    /// Whether it begins with the first.
    pub(crate) ascending: bool,
    /// The least and the greatest sort key, both included.
    pub(crate) range: Option<(String, String)>,
    /// Only what comes behind this.
    pub(crate) after: Option<&'a str>,
    /// How fresh.
    pub(crate) read_as: Read,
}

impl Default for Span<'_> {
    fn default() -> Self {
        Self { ascending: false, range: None, after: None, read_as: Read::Eventual }
    }
}

impl Table {
    /// One page of a list, newest first, after `before`; and where the next page begins, if there is one.
    pub(crate) async fn newest(
        &self,
        list: &List,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Item>, Option<ListPosition>)> {
        self.rows(list, &Span { after: before, ..Span::default() }, limit).await
    }

    /// Up to `limit` rows of a list; and where the next page begins, if there is one.
    pub(crate) async fn rows(
        &self,
        list: &List,
        span: &Span<'_>,
        limit: u32,
    ) -> Result<(Vec<Item>, Option<ListPosition>)> {
        self.rows_of(list, span, limit, limit).await
    }

    /// Up to `limit` rows of a list, of which `each` are read of each of its partitions; and where the next
    /// page begins.
    pub(crate) async fn rows_of(
        &self,
        list: &List,
        span: &Span<'_>,
        each: u32,
        limit: u32,
    ) -> Result<(Vec<Item>, Option<ListPosition>)> {
        let (pk, sk) = list.keys();
        let pages = list.partitions.iter().map(|partition| {
            let query =
                self.client.query().table_name(&*self.name).set_index_name(list.index.map(str::to_owned));
            page(query, (pk, partition), sk, span, each)
        });
        let pages = try_join_all(pages).await?;
        // A partition of which all was read that was asked for may go on; behind its last row the list is not
        // known.
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
        Ok((rows, next))
    }

    /// Up to `limit` items of a partition after `position`, in the order of their sort keys.
    pub(crate) async fn after(
        &self,
        pk: &str,
        position: Option<&str>,
        limit: u32,
        read_as: Read,
    ) -> Result<Vec<Item>> {
        let query = self.client.query().table_name(&*self.name);
        let span = Span { ascending: true, after: position, read_as, ..Span::default() };
        page(query, ("pk", pk), "sk", &span, limit).await
    }
}

/// Up to `limit` items of a partition.
async fn page(
    query: QueryFluentBuilder,
    (pk, partition): (&str, &str),
    sk: &str,
    span: &Span<'_>,
    limit: u32,
) -> Result<Vec<Item>> {
    let query = query
        .scan_index_forward(span.ascending)
        .expression_attribute_values(":partition", text(partition))
        .set_consistent_read((span.read_as == Read::Strong).then_some(true));
    let side = if span.ascending { '>' } else { '<' };
    let (query, rows) = match (&span.range, span.after) {
        (None, None) => (query.key_condition_expression(format!("{pk} = :partition")), limit),
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
            // With both ends, the row that the last page ended with is read once more, and left out.
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
