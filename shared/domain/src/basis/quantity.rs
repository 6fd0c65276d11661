//! Quantities and their limits.

use serde::{Deserialize, Serialize};

use crate::invalid::{Invalid, OUT_OF_RANGE};

/// A whole number with limits: `Quantity(1..=99)`.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident($least:literal..=$most:literal))*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "u32")]
        pub struct $name(u32);

        impl $name {
            /// The largest accepted number.
            pub const MOST: u32 = $most;

            /// The number.
            pub fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = Invalid;

            fn try_from(number: i64) -> Result<Self, Invalid> {
                match u32::try_from(number) {
                    Ok(number @ $least..=$most) => Ok(Self(number)),
                    _ => Err(Invalid::new(OUT_OF_RANGE, concat!("must be from ", $least, " to ", $most))),
                }
            }
        }

        impl From<$name> for u32 {
            fn from(count: $name) -> Self {
                count.0
            }
        }

        #[cfg(feature = "openapi")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $least, "maximum": $most })
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )*};
}

counts! {
    /// Units of one product in a cart line or an order line.
    Quantity(1..=99)
    /// The new quantity of a cart line; 0 removes it.
    Held(0..=99)
    /// Units on hand.
    OnHand(0..=1_000_000_000)
    /// The weight of one unit in grams: at most a ton.
    Grams(1..=1_000_000)
    /// The size of an upload in bytes: at most 5 MiB.
    UploadSize(1..=5_242_880)
    /// The stars of a review.
    Stars(1..=5)
    /// The most entries of one page of a list.
    Limit(1..=100)
}

/// Units that are added to a stock or, if negative, taken out: from −1,000,000,000 to 1,000,000,000, and not
/// 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Delta(i64);

impl Delta {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Delta {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        match number {
            0 => Err(Invalid::new(OUT_OF_RANGE, "must not be 0")),
            -1_000_000_000..=1_000_000_000 => Ok(Self(number)),
            _ => Err(Invalid::new(OUT_OF_RANGE, "must be from -1000000000 to 1000000000")),
        }
    }
}

impl From<Delta> for i64 {
    fn from(delta: Delta) -> Self {
        delta.0
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Delta {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delta".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer", "minimum": -1_000_000_000, "maximum": 1_000_000_000, "not": { "const": 0 },
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

impl Held {
    /// The line's quantity; `None` for 0, which removes the line.
    pub fn quantity(self) -> Option<Quantity> {
        Some(Quantity(self.0)).filter(|quantity| quantity.0 > 0)
    }
}

impl Default for Limit {
    /// 20.
    fn default() -> Self {
        Self(20)
    }
}
