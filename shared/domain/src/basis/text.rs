//! Text from outside: trimmed, in Unicode's composed form, without control characters, and of limited length.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::look::{Looks, is_invisible, looks};
use crate::invalid::{INVALID, Invalid, REQUIRED, TOO_LONG, TOO_SHORT};

/// Cleans `text` and checks that it has `least..=most` characters. Line breaks and tabs pass only if `lines`
/// is set.
pub(crate) fn clean(text: &str, least: usize, most: usize, lines: bool) -> Result<String, Invalid> {
    // A cheap upper limit comes first: a character has at most four bytes, and composing lengthens a text at
    // most threefold.
    if text.len() > most.saturating_mul(12) {
        return Err(Invalid::new(TOO_LONG, format!("must have at most {most} characters")));
    }
    let text = if lines { with_line_feeds(text) } else { Cow::Borrowed(text) };
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned();
    let count = text.chars().count();
    if is_blank(&text) && (least > 0 || count > 0) {
        return Err(Invalid::new(REQUIRED, "must not be empty"));
    }
    if count < least {
        return Err(Invalid::new(TOO_SHORT, format!("must have at least {least} characters")));
    }
    if count > most {
        return Err(Invalid::new(TOO_LONG, format!("must have at most {most} characters")));
    }
    if text.chars().any(|char| char.is_control() && !(lines && matches!(char, '\n' | '\t'))) {
        let right = match lines {
            true => "must not have control characters other than line breaks and tabs",
            false => "must be a single line, without tabs and other control characters",
        };
        return Err(Invalid::new(INVALID, right));
    }
    if text.chars().any(turns_text) {
        return Err(Invalid::new(INVALID, "must not have characters that turn or break lines of text"));
    }
    Ok(text)
}

/// Whether a text is empty, or has only white space and invisible characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|char| char.is_whitespace() || is_invisible(char))
}

/// Turns every line break into a line feed: forms and Windows send CR LF, word processors U+2028 (Unicode
/// 5.8, newline guidelines).
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    const OTHERS: [char; 4] = ['\r', '\u{85}', '\u{2028}', '\u{2029}'];
    match text.contains(OTHERS) {
        true => text.replace("\r\n", "\n").replace(OTHERS, "\n").into(),
        false => text.into(),
    }
}

/// Characters that change the direction of the text around them, or begin a new line or paragraph. A name
/// with one of these makes other people's pages look wrong (Unicode TR 36, 3.2).
fn turns_text(char: char) -> bool {
    matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text under which unique texts are compared. Case, the width of a gap and invisible characters make no
/// difference.
fn folded(text: &str) -> String {
    let seen: String = text.chars().filter(|char| !is_invisible(*char)).collect();
    let words = seen.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    ComposingNormalizerBorrowed::new_nfc().normalize(&words).into_owned()
}

/// Characters that composing may join with the one before them, so that both count as one: the combining
/// diacritical marks, and all of the basic plane with `NFC_Quick_Check=Maybe` (Unicode 16).
#[cfg(feature = "openapi")]
const JOINED: &str = concat!(
    r"\u0300-\u036f\u0653-\u0655\u093c\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6",
    r"\u0d3e\u0d57\u0dca\u0dcf\u0ddf\u102e\u1161-\u1175\u11a8-\u11c2\u1b35\u3099\u309a",
);

/// The schema of a text: its length and, in a request, a pattern of what [`clean`] accepts. `clean` accepts a
/// little more, because it trims and composes first. An answer may hold a text that is older than a rule.
#[cfg(feature = "openapi")]
fn schema(generator: &schemars::SchemaGenerator, least: usize, most: usize, lines: bool) -> schemars::Schema {
    let mut schema = schemars::json_schema!({ "type": "string", "minLength": least, "maxLength": most });
    if generator.contract().is_deserialize() {
        let refused = match lines {
            true => concat!(
                r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f",
                r"\u202a-\u202e\u2066-\u2069\ufffd",
            ),
            false => r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd",
        };
        // White space and other invisible characters.
        let hidden = concat!(
            r"\s\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f",
            r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8",
        );
        let hidden = format!("{hidden}{JOINED}");
        let visible = format!("(?:[^{refused}]*[^{refused}{hidden}]){{{least}}}");
        let visible = if least == 0 { "" } else { &visible };
        schema.insert("pattern".to_owned(), format!("^{visible}[^{refused}]*$").into());
    }
    schema
}

/// A newtype over a clean text: `Name(2..=100)`.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($least:literal..=$most:literal, lines: $lines:literal))*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                clean(&text, $least, $most, $lines).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                clean(text, $least, $most, $lines).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        #[cfg(feature = "openapi")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schema(generator, $least, $most, $lines)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )*};
}

texts! {
    /// The name of a person, store, category or product.
    Name(2..=100, lines: false)
    /// The description of a store or a product; may have several lines.
    Description(0..=2000, lines: true)
    /// The seller's own code for a variant, unique in the store.
    Sku(1..=64, lines: false)
    /// The name of an option of a product, or of one of its values.
    OptionName(1..=40, lines: false)
    /// The brand of a product.
    Brand(1..=100, lines: false)
    /// What somebody searches for.
    SearchText(1..=200, lines: true)
    /// A line of an address.
    AddressLine(1..=200, lines: false)
    /// A postal code.
    PostalCode(1..=20, lines: false)
    /// A telephone number, as people write it.
    Phone(3..=32, lines: false)
    /// A reason in the user's own words.
    Reason(0..=2000, lines: true)
    /// A buyer's comment on a product.
    Comment(1..=2000, lines: true)
    /// The carrier's number of a parcel.
    TrackingNumber(1..=64, lines: false)
    /// The payment provider's token for a means of payment.
    PaymentMethod(1..=100, lines: false)
    /// The caller's key for one attempt. A repeat with the same key is safe.
    IdempotencyKey(1..=255, lines: false)
}

impl Name {
    /// The text under which unique names are compared. Case, gaps and invisible characters make no
    /// difference.
    pub fn folded(&self) -> String {
        folded(&self.0)
    }

    /// The keys that keep out names that look like this one.
    pub fn looks(&self) -> Looks {
        looks(&self.0)
    }
}

impl Sku {
    /// The text under which SKUs of a store are compared; see [`Name::folded`].
    pub fn folded(&self) -> String {
        folded(&self.0)
    }
}

impl OptionName {
    /// The text under which names of one list are compared; see [`Name::folded`].
    pub fn folded(&self) -> String {
        folded(&self.0)
    }
}

/// An e-mail address as it is stored. Requests have a [`NewEmail`] or a [`TypedEmail`].
///
/// [`NewEmail`]: crate::account::email::NewEmail
/// [`TypedEmail`]: crate::account::email::TypedEmail
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps an address that was already checked, or comes from the table.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Logs may hold debugged values, and must not hold addresses.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Email {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Email".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "email", "maxLength": 254 })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A password as typed: 8 to 128 characters, composed but not trimmed. It is never shown.
#[derive(Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Password(String);

impl Password {
    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl TryFrom<String> for Password {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.len() > 128 * 12 {
            return Err(Invalid::new(TOO_LONG, "must have at most 128 characters"));
        }
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned();
        match text.chars().count() {
            0..8 => Err(Invalid::new(TOO_SHORT, "must have at least 8 characters")),
            8..=128 => Ok(Self(text)),
            _ => Err(Invalid::new(TOO_LONG, "must have at most 128 characters")),
        }
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Password {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Password".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "password", "minLength": 8, "maxLength": 128,
            "pattern": format!(r"^(?:[^\ufffd]*[^\ufffd{JOINED}]){{8}}[^\ufffd]*$"),
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_composed() {
        let name: Name = "  Cafe\u{301} ".parse().unwrap();
        assert_eq!(name.as_str(), "Café");
    }

    #[test]
    fn text_out_of_bounds_says_how() {
        let code = |text: &str| text.parse::<Name>().unwrap_err().code;
        assert_eq!(code("   "), REQUIRED);
        assert_eq!(code("\u{200b}"), REQUIRED);
        assert_eq!(code("a"), TOO_SHORT);
        assert_eq!(code(&"a".repeat(101)), TOO_LONG);
        assert_eq!(code(&"a".repeat(1_000_000)), TOO_LONG);
        assert_eq!(code("a\0b"), INVALID);
        assert_eq!("two\nlines".parse::<Description>().unwrap().as_str(), "two\nlines");
    }

    /// The ranges of a class in a pattern, such as `\u0300-\u036f`.
    #[cfg(feature = "openapi")]
    fn holds(class: &str, char: char) -> bool {
        let mut codes = class.split("\\u").skip(1).map(|code| u32::from_str_radix(&code[..4], 16).unwrap());
        let mut is_first = true;
        let (mut first, mut found) = (0, false);
        for part in class.split("\\u").skip(1) {
            let code = codes.next().unwrap();
            first = if is_first { code } else { first };
            found |= (first..=code).contains(&u32::from(char));
            is_first = !part.ends_with('-');
        }
        found
    }

    #[test]
    #[cfg(feature = "openapi")]
    fn the_schema_knows_every_character_that_composing_joins() {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
        for composed in ('\0'..='\u{ffff}').filter(|char| nfc.is_normalized(char.encode_utf8(&mut [0; 4]))) {
            let parts = nfd.normalize(composed.encode_utf8(&mut [0; 4])).into_owned();
            for joined in parts.chars().skip(1) {
                assert!(holds(JOINED, joined), "{composed}: {joined:?}");
            }
        }
        assert!(!holds(JOINED, 'か') && !holds(JOINED, '\u{1100}') && !holds(JOINED, '\u{93e}'));
    }

    #[test]
    fn every_line_break_of_a_text_with_lines_becomes_a_line_feed() {
        let read = |text: &str| text.parse::<Description>().map(String::from);
        for text in ["a\r\nb", "a\rb", "a\nb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\r\nb\r\n"] {
            assert_eq!(read(text).unwrap(), "a\nb", "{text:?}");
        }
        assert_eq!(read("a\r\n\r\n\tb").unwrap(), "a\n\n\tb");
        assert_eq!(read("a\n\rb").unwrap(), "a\n\nb");
        assert!(read("a\u{b}b").is_err());
        // A line break counts as one character in each of its forms.
        assert_eq!(read(&"\u{1f9fa}\r\n".repeat(1000)).unwrap().chars().count(), 1999);
        for text in ["a\r\nb", "a\tb", "a\rb"] {
            assert_eq!(text.parse::<Name>().unwrap_err().code, INVALID, "{text:?}");
        }
    }

    #[test]
    fn a_stored_text_is_read_as_it_was_written() {
        // Requests may no longer have these, but stored items do.
        for text in ["K\u{fffd}ln", "two\nlines", ""] {
            assert_eq!(text.parse::<Description>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_text_that_shows_nothing_is_blank() {
        for text in ["", " ", "\t\r\n", "\u{a0}\u{200b}\u{feff}"] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank(" \0"));
    }

    #[test]
    fn names_that_look_the_same_are_the_same() {
        let folded = |text: &str| text.parse::<Name>().unwrap().folded();
        for text in [
            "Same lamp",
            "same  LAMP",
            "Same\u{200b} lamp",
            "Same\u{a0}la\u{2060}mp",
            "\u{feff}Same lamp",
            "Same lamp\u{e0101}",
        ] {
            assert_eq!(folded(text), "same lamp", "{text:?}");
        }
        assert_eq!(folded("J\u{30c}J\u{30c}"), folded("\u{1f0}\u{1f0}"));
        assert_ne!(folded("Same lamp"), folded("Samelamp"));
        for text in
            ["\u{200b}\u{200b}", "\u{3164}\u{3164}", "evil\u{202e}pmal", "two\u{2028}lines", "\u{2066}lamp"]
        {
            assert!(text.parse::<Name>().is_err(), "{text:?}");
        }
        let family = "\u{1f468}\u{200d}\u{1f469}";
        assert_eq!(family.parse::<Name>().unwrap().as_str(), family);
    }

    #[test]
    fn nothing_secret_is_debugged() {
        let password = Password::try_from("hunter22hunter22".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
