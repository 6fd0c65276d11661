//! From text to words: the same rule for what is indexed and for what is searched.
//!
//! Case, accents and apostrophes make no difference, and a plural equals its singular in most cases.

use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The most bytes of a word. The rest of a longer one is ignored.
const LONGEST: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The folded word, as it was typed.
    pub(crate) typed: String,
    /// Where it stands in the text, in bytes.
    pub(crate) at: Range<usize>,
}

impl Word {
    /// The form that is indexed: the singular.
    pub(crate) fn stem(&self) -> String {
        stem(&self.typed)
    }
}

/// The words of a text in their order.
///
/// A word is a run of letters and digits. Chinese and Japanese write no spaces, so each of their characters
/// is a word.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut end_word = |range: Range<usize>| {
        let mut typed = fold(&text[range.clone()]);
        typed.truncate(typed.floor_char_boundary(LONGEST));
        if !typed.is_empty() {
            words.push(Word { typed, at: range });
        }
    };
    for (at, char) in text.char_indices() {
        if is_alone(char) {
            if let Some(start) = start.take() {
                end_word(start..at);
            }
            end_word(at..at + char.len_utf8());
        } else if is_inside(char) {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            end_word(start..at);
        }
    }
    if let Some(start) = start {
        end_word(start..text.len());
    }
    words
}

/// Whether a character belongs to a word: a letter, a digit, an accent, or an apostrophe as in *men's*.
fn is_inside(char: char) -> bool {
    char.is_alphanumeric() || is_accent(char) || is_apostrophe(char)
}

fn is_accent(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

fn is_apostrophe(char: char) -> bool {
    matches!(char, '\'' | '\u{2019}' | '\u{2bc}')
}

/// Han, Hiragana and Katakana.
fn is_alone(char: char) -> bool {
    matches!(char,
        '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// A text without case, accents and apostrophes. Used for words, and for names that are compared as a whole.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    for char in decomposed.chars().flat_map(char::to_lowercase) {
        match char {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            char if is_accent(char) || is_apostrophe(char) => {}
            char => folded.push(char),
        }
    }
    folded
}

/// The singular of an English plural. It may be no real word, but is the same for both forms. This is the
/// S-stemmer (Harman, *How effective is suffixing?*, 1991), `es` behind a hiss, and irregular plurals that
/// shops have. Stronger stemmers join words that shoppers keep apart, such as *organ* and *organic*.
pub(crate) fn stem(word: &str) -> String {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| word.ends_with(suffix));
    let without = |bytes: usize| &word[..word.len() - bytes];
    let stem = if word.len() < 4 || !ends(&["s"]) || ends(&["ss", "us", "is"]) {
        word
    } else if ends(&["ies"]) && word.len() > 4 {
        return without(3).to_owned() + "y";
    } else if ends(&["xes", "sses", "shes", "ches", "zzes"]) {
        without(2)
    } else {
        without(1)
    };
    let irregular = IRREGULAR.iter().find(|(many, _)| *many == stem);
    irregular.map_or(stem, |(_, one)| one).to_owned()
}

/// Plurals, here without their last `s`, with their singulars. *Men's* becomes `men`.
const IRREGULAR: [(&str, &str); 11] = [
    ("children", "child"),
    ("feet", "foot"),
    ("halve", "half"),
    ("knive", "knife"),
    ("leave", "leaf"),
    ("loave", "loaf"),
    ("men", "man"),
    ("mice", "mouse"),
    ("scarve", "scarf"),
    ("shelve", "shelf"),
    ("women", "woman"),
];

/// Words that carry no meaning in a query; a product need not have them.
pub(crate) fn is_stop_word(word: &str) -> bool {
    const STOP_WORDS: [&str; 20] = [
        "a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "my", "of", "on", "or", "some",
        "that", "the", "this", "to", "with",
    ];
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        words(text).iter().map(Word::stem).collect()
    }

    #[test]
    fn words_have_no_case_accents_and_apostrophes() {
        assert_eq!(stems("Crème-Brûlée, Levi's O\u{2019}Neill"), ["creme", "brulee", "levis", "oneill"]);
        assert_eq!(stems("Straße ÆRØ Łódź"), ["strasse", "aero", "lodz"]);
        // The same letter with its accent as a character of its own.
        assert_eq!(stems("cre\u{300}me"), stems("crème"));
        assert_eq!(stems("ＬＡＭＰ ①"), ["lamp", "1"]);
    }

    #[test]
    fn a_plural_equals_its_singular() {
        for (one, many) in [
            ("lamp", "lamps"),
            ("box", "boxes"),
            ("glass", "glasses"),
            ("brush", "brushes"),
            ("watch", "watches"),
            ("battery", "batteries"),
            ("vase", "vases"),
            ("shoe", "shoes"),
            ("knife", "knives"),
            ("woman", "women's"),
            ("child", "children"),
        ] {
            assert_eq!(stems(one), stems(many), "{many}");
        }
        assert_eq!(stems("bus gas tennis"), ["bus", "gas", "tennis"]);
    }

    #[test]
    fn chinese_and_japanese_characters_are_words() {
        assert_eq!(stems("黒いランプ lamp"), ["黒", "い", "ラ", "ン", "フ\u{309a}", "lamp"]);
        assert_eq!(stems("램프 سراج"), [fold("램프"), fold("سراج")]);
    }

    #[test]
    fn a_word_knows_its_place() {
        let places: Vec<_> = words("a crème, 1").into_iter().map(|word| word.at).collect();
        assert_eq!(places, [0..1, 2..8, 10..11]);
        assert!(words(" \0 \u{202e} ☂ ").is_empty());
        assert_eq!(words(&"x".repeat(10_000)).len(), 1);
    }
}
