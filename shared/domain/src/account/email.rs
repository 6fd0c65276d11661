//! E-mail addresses as people type them.
//!
//! A new address must be one that mail servers deliver to (RFC 5321, without quoting). Its domain is stored
//! in the ASCII form of the DNS: `köln.de` is `xn--kln-sna.de` (Unicode TS 46). An account whose address is
//! older than these rules still signs in: a login looks up the address as it was typed, and then its ASCII
//! form.

use idna::AsciiDenyList;

use crate::invalid::{INVALID, Invalid, TOO_LONG};
use crate::text::{Email, clean};

/// The longest address, in bytes: RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MOST: usize = 254;
/// The longest part before the `@`: RFC 5321, section 4.5.3.1.1.
const MOST_LOCAL: usize = 64;
/// The longest domain in text form: RFC 1035, section 2.3.4, less the length byte and the root.
const MOST_DOMAIN: usize = 253;
/// The longest part of a domain between dots: RFC 1035, section 2.3.4.
const MOST_LABEL: usize = 63;

/// The address for a new account, or the new address of an account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct NewEmail {
    email: Email,
    /// Other spellings under which an older account may have the same address.
    others: Vec<Email>,
}

impl NewEmail {
    /// The address, as it is stored: lowercase ASCII.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// Other spellings under which an older account may have the same address: as typed, and with its domain
    /// in Unicode. Empty for an address of a plain ASCII domain.
    pub fn others(&self) -> &[Email] {
        &self.others
    }
}

impl TryFrom<String> for NewEmail {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let typed = typed(&text)?;
        let (local, domain) = typed.rsplit_once('@').ok_or_else(not_an_address)?;
        if !local.is_ascii() {
            let message = "must have only ASCII letters, digits and signs before the @";
            return Err(Invalid::new(INVALID, message));
        }
        let ascii = ascii_domain(domain)?;
        let email = format!("{local}@{ascii}");
        if email.len() > MOST {
            return Err(Invalid::new(TOO_LONG, format!("must have at most {MOST} characters")));
        }
        let (unicode, _) = idna::domain_to_unicode(&ascii);
        let mut others = vec![typed.clone(), format!("{local}@{unicode}")];
        others.retain(|other| *other != email);
        others.dedup();
        Ok(Self { email: Email::stored(email), others: others.into_iter().map(Email::stored).collect() })
    }
}

impl std::str::FromStr for NewEmail {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.to_owned().try_into()
    }
}

/// A new address, for callers that do not read it from a request.
impl std::str::FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse().map(|NewEmail { email, .. }| email)
    }
}

/// The address of an existing account. Accepts every text that was ever accepted for a new account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct TypedEmail {
    typed: Email,
    ascii: Option<Email>,
}

impl TypedEmail {
    /// The address as it was typed: trimmed and lowercase.
    pub fn typed(&self) -> &Email {
        &self.typed
    }

    /// The form that a new account would store, if it differs. `None` for an ASCII address.
    pub fn ascii(&self) -> Option<&Email> {
        self.ascii.as_ref()
    }

    /// Whether it is this stored address.
    pub fn is(&self, stored: &Email) -> bool {
        self.typed == *stored || self.ascii.as_ref() == Some(stored)
    }

    /// The same text for all spellings of an address, so that they share one rate limit.
    pub fn canonical(&self) -> &Email {
        self.ascii.as_ref().unwrap_or(&self.typed)
    }
}

impl TryFrom<String> for TypedEmail {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let typed = typed(&text)?;
        let ascii = match typed.is_ascii() {
            true => None,
            false => typed.parse::<NewEmail>().ok().map(|new| new.email),
        };
        Ok(Self { typed: Email::stored(typed), ascii })
    }
}

impl std::str::FromStr for TypedEmail {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.to_owned().try_into()
    }
}

fn not_an_address() -> Invalid {
    Invalid::new(INVALID, "must be an e-mail address such as ann@example.com")
}

/// The rule that always held. A trimmed, composed, lowercase text has something that needs no quotes before
/// the last `@`, and a domain with a dot. It has at most [`MOST`] bytes, and [`MOST_LOCAL`] before the `@`.
fn typed(text: &str) -> Result<String, Invalid> {
    let text = clean(text, 1, MOST, false)?.to_lowercase();
    let (local, domain) = text.rsplit_once('@').ok_or_else(not_an_address)?;
    let plain =
        |part: &str| !part.contains(|char: char| char.is_whitespace() || "@\"(),:;<>[\\]".contains(char));
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let dotted = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let local_fine = (1..=MOST_LOCAL).contains(&local.len()) && plain(local) && dotted(local);
    // Unicode TS 46 maps other full stops to a dot (`。`), so the ASCII form may have a dot where the text has
    // none.
    let has_dot = domain.contains(['.', '。', '．', '｡']);
    let domain_fine = has_dot && plain(domain) && domain.split('.').all(label);
    (local_fine && domain_fine && text.len() <= MOST).then_some(text).ok_or_else(not_an_address)
}

/// The domain in the form of the DNS: labels of a to z, digits and hyphens. The last label is not a number.
fn ascii_domain(domain: &str) -> Result<String, Invalid> {
    let refuse = |why: &str| Invalid::new(INVALID, format!("must have a domain such as example.com: {why}"));
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3)
        .map_err(|_| refuse("letters, digits, hyphens and dots"))?
        .into_owned();
    let labels: Vec<_> = ascii.split('.').collect();
    if labels.iter().any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err(refuse("no part of it begins or ends with a hyphen"));
    }
    if labels.iter().any(|label| label.is_empty() || label.len() > MOST_LABEL) || ascii.len() > MOST_DOMAIN {
        return Err(refuse("each part has 1 to 63 characters, the whole at most 253"));
    }
    match labels.as_slice() {
        [_, .., top] if !top.bytes().all(|byte| byte.is_ascii_digit()) => Ok(ascii),
        _ => Err(refuse("its last part is a name such as .com, not a number")),
    }
}

/// What a [`NewEmail`] accepts, without the lengths of its parts. It accepts a little more, because it trims
/// and composes first, and takes a top level such as `1a`.
#[cfg(feature = "openapi")]
const PATTERN: &str = concat!(
    r"^[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@",
    r"(?:[0-9A-Za-z\u00a1-\uffef](?:[0-9A-Za-z\u00a1-\uffef-]*[0-9A-Za-z\u00a1-\uffef])?\.)+",
    r"[A-Za-z\u00a1-\uffef](?:[0-9A-Za-z\u00a1-\uffef-]*[0-9A-Za-z\u00a1-\uffef])?$",
);

#[cfg(feature = "openapi")]
macro_rules! schema {
    ($($name:ident $pattern:expr;)*) => {$(
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = Email::json_schema(generator);
                // A request may have a domain in Unicode.
                schema.insert("format".to_owned(), "idn-email".into());
                let pattern: Option<&str> = $pattern;
                if let Some(pattern) = pattern {
                    schema.insert("pattern".to_owned(), pattern.into());
                }
                schema
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )*};
}

#[cfg(feature = "openapi")]
schema! {
    NewEmail Some(PATTERN);
    TypedEmail None;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> Result<String, Invalid> {
        text.parse::<NewEmail>().map(|new| new.email.to_string())
    }

    #[test]
    fn a_new_address_has_one_form() {
        for (text, stored) in [
            (" Ann.B+tag@Example.COM ", "ann.b+tag@example.com"),
            ("ann@köln.de", "ann@xn--kln-sna.de"),
            ("ann@KO\u{308}LN.de", "ann@xn--kln-sna.de"),
            ("ann@ｅｘａｍｐｌｅ。com", "ann@example.com"),
            ("ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai"),
            ("ann@xn--kln-sna.de", "ann@xn--kln-sna.de"),
            ("o'neil!#$%&*/=?^_`{|}~-@a-b.co", "o'neil!#$%&*/=?^_`{|}~-@a-b.co"),
            ("a@1.2.example", "a@1.2.example"),
        ] {
            assert_eq!(new(text).unwrap(), stored, "{text}");
        }
    }

    #[test]
    fn an_address_that_no_mail_server_takes_is_refused() {
        let long = |labels: usize| format!("a@{}com", "abcdefghi.".repeat(labels));
        for text in [
            "",
            "ann",
            "@b.c",
            "ann@",
            "ann@b",
            "a b@c.d",
            "a@b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@b.c",
            "a@-b.c",
            "a@b-.c",
            "a@b..c",
            "a@.b.c",
            "a@b.c.",
            "<a@b.c>",
            "a@*.com",
            "a@b_c.com",
            "a@b.123",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@xn--a.com",
            "a@b.c/d",
            "é@b.c",
            "J\u{30c}@b.c",
            "\"a\"@b.c",
            "a@\u{200b}.com",
        ] {
            assert!(new(text).is_err(), "{text}");
        }
        assert!(new(&format!("{}@b.co", "a".repeat(64))).is_ok());
        assert!(new(&format!("{}@b.co", "a".repeat(65))).is_err());
        assert!(new(&format!("a@{}.co", "b".repeat(63))).is_ok());
        assert!(new(&format!("a@{}.co", "b".repeat(64))).is_err());
        assert!(new(&long(24)).is_ok());
        assert!(new(&long(26)).is_err());
        // As ASCII, 27 letters of Chinese need more than the 63 characters of a DNS label.
        assert!(new(&format!("a@{}.com", "你好世界再见朋友们".repeat(3))).is_err());
    }

    #[test]
    fn an_address_of_another_alphabet_may_belong_to_an_older_account() {
        let others = |text: &str| {
            let new: NewEmail = text.parse().unwrap();
            new.others().iter().map(Email::to_string).collect::<Vec<_>>()
        };
        assert_eq!(others("ann@Köln.de"), ["ann@köln.de"]);
        assert_eq!(others("ann@xn--kln-sna.de"), ["ann@köln.de"]);
        assert_eq!(others("ann@ｋöln.de"), ["ann@ｋöln.de", "ann@köln.de"]);
        assert_eq!(others("Ann@Example.com"), [""; 0]);
    }

    #[test]
    fn every_address_that_was_ever_accepted_can_be_typed() {
        let typed = |text: &str| {
            let typed: TypedEmail = text.parse().unwrap();
            (typed.typed().to_string(), typed.ascii().map(Email::to_string))
        };
        assert_eq!(typed(" Ann@Example.com"), ("ann@example.com".to_owned(), None));
        assert_eq!(typed("a@*.com"), ("a@*.com".to_owned(), None));
        assert_eq!(typed("a@b.123"), ("a@b.123".to_owned(), None));
        assert_eq!(typed("é@b.c"), ("é@b.c".to_owned(), None));
        assert_eq!(typed("Ann@Köln.de"), ("ann@köln.de".to_owned(), Some("ann@xn--kln-sna.de".to_owned())));
        for text in ["", "ann", "ann@b", "a b@c.d", "a@b..c"] {
            assert!(text.parse::<TypedEmail>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_stored_address_is_read_as_it_was_written() {
        for text in ["a@*.com", "ann@köln.de", "J\u{30c}@b.c", "odd"] {
            let read: Email = serde_json::from_value(text.into()).unwrap();
            assert_eq!(read.as_str(), text);
        }
    }
}
