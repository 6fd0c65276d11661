//! From what a shopper asks to a query of the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use domain::ids::{CategoryId, StoreId};
use domain::money::{MOST_PRICE, Minor};
use strsim::osa_distance;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, FuzzyTermQuery,
    Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{IndexRecordOption, Schema};
use tantivy::{Searcher, Term};

use crate::categories::Categories;
use crate::collect::Sort;
use crate::document::rating_at_least;
use crate::error::Result;
use crate::schema::{BRAND_IS, CATEGORY, IN_STOCK, PRICE, RATING, STORE, VALUE_IS, WORD, field, value_is};
use crate::vocabulary::{Known, Vocabulary};
use crate::words::{Word, fold, is_stop_word, words};

/// The most words of a query; further ones are ignored.
pub(crate) const MOST_WORDS: usize = 12;

/// The most words of the index that one word of a query is ranked by.
const MOST_RANKED: usize = 16;

/// What the beginning of a word and words with errors are worth, where the word itself is worth 1.
const BEGUN: f32 = 0.7;
const ONE_ERROR: f32 = 0.5;
const MORE_ERRORS: f32 = 0.25;

/// The score of a word that is one of too many to rank by.
const REST_SCORE: f32 = 0.1;

/// The score of a word in the name of the category, where BM25 gives 5 to 15 for one in the name.
const CATEGORY_SCORE: f32 = 3.0;

/// Of all that a word can mean in a product, the best counts, and this share of the rest.
const TIE_BREAKER: f32 = 0.3;

/// What a shopper asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The text; `None` finds all products.
    pub text: Option<String>,
    /// Only products of this category or one below it.
    pub category: Option<CategoryId>,
    /// Only products of this store.
    pub store: Option<StoreId>,
    /// Only products of this brand, whatever its case and accents are.
    pub brand: Option<String>,
    /// The least and the greatest price, both included, in minor units.
    pub prices: (Minor, Minor),
    /// Only products that are in stock, or only those that are not.
    pub in_stock: Option<bool>,
    /// Values of options. Each entry lists what one filter can mean, as an option and its value. A product
    /// has one of the values of each option that is named.
    pub values: Vec<Vec<(String, String)>>,
    /// Only products with at least so many stars on average.
    pub min_rating: Option<u8>,
    /// The order of the hits.
    pub sort: Sort,
}

impl Wanted {
    /// Whether a shopper has narrowed the search.
    pub(crate) fn is_filtered(&self) -> bool {
        let Self { text: _, category: _, store: _, brand, prices, in_stock, values, min_rating, sort: _ } =
            self;
        brand.is_some()
            || *prices != (0, MOST_PRICE)
            || in_stock.is_some()
            || !values.is_empty()
            || min_rating.is_some()
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            text: None,
            category: None,
            store: None,
            brand: None,
            prices: (0, MOST_PRICE),
            in_stock: None,
            values: Vec::new(),
            min_rating: None,
            sort: Sort::Newest,
        }
    }
}

pub(crate) type Clause = (Occur, Box<dyn Query>);

/// How a word was understood.
pub(crate) struct Meant {
    /// The words of the index that it means.
    pub(crate) known: BTreeSet<String>,
    /// The beginning of too many words to name.
    pub(crate) begun: Option<String>,
    query: Option<Box<dyn Query>>,
    is_needed: bool,
}

/// Builds queries over one state of the index.
pub(crate) struct Builder<'a> {
    schema: &'a Schema,
    categories: &'a Categories,
    vocabulary: Option<Vocabulary<'a>>,
}

/// The words of a text that count.
pub(crate) fn words_of(text: &str) -> Vec<Word> {
    let mut found = words(text);
    found.truncate(MOST_WORDS);
    found
}

impl<'a> Builder<'a> {
    pub(crate) fn new(searcher: &'a Searcher, schema: &'a Schema, categories: &'a Categories) -> Self {
        let vocabulary = field(schema, WORD).map(|word| Vocabulary::new(searcher, word));
        Self { schema, categories, vocabulary }
    }

    /// How each word is understood. With `with_errors`, each word can also mean words that are written nearly
    /// like it; otherwise only a word that the index does not know can.
    pub(crate) fn understand(&self, words: &[Word], with_errors: bool) -> Result<Vec<Meant>> {
        let all_stop = words.iter().all(|word| is_stop_word(&word.typed));
        let last = words.len().saturating_sub(1);
        let meanings = words.iter().enumerate().map(|(place, word)| {
            if all_stop || !is_stop_word(&word.typed) {
                return self.meanings(word, place == last, with_errors);
            }
            Ok(Meant { known: BTreeSet::new(), begun: None, query: None, is_needed: false })
        });
        meanings.collect()
    }

    /// All words are needed, but for stop words. `None` when a needed word means nothing.
    pub(crate) fn text_query(meant: &[Meant]) -> Option<Box<dyn Query>> {
        let needed = meant.iter().filter(|word| word.is_needed);
        let clauses = needed.map(|word| Some((Occur::Must, word.query.as_ref()?.box_clone())));
        Some(all_of(clauses.collect::<Option<Vec<Clause>>>()?))
    }

    fn meanings(&self, word: &Word, is_last: bool, with_errors: bool) -> Result<Meant> {
        let mut meant = Meant { known: BTreeSet::new(), begun: None, query: None, is_needed: true };
        let Some(vocabulary) = &self.vocabulary else { return Ok(meant) };
        let stem = word.stem();
        let mut ranked = Vec::new();
        if vocabulary.count(&stem)? > 0 {
            ranked.push(Way { word: stem.clone(), weight: 1.0 });
        }
        let all = vocabulary.products();
        if is_last {
            let mut begun = vocabulary.beginning(&word.typed)?;
            begun.retain(|(known, _)| *known != stem);
            // A letter begins too much to be of use.
            let is_many = begun.len() > MOST_RANKED && word.typed.chars().nth(1).is_some();
            meant.begun = is_many.then(|| word.typed.clone());
            begun.truncate(MOST_RANKED);
            let weight = |known: &str| BEGUN * share(&word.typed, known).sqrt();
            ranked.extend(ways(&begun, all, weight));
        }
        let categories = self.categories.named(word, is_last);
        if with_errors || (ranked.is_empty() && categories.is_empty()) {
            let mut near = misspelt(vocabulary, &stem, is_last)?;
            near.retain(|(known, _)| ranked.iter().all(|way| way.word != *known));
            let weight = |known: &str| if errors(&stem, known) <= 1 { ONE_ERROR } else { MORE_ERRORS };
            ranked.extend(ways(&near, all, weight));
        }
        meant.known.extend(ranked.iter().map(|way| way.word.clone()));
        let mut ways = self.ranked(&ranked);
        if let Some((begun, field)) = meant.begun.as_ref().zip(field(self.schema, WORD)) {
            let rest = FuzzyTermQuery::new_prefix(Term::from_field_text(field, begun), 0, false);
            ways.push(Box::new(ConstScoreQuery::new(Box::new(rest), REST_SCORE)));
        }
        if let Some(query) = self.of_categories(&categories).filter(|_| !categories.is_empty()) {
            ways.push(Box::new(ConstScoreQuery::new(query, CATEGORY_SCORE)));
        }
        meant.query = match ways.len() {
            0 | 1 => ways.pop(),
            _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, TIE_BREAKER))),
        };
        Ok(meant)
    }

    /// A query for each word of the index.
    fn ranked(&self, ways: &[Way]) -> Vec<Box<dyn Query>> {
        let Some(field) = field(self.schema, WORD) else { return Vec::new() };
        let query = |way: &Way| -> Box<dyn Query> {
            let term = Term::from_field_text(field, &way.word);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(query), way.weight))
        };
        ways.iter().map(query).collect()
    }

    fn of_categories(&self, categories: &BTreeSet<CategoryId>) -> Option<Box<dyn Query>> {
        self.any_of(CATEGORY, categories.iter().map(ToString::to_string))
    }

    /// Products with one of these values, if the index has the field. `TermSetQuery` would build an automaton
    /// for it, which takes longer than the query itself.
    fn any_of(&self, name: &str, values: impl Iterator<Item = String>) -> Option<Box<dyn Query>> {
        let field = field(self.schema, name)?;
        let term = |value: String| -> Box<dyn Query> {
            let term = Term::from_field_text(field, &value);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        let mut terms: Vec<_> = values.map(term).collect();
        match terms.len() {
            0 | 1 => terms.pop().or_else(|| Some(Box::new(EmptyQuery))),
            _ => Some(Box::new(BooleanQuery::union(terms))),
        }
    }

    /// What a query has to fulfil beside its text. A field that the index lacks filters nothing.
    pub(crate) fn filters(&self, wanted: &Wanted) -> Vec<Clause> {
        let mut filters: Vec<Box<dyn Query>> = Vec::new();
        if let Some(category) = wanted.category {
            filters.extend(self.of_categories(&self.categories.below(category)));
        }
        if let Some(store) = wanted.store {
            filters.extend(self.any_of(STORE, std::iter::once(store.to_string())));
        }
        if let Some(brand) = &wanted.brand {
            filters.extend(self.any_of(BRAND_IS, std::iter::once(fold(brand))));
        }
        if let Some((in_stock, field)) = wanted.in_stock.zip(field(self.schema, IN_STOCK)) {
            let term = Term::from_field_u64(field, u64::from(in_stock));
            filters.push(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
        }
        let mut options = BTreeMap::<String, Vec<String>>::new();
        for pairs in &wanted.values {
            let values = pairs.iter().map(|(option, value)| value_is(option, value));
            let first = pairs.first().map(|(option, _)| fold(option)).unwrap_or_default();
            options.entry(first).or_default().extend(values);
        }
        for values in options.into_values() {
            filters.extend(self.any_of(VALUE_IS, values.into_iter()));
        }
        if wanted.prices != (0, MOST_PRICE) {
            filters.extend(self.range(PRICE, wanted.prices.0, wanted.prices.1));
        }
        if let Some(stars) = wanted.min_rating {
            let least = rating_at_least(u64::from(stars) * 100);
            filters.extend(self.range(RATING, i64::try_from(least).unwrap_or(i64::MAX), i64::MAX));
        }
        filters.into_iter().map(|query| (Occur::Must, without_score(query))).collect()
    }

    fn range(&self, name: &str, from: i64, to: i64) -> Option<Box<dyn Query>> {
        let field = field(self.schema, name)?;
        let term = |number: i64| Term::from_field_u64(field, u64::try_from(number).unwrap_or_default());
        Some(Box::new(RangeQuery::new(Bound::Included(term(from)), Bound::Included(term(to)))))
    }

    /// A text that finds something, near one that finds nothing: words that the index does not know are
    /// replaced by the nearest that it knows, or else left out.
    pub(crate) fn corrected(&self, words: &[Word]) -> Result<Option<String>> {
        let Some(vocabulary) = &self.vocabulary else { return Ok(None) };
        let mut corrected = Vec::new();
        for word in words {
            let stem = word.stem();
            if vocabulary.count(&stem)? > 0 || !self.categories.named(word, false).is_empty() {
                corrected.push(word.typed.clone());
                continue;
            }
            let errors = match stem.chars().count() {
                _ if is_stop_word(&word.typed) => continue,
                0..3 => continue,
                3 => 1,
                _ => 2,
            };
            let found = nearest(&stem, vocabulary.near(&stem, errors, false)?);
            corrected.extend(found.into_iter().next().map(|(known, _)| known));
        }
        Ok(Some(corrected.join(" ")).filter(|text| !text.is_empty()))
    }
}

/// The query of these clauses; all products when there is none.
pub(crate) fn all_of(mut clauses: Vec<Clause>) -> Box<dyn Query> {
    match clauses.len() {
        0 => Box::new(AllQuery),
        1 => clauses.remove(0).1,
        _ => Box::new(BooleanQuery::new(clauses)),
    }
}

fn without_score(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

/// How much of a known word is typed.
fn share(typed: &str, known: &str) -> f32 {
    let letters = |text: &str| u16::try_from(text.chars().count()).unwrap_or(u16::MAX).max(1);
    f32::from(letters(typed)) / f32::from(letters(known))
}

/// A word of the index by which a word of a query is ranked.
struct Way {
    word: String,
    weight: f32,
}

/// These words, each as rare as all of them together: a rare word is not a better guess than a frequent one.
fn ways(known: &[Known], products: u64, weight: impl Fn(&str) -> f32) -> Vec<Way> {
    let together = rarity(known.iter().map(|(_, count)| count).sum(), products);
    let way = |(word, count): &Known| Way {
        word: word.clone(),
        weight: weight(word) * together / rarity(*count, products),
    };
    known.iter().map(way).collect()
}

/// By how much BM25 multiplies the score of a word that so many products have.
fn rarity(count: u64, products: u64) -> f32 {
    let number = |number: u64| f32::from(u16::try_from(number).unwrap_or(u16::MAX));
    // Beyond the range of `u16`, both are divided by the same power of two.
    let shift = (u64::BITS - products.leading_zeros()).saturating_sub(u16::BITS);
    let (count, all) = (number(count.min(products) >> shift), number(products >> shift));
    (1.0 + (all - count + 0.5) / (count + 0.5)).ln()
}

/// How many errors one has to make, or to leave in a beginning, to type a known word so.
fn errors(typed: &str, known: &str) -> usize {
    let begun: String = known.chars().take(typed.chars().count()).collect();
    osa_distance(typed, known).min(osa_distance(typed, &begun) + 1)
}

/// Known words, the one with the fewest errors first, then the most frequent.
fn nearest(word: &str, mut found: Vec<Known>) -> Vec<Known> {
    found.sort_by_cached_key(|(known, _)| errors(word, known));
    found
}

/// Known words with one error from 4 letters. Two errors are looked for from 8 letters when no word has one,
/// because that takes five times as long.
fn misspelt(vocabulary: &Vocabulary, word: &str, is_last: bool) -> Result<Vec<Known>> {
    let letters = word.chars().count();
    if letters < 4 {
        return Ok(Vec::new());
    }
    let mut found = vocabulary.near(word, 1, false)?;
    if found.is_empty() && letters >= 8 {
        found = vocabulary.near(word, 2, false)?;
    }
    if found.is_empty() && is_last {
        found = vocabulary.near(word, 1, true)?;
    }
    let mut found = nearest(word, found);
    found.truncate(MOST_RANKED);
    Ok(found)
}
