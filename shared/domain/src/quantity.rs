//! How many of a product.

use serde::{Deserialize, Serialize};

use crate::invalid::{Invalid, OUT_OF_RANGE};

/// Units of one product in a cart line or an order line: 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    /// The most units of one product in a cart or an order.
    pub const MOST: u32 = 99;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        match u32::try_from(number) {
            Ok(number @ 1..=Self::MOST) => Ok(Self(number)),
            _ => Err(Invalid::new(OUT_OF_RANGE, format!("must be from 1 to {}", Self::MOST))),
        }
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// Units on hand: 0 to a thousand million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct OnHand(u32);

impl OnHand {
    /// The most units of one product on hand.
    pub const MOST: u32 = 1_000_000_000;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for OnHand {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        match u32::try_from(number) {
            Ok(number @ 0..=Self::MOST) => Ok(Self(number)),
            _ => Err(Invalid::new(OUT_OF_RANGE, format!("must be from 0 to {}", Self::MOST))),
        }
    }
}

impl From<OnHand> for u32 {
    fn from(on_hand: OnHand) -> Self {
        on_hand.0
    }
}

#[cfg(feature = "openapi")]
mod schemas {
    macro_rules! schema {
        ($name:ident $least:literal) => {
            impl schemars::JsonSchema for super::$name {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({ "type": "integer", "minimum": $least, "maximum": super::$name::MOST })
                }

                fn inline_schema() -> bool {
                    true
                }
            }
        };
    }

    schema!(Quantity 1);
    schema!(OnHand 0);
}
