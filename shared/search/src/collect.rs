//! Goes once over everything that a query finds: counts it, tallies the facets, and keeps the first hits
//! behind a position.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::{Id as _, ProductId};
use serde::{Deserialize, Serialize};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, TantivyError};

use crate::facets::Tally;
use crate::labels::{AllColumns, Columns};

/// The order of the hits. Equal ones follow by id, the newest product first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The best match first.
    Relevance,
    /// The newest product first.
    Newest,
    /// The lowest price first.
    PriceAscending,
    /// The highest price first.
    PriceDescending,
    /// By name, in the order of the alphabet, without case and accents.
    Name,
    /// The best average first, then the one with more reviews.
    Rating,
}

/// Where a hit stands in the sort order. Smaller ones come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// A number; reversed where the greatest comes first.
    Number(u64),
    /// A folded name.
    Name(String),
}

/// A found product and its position, from which a next page goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Where it stands.
    pub place: Place,
    /// The product.
    pub id: ProductId,
}

impl Hit {
    fn rank(&self) -> (&Place, Reverse<u128>) {
        (&self.place, Reverse(self.id.bits()))
    }
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a query finds.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) hits: Vec<Hit>,
    pub(crate) total: u64,
}

/// Tallies that segments count in, one after the other. A tally for each segment would take longer to make
/// and to add up than most queries take to count.
#[derive(Clone, Default)]
pub(crate) struct Tallies(Arc<Mutex<Vec<Tally>>>);

impl Tallies {
    fn all(&self) -> MutexGuard<'_, Vec<Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, columns: &AllColumns) -> Tally {
        self.all().pop().unwrap_or_else(|| Tally::new(columns))
    }

    /// The sum of all.
    pub(crate) fn sum(&self, columns: &AllColumns) -> Tally {
        let mut all = std::mem::take(&mut *self.all()).into_iter();
        let mut sum = all.next().unwrap_or_else(|| Tally::new(columns));
        all.for_each(|tally| sum.merge(&tally));
        sum
    }
}

/// What to collect.
pub(crate) struct Hits<'a> {
    pub(crate) columns: &'a AllColumns,
    pub(crate) sort: Sort,
    pub(crate) after: Option<&'a Hit>,
    pub(crate) limit: usize,
    /// To count facets with.
    pub(crate) tallies: Option<Tallies>,
}

impl Collector for Hits<'_> {
    type Fruit = Collected;
    type Child = SegmentHits;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentHits> {
        let missing = || TantivyError::InternalError("a segment without columns".to_owned());
        let columns = self.columns.of(segment).ok_or_else(missing)?;
        let after = self.after.map(|hit| match (&hit.place, &columns.name) {
            (Place::Number(number), _) => (*number, Some(Reverse(hit.id.bits()))),
            (Place::Name(_), None) => (0, Some(Reverse(hit.id.bits()))),
            (Place::Name(name), Some(names)) => {
                let ord = first_ord_from(names, name);
                let has_name = text_of(names, ord).as_ref() == Some(name);
                (ord, has_name.then_some(Reverse(hit.id.bits())))
            }
        });
        Ok(SegmentHits {
            sort: self.sort,
            after,
            limit: self.limit,
            first: BinaryHeap::new(),
            total: 0,
            tally: self.tallies.as_ref().map(|tallies| (tallies.take(self.columns), tallies.clone())),
            columns,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Relevance
    }

    fn merge_fruits(&self, parts: Vec<Collected>) -> tantivy::Result<Collected> {
        let mut all = Collected::default();
        for part in parts {
            all.hits.extend(part.hits);
            all.total += part.total;
        }
        all.hits.sort_unstable();
        all.hits.truncate(self.limit);
        Ok(all)
    }
}

/// The hits of one segment. In it, a name is the number that the segment gives it.
pub(crate) struct SegmentHits {
    columns: Arc<Columns>,
    sort: Sort,
    /// The place of the last hit of the page before and its id; no id if this segment lacks its name.
    after: Option<(u64, Option<Reverse<u128>>)>,
    limit: usize,
    first: BinaryHeap<(u64, Reverse<u128>)>,
    total: u64,
    tally: Option<(Tally, Tallies)>,
}

impl SegmentHits {
    fn place(&self, doc: DocId, score: Score) -> u64 {
        let columns = &self.columns;
        let number = |column: &Option<tantivy::columnar::Column<u64>>| {
            column.as_ref().and_then(|column| column.first(doc)).unwrap_or_default()
        };
        match self.sort {
            // A score is not negative, so its bits sort as it does.
            Sort::Relevance => u64::from(u32::MAX - score.max(0.0).to_bits()),
            Sort::Newest => u64::MAX - number(&columns.created),
            Sort::PriceAscending => number(&columns.price),
            Sort::PriceDescending => u64::MAX - number(&columns.price),
            Sort::Rating => u64::MAX - number(&columns.rating),
            Sort::Name => columns.name.as_ref().and_then(|name| name.ords().first(doc)).unwrap_or_default(),
        }
    }

    fn id(&self, doc: DocId) -> u128 {
        let halves = self.columns.id.as_ref().and_then(|(high, low)| high.first(doc).zip(low.first(doc)));
        let (high, low) = halves.unwrap_or_default();
        u128::from(high) << 64 | u128::from(low)
    }
}

impl SegmentCollector for SegmentHits {
    type Fruit = Collected;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        if let Some((tally, _)) = &mut self.tally {
            tally.count(&self.columns, doc);
        }
        let place = self.place(doc, score);
        if self.first.len() >= self.limit && self.first.peek().is_none_or(|(last, _)| place > *last) {
            return;
        }
        let rank = (place, Reverse(self.id(doc)));
        let is_behind = match self.after {
            None => true,
            Some((after, Some(id))) => rank > (after, id),
            Some((after, None)) => place >= after,
        };
        if !is_behind {
            return;
        }
        self.first.push(rank);
        if self.first.len() > self.limit {
            self.first.pop();
        }
    }

    fn harvest(self) -> Collected {
        let named = |place: u64| match (self.sort, &self.columns.name) {
            (Sort::Name, Some(names)) => Place::Name(text_of(names, place).unwrap_or_default()),
            _ => Place::Number(place),
        };
        let hits = self
            .first
            .into_iter()
            .map(|(place, Reverse(id))| Hit { place: named(place), id: ProductId::from_bits(id) });
        let found = Collected { hits: hits.collect(), total: self.total };
        if let Some((tally, all)) = self.tally {
            all.all().push(tally);
        }
        found
    }
}

fn text_of(column: &StrColumn, ord: u64) -> Option<String> {
    let mut text = String::new();
    column.ord_to_str(ord, &mut text).ok().filter(|found| *found).map(|_| text)
}

/// The number of the first text that is not before this one.
fn first_ord_from(column: &StrColumn, text: &str) -> u64 {
    let (mut low, mut high) = (0, u64::try_from(column.num_terms()).unwrap_or_default());
    while low < high {
        let middle = low + (high - low) / 2;
        match text_of(column, middle) {
            Some(found) if found.as_str() < text => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}
