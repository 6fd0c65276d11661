//! The columns of each segment, opened once, and the labels of facets.
//!
//! A segment numbers its brands, values and categories by itself. Facets are counted over all segments, so
//! each number is translated into one of the whole index. A segment never changes, so a new snapshot reads
//! only its new segments: opening all segments again would cost more than most queries.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{DocId, SegmentReader};

use crate::error::Result;
use crate::ranges::{band, stars};
use crate::schema::{BRAND_LABEL, CATEGORY, CREATED, ID_HIGH, ID_LOW, NAME_KEY, PRICE, RATING, VALUE_LABEL};
use crate::words::fold;

/// The labels of one facet. Labels that differ only in case or accents are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    numbers: HashMap<String, u32>,
    pub(crate) names: Vec<String>,
}

impl Labels {
    fn number(&mut self, label: String) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let names = &mut self.names;
        *self.numbers.entry(fold(&label)).or_insert_with(|| {
            names.push(label);
            next
        })
    }
}

/// Stands for a label, a band or stars that a product lacks.
const NONE: u32 = u32::MAX;

/// What facets count of a product. All of it is in one place, because reading five columns for each found
/// product took most of the time of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) category: u32,
    pub(crate) brand: u32,
    first_value: u32,
    values: u16,
    pub(crate) band: u8,
    pub(crate) stars: u8,
}

/// The columns of a segment. One that an older index lacks is `None`.
pub(crate) struct Columns {
    pub(crate) id: Option<(Column<u64>, Column<u64>)>,
    pub(crate) price: Option<Column<u64>>,
    pub(crate) rating: Option<Column<u64>>,
    pub(crate) created: Option<Column<u64>>,
    pub(crate) name: Option<StrColumn>,
    facts: Vec<Facts>,
    values: Vec<u32>,
}

impl Columns {
    /// What facets count of a product, and the numbers of its values.
    pub(crate) fn facts(&self, doc: DocId) -> Option<(&Facts, &[u32])> {
        let facts = self.facts.get(index(doc))?;
        let from = index(facts.first_value);
        let values = self.values.get(from..from + usize::from(facts.values)).unwrap_or_default();
        Some((facts, values))
    }
}

pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A column of texts with the number of each.
struct Numbered {
    ords: Column<u64>,
    numbers: Vec<u32>,
}

impl Numbered {
    fn open(column: Option<StrColumn>, labels: &mut Arc<Labels>) -> Result<Option<Self>> {
        let Some(column) = column else { return Ok(None) };
        let labels = Arc::make_mut(labels);
        let mut numbers = Vec::with_capacity(column.num_terms());
        let mut terms = column.dictionary().stream()?;
        while terms.advance() {
            numbers.push(labels.number(String::from_utf8_lossy(terms.key()).into_owned()));
        }
        Ok(Some(Self { ords: column.ords().clone(), numbers }))
    }

    fn of(&self, doc: DocId) -> impl Iterator<Item = u32> {
        let number = |ord| self.numbers.get(usize::try_from(ord).ok()?).copied();
        self.ords.values_for_doc(doc).filter_map(number)
    }
}

/// All columns of an index.
#[derive(Clone, Default)]
pub(crate) struct AllColumns {
    segments: HashMap<SegmentId, Arc<Columns>>,
    pub(crate) brands: Arc<Labels>,
    pub(crate) values: Arc<Labels>,
    pub(crate) categories: Arc<Labels>,
}

impl AllColumns {
    /// The columns of these segments. Those of segments that are open already are taken over.
    pub(crate) fn open(segments: &[SegmentReader], before: &Self) -> Result<Self> {
        let mut all = Self { segments: HashMap::new(), ..before.clone() };
        for segment in segments {
            let id = segment.segment_id();
            let columns = match before.segments.get(&id) {
                Some(columns) => Arc::clone(columns),
                None => Arc::new(all.read(segment)?),
            };
            all.segments.insert(id, columns);
        }
        Ok(all)
    }

    fn read(&mut self, segment: &SegmentReader) -> Result<Columns> {
        let fast = segment.fast_fields();
        let number = |name: &str| fast.column_opt::<u64>(name);
        let text = |name: &str| match segment.schema().get_field(name) {
            Ok(_) => fast.str(name),
            Err(_) => Ok(None),
        };
        let categories = Numbered::open(text(CATEGORY)?, &mut self.categories)?;
        let brands = Numbered::open(text(BRAND_LABEL)?, &mut self.brands)?;
        let options = Numbered::open(text(VALUE_LABEL)?, &mut self.values)?;
        let (price, rating) = (number(PRICE)?, number(RATING)?);
        let first = |column: &Option<Numbered>, doc| {
            column.as_ref().and_then(|column| column.of(doc).next()).unwrap_or(NONE)
        };
        let mut values = Vec::new();
        let facts = (0..segment.max_doc()).map(|doc| {
            let before = values.len();
            let mut own: Vec<_> = options.iter().flat_map(|options| options.of(doc)).collect();
            own.sort_unstable();
            own.dedup();
            values.extend(own);
            Facts {
                category: first(&categories, doc),
                brand: first(&brands, doc),
                first_value: u32::try_from(before).unwrap_or(NONE),
                values: u16::try_from(values.len() - before).unwrap_or_default(),
                band: price.as_ref().and_then(|price| price.first(doc)).map_or(u8::MAX, band),
                stars: rating.as_ref().and_then(|rating| rating.first(doc)).map_or(0, stars),
            }
        });
        Ok(Columns {
            id: number(ID_HIGH)?.zip(number(ID_LOW)?),
            created: number(CREATED)?,
            name: text(NAME_KEY)?,
            facts: facts.collect(),
            values,
            price,
            rating,
        })
    }

    pub(crate) fn of(&self, segment: &SegmentReader) -> Option<Arc<Columns>> {
        self.segments.get(&segment.segment_id()).cloned()
    }
}
