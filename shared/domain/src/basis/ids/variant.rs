//! The id of a variant: its product and its place among the variants of the product.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base32::{CHARS, read, read_digits, write, write_digits};
use super::plain::{Id as _, ProductId};
use crate::invalid::{INVALID, Invalid};

/// A variant of a product: what is sold. Its text is `var_`, the 26 characters of the product and two for
/// the place, so the key of its stock follows from the id without a read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantId {
    /// The product.
    pub product: ProductId,
    /// The place among its variants.
    pub place: Place,
}

/// A place among the variants of a product: 0 to 199. The place of a deleted variant is never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Place(u8);

const PREFIX: &str = "var_";
/// Two characters of 5 bits hold a place.
const PLACE_CHARS: usize = 2;

impl Place {
    /// The number of places of a product, over all its life.
    pub const COUNT: u8 = 200;
    /// The place of the first variant, which is the only one of a plain product.
    pub const FIRST: Self = Self(0);

    /// Whether it is the first.
    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }

    /// The next place; none after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.0 + 1).ok()
    }

    /// The number of the place.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// In the sort key of a stock: nothing for the first place, else for example `#007`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_first() { Ok(()) } else { write!(f, "#{:03}", self.0) }
    }
}

impl TryFrom<u8> for Place {
    type Error = Invalid;

    fn try_from(number: u8) -> Result<Self, Invalid> {
        match number < Self::COUNT {
            true => Ok(Self(number)),
            false => Err(Invalid::new(INVALID, "is not a place of a variant")),
        }
    }
}

impl From<Place> for u8 {
    fn from(place: Place) -> Self {
        place.0
    }
}

impl VariantId {
    /// The first variant of a product, which is the only one of a plain product.
    pub fn first_of(product: ProductId) -> Self {
        Self { product, place: Place::FIRST }
    }
}

impl fmt::Display for VariantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, PREFIX, self.product.bits())?;
        write_digits(f, PLACE_CHARS, self.place.0.into())
    }
}

impl fmt::Debug for VariantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VariantId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = || {
            let (product, place) = text.split_at_checked(PREFIX.len() + CHARS)?;
            let place = Some(place).filter(|place| place.len() == PLACE_CHARS);
            let place = u8::try_from(read_digits(place?)?).ok()?;
            let product = ProductId::from_bits(read(PREFIX, product)?);
            Some(Self { product, place: place.try_into().ok()? })
        };
        let message = "must be an id such as var_01k9zq4n8p2v6x3c5b7d9f1g2h00";
        parts().ok_or_else(|| Invalid::new(INVALID, message))
    }
}

impl Serialize for VariantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VariantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for VariantId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VariantId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let digit = "[0-9a-hjkmnp-tv-z]";
        schemars::json_schema!({
            "type": "string",
            "pattern": format!("^var_[0-7]{digit}{{25}}([0-5]{digit}|6[0-7])$"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_id_reads_what_it_writes() {
        for product in [0, 1, u128::MAX] {
            for number in 0..Place::COUNT {
                let place = number.try_into().unwrap();
                let id = VariantId { product: ProductId::from_bits(product), place };
                assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
        let last = VariantId { product: ProductId::from_bits(u128::MAX), place: 199.try_into().unwrap() };
        assert_eq!(last.to_string(), "var_7zzzzzzzzzzzzzzzzzzzzzzzzz67");
    }

    #[test]
    fn a_text_that_is_not_a_variant_id_is_refused() {
        for text in [
            "",
            "var_",
            "var_00000000000000000000000000",
            "var_000000000000000000000000000",
            "var_0000000000000000000000000000U",
            "var_0000000000000000000000000068",
            "var_00000000000000000000000000zz",
            "var_80000000000000000000000000 0",
            "var_000000000000000000000000é00",
            "prd_0000000000000000000000000000",
        ] {
            assert!(text.parse::<VariantId>().is_err(), "{text}");
        }
    }
}
