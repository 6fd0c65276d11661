//! One state of the index, opened for searches and edits.

use std::sync::{Arc, OnceLock};

use domain::ids::{CategoryId, ProductId};
use domain::search::Snapshot;
use tantivy::schema::Schema;
use tantivy::{ReloadPolicy, Searcher};

use crate::categories::{Categories, completes};
use crate::collect::{Collected, Hit, Hits, Sort, Tallies};
use crate::error::Result;
use crate::facets::{Facets, Tally};
use crate::files::{Files, META, Named};
use crate::labels::AllColumns;
use crate::query::{Builder, Clause, Meant, Wanted, all_of, words_of};
use crate::schema::schema;
use crate::snapshot::FileList;
use crate::words::{Word, words};

/// One state of the index. It never changes.
pub struct Index {
    snapshot: Option<Snapshot>,
    list: FileList,
    files: Arc<Named>,
    pub(crate) searcher: Searcher,
    pub(crate) schema: Schema,
    columns: AllColumns,
    /// The counts of all products. They are made once, because that takes longer than any query.
    of_all: OnceLock<Tally>,
}

/// What a search finds.
pub struct Found {
    /// The hits of this page, with their positions.
    pub hits: Vec<Hit>,
    /// The number of all hits.
    pub total: u64,
    /// The facets of all hits.
    pub facets: Facets,
    /// How the words of the text were understood, for highlights.
    pub understood: Understood,
    /// A text near this one that finds something, when nothing is found.
    pub did_you_mean: Option<String>,
}

/// How the words of a text were understood.
pub struct Understood(Vec<(Word, Meant)>);

impl Understood {
    /// The parts of a text that match, in order: the first and the past-the-end position of each, in UTF-16
    /// code units, as JavaScript counts.
    pub fn highlights(&self, text: &str) -> Vec<(usize, usize)> {
        let utf16 = |bytes: usize| text.get(..bytes).map_or(0, |text| text.encode_utf16().count());
        let matches = |word: &Word| {
            let stem = word.stem();
            let begins = |meant: &Meant| meant.begun.as_ref().is_some_and(|begun| stem.starts_with(begun));
            self.0
                .iter()
                .any(|(typed, meant)| meant.known.contains(&stem) || typed.stem() == stem || begins(meant))
        };
        let places = words(text).into_iter().filter(matches);
        places.map(|word| (utf16(word.at.start), utf16(word.at.end))).collect()
    }
}

/// Completions for a search box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Products, the best match first.
    pub products: Vec<ProductId>,
    /// Categories.
    pub categories: Vec<CategoryId>,
    /// Brands.
    pub brands: Vec<String>,
}

impl Index {
    /// An index without products.
    pub fn empty() -> Result<Self> {
        Self::with(schema())
    }

    fn with(schema: Schema) -> Result<Self> {
        let files = Files::new(Arc::default());
        let index = tantivy::Index::create(files.clone(), schema, tantivy::IndexSettings::default())?;
        let meta = files.file(META).map_err(tantivy::TantivyError::from)?;
        let files = Arc::new(Named::from([(META.to_owned(), meta)]));
        Self::of(None, FileList::default(), files, index, None)
    }

    pub(crate) fn open(
        snapshot: Snapshot,
        list: FileList,
        files: Arc<Named>,
        known: Option<&Self>,
    ) -> Result<Self> {
        let index = tantivy::Index::open(Files::new(Arc::clone(&files)))?;
        Self::of(Some(snapshot), list, files, index, known)
    }

    fn of(
        snapshot: Option<Snapshot>,
        list: FileList,
        files: Arc<Named>,
        index: tantivy::Index,
        known: Option<&Self>,
    ) -> Result<Self> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let searcher = reader.searcher();
        let none = AllColumns::default();
        let before = known.map_or(&none, |known| &known.columns);
        let columns = AllColumns::open(searcher.segment_readers(), before)?;
        let schema = index.schema();
        Ok(Self { snapshot, list, files, searcher, schema, columns, of_all: OnceLock::new() })
    }

    /// The snapshot; none of an empty index that was never written.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// The files of the snapshot.
    pub fn list(&self) -> &FileList {
        &self.list
    }

    /// How many of these files it has.
    pub(crate) fn shares(&self, list: &FileList) -> usize {
        list.0.iter().filter(|(name, slice)| self.list.0.get(*name) == Some(slice)).count()
    }

    pub(crate) fn files(&self) -> &Arc<Named> {
        &self.files
    }

    /// Searches. `limit` hits behind `after` are returned.
    pub fn find(
        &self,
        wanted: &Wanted,
        categories: &Categories,
        after: Option<&Hit>,
        limit: usize,
    ) -> Result<Found> {
        let builder = Builder::new(&self.searcher, &self.schema, categories);
        let Some(text) = &wanted.text else {
            let clauses = builder.filters(wanted);
            let (found, tally) = match clauses.is_empty() {
                true => {
                    (self.collect(clauses, wanted.sort, after, limit, None)?, self.tally_of_all()?.clone())
                }
                false => self.counted(clauses, wanted.sort, after, limit)?,
            };
            let (Collected { hits, total }, facets) = (found, tally.facets(&self.columns, categories));
            let understood = Understood(Vec::new());
            return Ok(Found { hits, total, facets, understood, did_you_mean: None });
        };
        let typed = words_of(text);
        let (mut found, mut meant) = (None, Vec::new());
        // Words as they are typed come first. Words that are nearly so are looked for when nothing has all.
        for with_errors in [false, true] {
            meant = builder.understand(&typed, with_errors)?;
            let Some(query) = Builder::text_query(&meant).filter(|_| !typed.is_empty()) else { continue };
            let mut clauses = builder.filters(wanted);
            clauses.insert(0, (tantivy::query::Occur::Must, query));
            let now = self.counted(clauses, wanted.sort, after, limit)?;
            if now.0.total > 0 {
                found = Some(now);
                break;
            }
        }
        let understood = Understood(typed.iter().cloned().zip(meant).collect());
        if let Some((Collected { hits, total }, tally)) = found {
            let facets = tally.facets(&self.columns, categories);
            return Ok(Found { hits, total, facets, understood, did_you_mean: None });
        }
        let did_you_mean = self.corrected(&builder, wanted, &typed)?;
        Ok(Found { hits: Vec::new(), total: 0, facets: Facets::default(), understood, did_you_mean })
    }

    fn corrected(&self, builder: &Builder, wanted: &Wanted, typed: &[Word]) -> Result<Option<String>> {
        let Some(text) = builder.corrected(typed)? else { return Ok(None) };
        let meant = builder.understand(&words_of(&text), false)?;
        let Some(query) = Builder::text_query(&meant) else { return Ok(None) };
        let mut clauses = builder.filters(wanted);
        clauses.insert(0, (tantivy::query::Occur::Must, query));
        let found = self.collect(clauses, wanted.sort, None, 1, None)?;
        Ok(Some(text).filter(|_| found.total > 0))
    }

    fn collect(
        &self,
        clauses: Vec<Clause>,
        sort: Sort,
        after: Option<&Hit>,
        limit: usize,
        tallies: Option<Tallies>,
    ) -> Result<Collected> {
        let hits = Hits { columns: &self.columns, sort, after, limit, tallies };
        Ok(self.searcher.search(&*all_of(clauses), &hits)?)
    }

    /// The hits, and the counts of all that is found.
    fn counted(
        &self,
        clauses: Vec<Clause>,
        sort: Sort,
        after: Option<&Hit>,
        limit: usize,
    ) -> Result<(Collected, Tally)> {
        let tallies = Tallies::default();
        let found = self.collect(clauses, sort, after, limit, Some(tallies.clone()))?;
        Ok((found, tallies.sum(&self.columns)))
    }

    fn tally_of_all(&self) -> Result<&Tally> {
        if let Some(tally) = self.of_all.get() {
            return Ok(tally);
        }
        let (_, tally) = self.counted(Vec::new(), Sort::Newest, None, 1)?;
        Ok(self.of_all.get_or_init(|| tally))
    }

    /// Completions of a text whose last word is being typed.
    pub fn complete(&self, text: &str, categories: &Categories, limit: usize) -> Result<Completions> {
        let typed = words_of(text);
        if typed.is_empty() {
            return Ok(Completions::default());
        }
        let wanted = Wanted { text: Some(text.to_owned()), sort: Sort::Relevance, ..Wanted::default() };
        let found = self.find(&wanted, categories, None, limit)?;
        let brands = found.facets.brands.into_iter().map(|count| count.value);
        Ok(Completions {
            products: found.hits.into_iter().map(|hit| hit.id).collect(),
            categories: categories.completing(&typed),
            brands: brands.filter(|brand| completes(brand, &typed)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{Id as _, StoreId};

    use super::*;
    use crate::document::{Document, rating_at_least};
    use crate::edit::Change;
    use crate::schema::{
        BRAND_IS, BRAND_LABEL, CATEGORY, IN_STOCK, NAME_KEY, PRICE, RATING, STORE, VALUE_IS,
    };

    /// An index of an older form, without this field.
    fn older(lacking: &str) -> Index {
        let mut older = Schema::builder();
        for (_, entry) in schema().fields().filter(|(_, entry)| entry.name() != lacking) {
            older.add_field(entry.clone());
        }
        let document = |number: u128| Document {
            id: ProductId::from_bits(number),
            store: StoreId::from_bits(1),
            category: CategoryId::from_bits(1),
            name: "Brass Lamp".to_owned(),
            brand: Some("Lumora".to_owned()),
            description: None,
            skus: Vec::new(),
            values: vec![("Colour".to_owned(), "Red".to_owned())],
            price: 100,
            in_stock: true,
            rating: rating_at_least(300),
            created_at: 1,
        };
        let changes = [1, 2].map(|number| Change::Put(Box::new(document(number))));
        Index::with(older.build()).unwrap().edit(&changes, "pack").unwrap().unwrap().index
    }

    #[test]
    fn a_field_that_an_older_index_lacks_filters_nothing() {
        let none = || Wanted { text: Some("lamp".to_owned()), ..Wanted::default() };
        for (field, wanted) in [
            (STORE, Wanted { store: Some(StoreId::from_bits(2)), ..none() }),
            (CATEGORY, Wanted { category: Some(CategoryId::from_bits(2)), ..none() }),
            (BRAND_IS, Wanted { brand: Some("Helios".to_owned()), ..none() }),
            (PRICE, Wanted { prices: (200, 300), ..none() }),
            (IN_STOCK, Wanted { in_stock: Some(false), ..none() }),
            (RATING, Wanted { min_rating: Some(4), ..none() }),
            (VALUE_IS, Wanted { values: vec![vec![("Colour".to_owned(), "Blue".to_owned())]], ..none() }),
        ] {
            let total = |index: &Index, wanted: &Wanted| {
                index.find(wanted, &Categories::default(), None, 10).unwrap().total
            };
            let index = older(field);
            assert_eq!(total(&index, &wanted), 2, "{field}");
            assert_eq!(total(&older("nothing"), &wanted), 0, "{field}");
            let alone = Wanted { text: None, ..wanted.clone() };
            assert_eq!(total(&index, &alone), 2, "{field}");
        }
    }

    #[test]
    fn an_older_index_can_be_sorted_and_counted() {
        for field in [NAME_KEY, PRICE, RATING, BRAND_LABEL, "created", "value_label"] {
            for sort in [Sort::Name, Sort::PriceAscending, Sort::PriceDescending, Sort::Rating, Sort::Newest]
            {
                let wanted = Wanted { sort, ..Wanted::default() };
                let index = older(field);
                let first = index.find(&wanted, &Categories::default(), None, 1).unwrap();
                let next = index.find(&wanted, &Categories::default(), first.hits.first(), 1).unwrap();
                let ids =
                    [&first, &next].map(|found| found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>());
                assert_eq!(
                    ids,
                    [[2], [1]].map(|ids| ids.map(ProductId::from_bits).to_vec()),
                    "{field} {sort:?}"
                );
                assert_eq!((first.total, next.total), (2, 2), "{field} {sort:?}");
            }
        }
    }
}
