//! The words of the index that a word of a query can mean.

use std::cell::RefCell;
use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::error::Result;

/// The most words of a segment that are looked at for one prefix.
const MOST_LOOKED_AT: usize = 2_000;

/// The words of the index.
pub(crate) struct Vocabulary<'a> {
    searcher: &'a Searcher,
    field: Field,
    /// What [`Self::near`] has found: one search asks it more than once, and it is the slowest part of one.
    found: RefCell<HashMap<(String, u8, bool), Vec<Known>>>,
}

/// A word of the index, and in how many products it is, deleted ones included.
pub(crate) type Known = (String, u64);

impl<'a> Vocabulary<'a> {
    pub(crate) fn new(searcher: &'a Searcher, field: Field) -> Self {
        Self { searcher, field, found: RefCell::default() }
    }

    /// The number of products, deleted ones included.
    pub(crate) fn products(&self) -> u64 {
        self.searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum()
    }

    /// How many products have this word, deleted ones included.
    pub(crate) fn count(&self, word: &str) -> Result<u64> {
        Ok(self.searcher.doc_freq(&Term::from_field_text(self.field, word))?)
    }

    /// The words that begin so, the most frequent first.
    pub(crate) fn beginning(&self, prefix: &str) -> Result<Vec<Known>> {
        let mut found = HashMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.field)?;
            // No text in UTF-8 has the byte 255.
            let end = [prefix.as_bytes(), &[255]].concat();
            let mut terms = index.terms().range().ge(prefix).lt(end).into_stream()?;
            let mut looked_at = 0;
            while looked_at < MOST_LOOKED_AT && terms.advance() {
                add(&mut found, terms.key(), terms.value().doc_freq);
                looked_at += 1;
            }
        }
        Ok(most_frequent(found))
    }

    /// The words with at most so many typing errors, the most frequent first. A swap of two letters is one
    /// error. With `is_begun`, a word may go on behind what was typed. Numbers and codes are near nothing.
    pub(crate) fn near(&self, word: &str, errors: u8, is_begun: bool) -> Result<Vec<Known>> {
        if word.contains(|char: char| char.is_ascii_digit()) {
            return Ok(Vec::new());
        }
        let key = (word.to_owned(), errors, is_begun);
        if let Some(found) = self.found.borrow().get(&key) {
            return Ok(found.clone());
        }
        let found = self.look_near(word, errors, is_begun)?;
        self.found.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn look_near(&self, word: &str, errors: u8, is_begun: bool) -> Result<Vec<Known>> {
        let term = Term::from_field_text(self.field, word);
        let query = match is_begun {
            true => FuzzyTermQuery::new_prefix(term, errors, true),
            false => FuzzyTermQuery::new(term, errors, true),
        };
        let automaton = query.automaton()?;
        let mut found = HashMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.field)?;
            let mut terms = index.terms().search(&automaton).into_stream()?;
            let mut looked_at = 0;
            while looked_at < MOST_LOOKED_AT && terms.advance() {
                add(&mut found, terms.key(), terms.value().doc_freq);
                looked_at += 1;
            }
        }
        Ok(most_frequent(found))
    }
}

fn add(found: &mut HashMap<String, u64>, term: &[u8], count: u32) {
    let Ok(term) = std::str::from_utf8(term) else { return };
    match found.get_mut(term) {
        Some(known) => *known += u64::from(count),
        None => {
            found.insert(term.to_owned(), count.into());
        }
    }
}

fn most_frequent(found: HashMap<String, u64>) -> Vec<Known> {
    let mut words: Vec<_> = found.into_iter().collect();
    words.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    words
}
