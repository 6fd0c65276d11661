//! Looks: the keys that keep out names that only look like another, as `Аpple` with a Cyrillic letter looks
//! like `Apple`.
//!
//! A look is the skeleton of Unicode TS 39, of the compatible form (NFKC), without regard to case. A capital
//! `I` looks like a small `l` (`Iris`, `lris`) but its name reads like one with a small `i` (`FUJI`, `Fuji`),
//! so a name with a capital `I` has two looks. Two names with a look in common cannot both be taken.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use sha2::{Digest, Sha256};

/// The keys of the looks that a name has, or that a store or a category holds. A key is the first 128 bits of
/// the SHA-256 of a look, in hexadecimal, because a look may be too long for a key of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// With a capital `I` as an `l`. `None` for a store or category that is older than these keys.
    pub first: Option<String>,
    /// With a capital `I` as an `i`, if that differs.
    pub second: Option<String>,
}

impl Looks {
    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.first.iter().chain(&self.second).map(String::as_str)
    }

    /// The keys that `other` lacks.
    pub fn without<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        self.keys().filter(|key| other.keys().all(|known| known != *key))
    }
}

/// Characters without width or ink: Unicode's default ignorable code points, and the empty braille pattern.
/// Some scripts and emoji need the joiners and selectors among them, so they are accepted.
pub(super) fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The keys of the looks of a text.
pub(super) fn looks(text: &str) -> Looks {
    let seen: String = text.chars().filter(|char| !is_invisible(*char)).collect();
    let compatible = ComposingNormalizerBorrowed::new_nfkc().normalize(&seen).into_owned();
    let first = look(&skeleton(&compatible));
    let second = look(&with_capital_i(&compatible));
    Looks { second: (second != first).then(|| key(&second)), first: Some(key(&first)) }
}

/// The skeleton of a skeleton in lowercase: lowercase letters look like others than uppercase ones.
fn look(first_skeleton: &str) -> String {
    let look = skeleton(&first_skeleton.to_lowercase());
    look.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The skeleton, in which a capital `I` is not an `l`. What looks like an `l` is a capital `I` too if all
/// other letters of its word are capitals, as in `V1SA`.
fn with_capital_i(compatible: &str) -> String {
    let text = DecomposingNormalizerBorrowed::new_nfd().normalize(compatible);
    let is_small_l = |char: &char| !char.is_uppercase() && is_like_l(*char);
    let words = text.split_whitespace().map(|word| {
        let others = || word.chars().filter(|char| !is_small_l(char));
        let is_capital = others().any(char::is_uppercase) && !others().any(char::is_lowercase);
        let read = |char: char| match is_like_l(char) && (is_capital || char.is_uppercase()) {
            true => "I".to_owned(),
            false => skeleton(char.encode_utf8(&mut [0; 4])),
        };
        word.chars().map(read).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_like_l(char: char) -> bool {
    skeleton(char.encode_utf8(&mut [0; 4])) == "l"
}

fn skeleton(text: &str) -> String {
    unicode_security::skeleton(text).collect()
}

fn key(look: &str) -> String {
    let hash = Sha256::digest(look);
    let bits = hash.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    format!("{bits:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collide(one: &str, other: &str) -> bool {
        let (one, other) = (looks(one), looks(other));
        one.keys().any(|key| other.keys().any(|known| known == key))
    }

    #[test]
    fn names_that_look_alike_have_a_look_in_common() {
        for (name, others) in [
            ("Apple", &["Ａpple", "Аpple", "APPLE", "appIe", "App1e", "𝐀𝐩𝐩𝐥𝐞", "Αpple", "A\u{200d}pple"][..]),
            ("The lamp's", &["The lamp’s", "The\u{2003}lamp's"]),
            ("Fine", &["ﬁne", "Ｆｉｎｅ"]),
            ("Сосо", &["Coco"]),
            ("Fuji", &["FUJІ", "FUJӀ", "FUJl", "FUJ|", "FUJ1"]),
            ("Lidl", &["LІDL", "LlDL"]),
            ("ikea", &["ІKEA", "lKEA", "1KEA"]),
            ("Nike", &["ΝΙΚΕ", "NlKE"]),
            ("Hilti", &["HlLTl", "HІLTI"]),
            ("ikeaz", &["lKEAZ"]),
            ("Visa", &["V|SA"]),
            ("visaq", &["V1SAQ"]),
            ("adidas", &["ADlDAS"]),
            ("Iris", &["lris", "1ris", "IRIS"]),
            ("Big Iris", &["BIG lRlS", "big lris"]),
            ("Mail", &["MAIL"]),
            ("Mall", &["MAIL", "MaIl"]),
        ] {
            for other in others {
                assert!(collide(other, name), "{other} beside {name}");
            }
        }
        for (one, other) in [
            ("Café", "Cafe"),
            ("Apple", "Apples"),
            ("Lamp light", "Lamplight"),
            ("灯", "燈"),
            ("Mail", "Mall"),
            ("Hilti", "Hllti"),
            ("Bill", "Biil"),
            ("Route 1", "Route i"),
        ] {
            assert!(!collide(one, other), "{one} beside {other}");
        }
    }

    #[test]
    fn only_a_name_with_a_capital_i_has_a_second_look() {
        for name in ["Apple", "The lamp's", "LAMPS", "Route 1", "Lamps 1l", "Ünal", "Ждём", "灯", "ΣΑΣ"]
        {
            assert_eq!(looks(name).second, None, "{name}");
        }
        for name in ["Iris", "FUJI", "FUJІ", "V1SA"] {
            assert!(looks(name).second.is_some(), "{name}");
        }
    }

    #[test]
    fn the_key_of_a_look_stays_as_it_is_stored() {
        assert_eq!(looks("Iris").first.as_deref(), Some("6a56a311c2d8ba7edd056732e2bd3bbb"));
        // NFKC makes 18 characters of each, which is too long for a key of the table.
        assert!(looks(&"\u{fdfa}".repeat(100)).keys().all(|key| key.len() == 32));
    }
}
