//! Why a value from outside was refused.

use std::fmt;

/// A value that breaks a rule: a field code of the contract, and one sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// One of the codes below.
    pub code: &'static str,
    /// Says which values are accepted.
    pub message: String,
}

/// A required field is missing.
pub const REQUIRED: &str = "REQUIRED";
/// Fewer characters or entries than allowed.
pub const TOO_SHORT: &str = "TOO_SHORT";
/// More characters or entries than allowed.
pub const TOO_LONG: &str = "TOO_LONG";
/// A number outside its limits.
pub const OUT_OF_RANGE: &str = "OUT_OF_RANGE";
/// Not of the right form.
pub const INVALID: &str = "INVALID";
/// A field that the request does not have.
pub const UNKNOWN_FIELD: &str = "UNKNOWN_FIELD";
/// The product has several variants, and the request must name one.
pub const VARIANT_REQUIRED: &str = "VARIANT_REQUIRED";

/// All of them.
pub const CODES: [&str; 7] =
    [REQUIRED, TOO_SHORT, TOO_LONG, OUT_OF_RANGE, INVALID, UNKNOWN_FIELD, VARIANT_REQUIRED];

impl Invalid {
    /// A refusal with one of the field codes.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Reads back what [`fmt::Display`] wrote. Serde carries errors as text only, so a refusal by a type of
    /// the domain passes through a derived `Deserialize` as text. `None` for any other text, which is serde's
    /// own.
    pub fn read(text: &str) -> Option<Self> {
        let (code, message) = text.split_once(": ")?;
        CODES.iter().find(|known| **known == code).map(|code| Self::new(code, message))
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Invalid {}
