//! Where people live.

use serde::{Deserialize, Serialize};

use crate::Schema;
use crate::invalid::{INVALID, Invalid};
use crate::text::{AddressLine, Name, Phone, PostalCode};

/// A postal address, as the buyer typed it and as an order keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Who lives there.
    pub name: Name,
    /// A number for the carrier's driver.
    pub phone: Phone,
    /// Street and number.
    pub street1: AddressLine,
    /// Flat, floor, building.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street2: Option<AddressLine>,
    /// Town.
    pub city: AddressLine,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AddressLine>,
    /// Postal code.
    pub postal_code: PostalCode,
    /// Country.
    pub country: Country,
}

/// An ISO 3166-1 alpha-2 code in capitals, e.g. `DE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([char; 2]);

impl TryFrom<String> for Country {
    type Error = Invalid;

    /// Checks the form only: which codes are assigned changes, and the carrier knows where it delivers.
    fn try_from(text: String) -> Result<Self, Invalid> {
        let mut chars = text.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some(a @ 'A'..='Z'), Some(b @ 'A'..='Z'), None) => Ok(Self([a, b])),
            _ => Err(Invalid::new(INVALID, "must be an ISO 3166-1 alpha-2 code such as DE")),
        }
    }
}

impl From<Country> for String {
    fn from(Country(code): Country) -> Self {
        code.iter().collect()
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Country {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$" })
    }

    fn inline_schema() -> bool {
        true
    }
}
