//! Facets: how many of the found products have which brand, category, price, rating and values.

use std::cmp::Reverse;

use domain::Schema;
use domain::ids::CategoryId;
use domain::money::{MOST_PRICE, Minor};
use serde::Serialize;
use tantivy::DocId;

use crate::categories::Categories;
use crate::labels::{AllColumns, Columns, Labels, index};
use crate::ranges::{BANDS, most_price};
use crate::schema::SEPARATOR;
use crate::words::fold;

/// The most entries of a facet, most frequent first.
const MOST_ENTRIES: usize = 20;

/// The most values of all options that are looked at. Sellers write them as they like, so there can be many.
const MOST_VALUES: usize = 1_000;

/// The most options of the facet of values.
const MOST_OPTIONS: usize = 10;

/// A brand, or a value of an option, and the number of found products that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Schema)]
#[cfg_attr(feature = "openapi", schemars(rename = "FacetValue"))]
pub struct Count {
    /// The brand or the value, in one of the ways in which sellers write it.
    pub value: String,
    /// The number of found products.
    pub count: u64,
}

/// A category and the number of found products in it, categories below it left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Schema)]
#[cfg_attr(feature = "openapi", schemars(rename = "FacetCategory"))]
pub struct CategoryCount {
    /// The category.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// The number of found products.
    pub count: u64,
}

/// A range of prices, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Schema)]
#[cfg_attr(feature = "openapi", schemars(rename = "FacetPrices"))]
pub struct Band {
    /// The least price.
    pub min_price: Minor,
    /// The greatest price.
    pub max_price: Minor,
    /// The number of found products.
    pub count: u64,
}

/// An average of reviews, and the number of found products that have at least this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Schema)]
#[cfg_attr(feature = "openapi", schemars(rename = "FacetRating"))]
pub struct RatingCount {
    /// The least average.
    pub min_rating: u8,
    /// The number of found products.
    pub count: u64,
}

/// An option and its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Schema)]
#[cfg_attr(feature = "openapi", schemars(rename = "FacetOption"))]
pub struct OptionCounts {
    /// The name of the option.
    pub name: String,
    /// Its most frequent values.
    pub values: Vec<Count>,
}

/// How many of the found products have which property. All found products are counted, not only those of one
/// page. Each list has at most 20 entries, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Schema)]
pub struct Facets {
    /// By category.
    pub categories: Vec<CategoryCount>,
    /// By brand.
    pub brands: Vec<Count>,
    /// By lowest price, in ascending order: ranges that begin with 1, 2 or 5 times a power of ten.
    pub prices: Vec<Band>,
    /// By rating: at least 4, 3, 2 and 1 stars, without those that no product has.
    pub ratings: Vec<RatingCount>,
    /// By option: at most 10 of them.
    pub options: Vec<OptionCounts>,
}

/// Counts while products are collected, numbered by [`Labels`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    categories: Vec<u64>,
    brands: Vec<u64>,
    values: Vec<u64>,
    prices: Vec<u64>,
    stars: [u64; 6],
}

/// A number that is too great stands for none.
fn add(counts: &mut [u64], number: u32) {
    if let Some(count) = counts.get_mut(index(number)) {
        *count += 1;
    }
}

impl Tally {
    pub(crate) fn new(columns: &AllColumns) -> Self {
        let zeros = |labels: &Labels| vec![0; labels.names.len()];
        Self {
            categories: zeros(&columns.categories),
            brands: zeros(&columns.brands),
            values: zeros(&columns.values),
            prices: vec![0; BANDS.len()],
            stars: [0; 6],
        }
    }

    /// Counts a found product.
    pub(crate) fn count(&mut self, columns: &Columns, doc: DocId) {
        let Some((facts, values)) = columns.facts(doc) else { return };
        add(&mut self.categories, facts.category);
        add(&mut self.brands, facts.brand);
        add(&mut self.prices, facts.band.into());
        add(&mut self.stars, facts.stars.into());
        for value in values {
            add(&mut self.values, *value);
        }
    }

    /// Adds other counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        let pairs = [
            (self.categories.as_mut_slice(), other.categories.as_slice()),
            (&mut self.brands, &other.brands),
            (&mut self.values, &other.values),
            (&mut self.prices, &other.prices),
            (&mut self.stars, &other.stars),
        ];
        for (sums, counts) in pairs {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }

    /// The facets, with their labels.
    pub(crate) fn facets(&self, columns: &AllColumns, names: &Categories) -> Facets {
        let minor = |price: u64| Minor::try_from(price).unwrap_or(MOST_PRICE);
        let ends = BANDS.iter().skip(1).map(|start| start - 1).chain([most_price()]);
        let prices = BANDS.iter().zip(ends).zip(&self.prices).filter(|(_, count)| **count > 0);
        let prices = prices.map(|((from, to), count)| Band {
            min_price: minor(*from),
            max_price: minor(to),
            count: *count,
        });
        let [_, one, two, three, four, five] = self.stars;
        let mut ratings = Vec::new();
        let mut count = five;
        for (min_rating, of_it) in [(4, four), (3, three), (2, two), (1, one)] {
            count += of_it;
            ratings.extend((count > 0).then_some(RatingCount { min_rating, count }));
        }
        Facets {
            categories: categories(&columns.categories, &self.categories, names),
            brands: entries(&columns.brands, &self.brands, MOST_ENTRIES),
            prices: prices.collect(),
            ratings,
            options: options(&columns.values, &self.values),
        }
    }
}

/// The `most` labels with a count, most frequent first, then by label.
fn entries(labels: &Labels, counts: &[u64], most: usize) -> Vec<Count> {
    // A broad query has thousands of labels, so texts are compared only where it matters.
    let mut found: Vec<_> = counts.iter().zip(&labels.names).filter(|(count, _)| **count > 0).collect();
    if found.len() > most {
        let (_, (least, _), _) = found.select_nth_unstable_by_key(most, |(count, _)| Reverse(**count));
        let least = **least;
        found.retain(|(count, _)| **count >= least);
    }
    found.sort_unstable_by_key(|(count, label)| (Reverse(**count), label.as_str()));
    found.truncate(most);
    found.into_iter().map(|(count, label)| Count { value: label.clone(), count: *count }).collect()
}

/// The categories that are in the tree.
fn categories(labels: &Labels, counts: &[u64], tree: &Categories) -> Vec<CategoryCount> {
    let found = entries(labels, counts, usize::MAX).into_iter().filter_map(|Count { value, count }| {
        let id = value.parse().ok()?;
        Some(CategoryCount { id, name: tree.name(id)?.to_owned(), count })
    });
    found.take(MOST_ENTRIES).collect()
}

/// The values by their options. The option with the most frequent value is first.
fn options(labels: &Labels, counts: &[u64]) -> Vec<OptionCounts> {
    let mut options: Vec<(String, OptionCounts)> = Vec::new();
    for Count { value, count } in entries(labels, counts, MOST_VALUES) {
        let Some((option, value)) = value.split_once(SEPARATOR) else { continue };
        let (folded, value) = (fold(option), Count { value: value.to_owned(), count });
        let is_full = options.len() >= MOST_OPTIONS;
        match options.iter_mut().find(|(known, _)| *known == folded) {
            Some((_, known)) if known.values.len() < MOST_ENTRIES => known.values.push(value),
            None if !is_full => {
                options.push((folded, OptionCounts { name: option.to_owned(), values: vec![value] }));
            }
            _ => {}
        }
    }
    options.into_iter().map(|(_, option)| option).collect()
}
