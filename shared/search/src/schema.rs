//! The fields of the index.
//!
//! A field may be missing from an index that an older release wrote. Readers then ignore it.

use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};

use crate::document::{Document, halves};
use crate::words::{fold, words};

/// The version of the index's form. Raise it when fields, their meaning or the rule of words change, or when
/// tantivy cannot read the files of the release before. Each version has its own index, which is built when
/// it is missing; searches read that of the version before until then, and nothing edits that one meanwhile.
/// After a roll-back the index of the older release lacks the edits in between: rebuild it.
pub const VERSION: u32 = 1;

/// Separates the name of an option from its value.
pub(crate) const SEPARATOR: char = '\u{1f}';

pub(crate) const ID: &str = "id";
pub(crate) const ID_HIGH: &str = "id_high";
pub(crate) const ID_LOW: &str = "id_low";
pub(crate) const DIGEST: &str = "digest";
pub(crate) const STORE: &str = "store";
pub(crate) const CATEGORY: &str = "category";
pub(crate) const BRAND_IS: &str = "brand_is";
pub(crate) const BRAND_LABEL: &str = "brand_label";
pub(crate) const VALUE_IS: &str = "value_is";
pub(crate) const VALUE_LABEL: &str = "value_label";
pub(crate) const PRICE: &str = "price";
pub(crate) const IN_STOCK: &str = "in_stock";
pub(crate) const RATING: &str = "rating";
pub(crate) const CREATED: &str = "created";
pub(crate) const NAME_KEY: &str = "name_key";
/// All words of a product. How often one is there says where it stands: see [`WEIGHTS`].
pub(crate) const WORD: &str = "word";

/// How often a word is written that stands in the name, the brand, a SKU, a value and the description; the
/// last word of a name says what it is, and counts twice: a knife block is a block. So
/// BM25 ranks by all of them with one list for each word (it is then BM25F), where a field for each needs
/// five, and a word that is rare in names but frequent in descriptions counts as frequent.
const WEIGHTS: [usize; 6] = [8, 8, 6, 1, 2, 1];

/// The schema of [`VERSION`].
pub(crate) fn schema() -> Schema {
    let mut schema = Schema::builder();
    let text = |option, fieldnorms| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(fieldnorms))
    };
    let exact = || text(IndexRecordOption::Basic, false);
    let fast = || TextOptions::default().set_fast("raw");
    schema.add_bytes_field(ID, BytesOptions::default().set_indexed());
    for number in [ID_HIGH, ID_LOW, DIGEST, PRICE, RATING, CREATED] {
        schema.add_u64_field(number, NumericOptions::from(FAST));
    }
    schema.add_u64_field(IN_STOCK, NumericOptions::from(INDEXED));
    schema.add_text_field(STORE, exact());
    schema.add_text_field(CATEGORY, exact().set_fast("raw"));
    for (is, label) in [(BRAND_IS, BRAND_LABEL), (VALUE_IS, VALUE_LABEL)] {
        schema.add_text_field(is, exact());
        schema.add_text_field(label, fast());
    }
    schema.add_text_field(NAME_KEY, fast());
    schema.add_text_field(WORD, text(IndexRecordOption::WithFreqs, true));
    schema.build()
}

/// The folded form of a value under its option's name.
pub(crate) fn value_is(option: &str, value: &str) -> String {
    format!("{}{SEPARATOR}{}", fold(option), fold(value))
}

/// A document in the form of tantivy.
pub(crate) fn written(document: &Document, schema: &Schema) -> TantivyDocument {
    let mut out = TantivyDocument::new();
    let field = |name: &str| schema.get_field(name).ok();
    let mut number = |name, value| {
        if let Some(field) = field(name) {
            out.add_u64(field, value);
        }
    };
    let (high, low) = halves(document.id);
    let positive = |number: i64| u64::try_from(number).unwrap_or_default();
    number(ID_HIGH, high);
    number(ID_LOW, low);
    number(DIGEST, document.digest());
    number(PRICE, positive(document.price));
    number(RATING, document.rating);
    number(CREATED, positive(document.created_at));
    number(IN_STOCK, u64::from(document.in_stock));
    if let Some(field) = field(ID) {
        out.add_bytes(field, &document.id.bits().to_be_bytes());
    }
    let mut text = |name, value: &str| {
        if let Some(field) = field(name) {
            out.add_text(field, value);
        }
    };
    text(STORE, &document.store.to_string());
    text(CATEGORY, &document.category.to_string());
    text(NAME_KEY, &name_key(&document.name));
    if let Some(brand) = &document.brand {
        text(BRAND_IS, &fold(brand));
        text(BRAND_LABEL, brand);
    }
    for (option, value) in &document.values {
        text(VALUE_IS, &value_is(option, value));
        text(VALUE_LABEL, &format!("{option}{SEPARATOR}{value}"));
    }
    let values = document.values.iter().map(|(_, value)| value.as_str());
    let last = document.name.split_whitespace().next_back();
    let sources: [Vec<&str>; 6] = [
        vec![&document.name],
        last.into_iter().collect(),
        document.brand.as_deref().into_iter().collect(),
        document.skus.iter().map(String::as_str).collect(),
        values.collect(),
        document.description.as_deref().into_iter().collect(),
    ];
    let mut all: Vec<String> = Vec::new();
    for (weight, texts) in WEIGHTS.into_iter().zip(sources) {
        let stems: BTreeSet<_> = texts.into_iter().flat_map(words).map(|word| word.stem()).collect();
        all.extend(stems.into_iter().flat_map(|stem| std::iter::repeat_n(stem, weight)));
    }
    if let Some(field) = field(WORD) {
        out.add_pre_tokenized_text(field, tokenized(all));
    }
    out
}

fn tokenized(words: Vec<String>) -> PreTokenizedString {
    // No position is indexed. The default is the greatest, to which tantivy adds.
    let token = |text| Token { text, position: 0, ..Token::default() };
    PreTokenizedString { text: String::new(), tokens: words.into_iter().map(token).collect() }
}

/// A field of an index, if it has it.
pub(crate) fn field(schema: &Schema, name: &str) -> Option<Field> {
    schema.get_field(name).ok()
}

/// The most bytes of a name that count in the order by name, so that a cursor has room for it.
const NAME_KEY_BYTES: usize = 48;

fn name_key(name: &str) -> String {
    let mut key = fold(name);
    key.truncate(key.floor_char_boundary(NAME_KEY_BYTES));
    key
}
