//! The ids that are 128 bits.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base32::{read, write};
use crate::Timestamp;
use crate::invalid::{INVALID, Invalid};

/// An id that is made from 128 bits.
pub trait Id: Sized {
    /// The id with these bits.
    fn from_bits(bits: u128) -> Self;

    /// A new id: `now` first, then 80 random bits.
    fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u128::try_from(now.millis()).unwrap_or_default();
        let random = random.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        Self::from_bits(millis << 80 | random)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The id's 128 bits.
            pub fn bits(self) -> u128 {
                self.0
            }
        }

        impl Id for $name {
            fn from_bits(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(f, $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let bits = read($prefix, text);
                let message = concat!("must be an id such as ", $prefix, "01k9zq4n8p2v6x3c5b7d9f1g2h");
                bits.map(Self).ok_or_else(|| Invalid::new(INVALID, message))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                })
            }
        }
    )*};
}

ids! {
    /// A user.
    UserId "usr_"
    /// An address in an address book.
    AddressId "adr_"
    /// A session: a login that can be refreshed and revoked.
    SessionId "ses_"
    /// A seller's store.
    StoreId "sto_"
    /// A category of products.
    CategoryId "cat_"
    /// A product.
    ProductId "prd_"
    /// A change of a stock by the seller.
    MovementId "mov_"
    /// An order.
    OrderId "ord_"
    /// A picture of a product, or a logo of a store.
    ImageId "img_"
    /// A buyer's review of a product.
    ReviewId "rev_"
    /// A cart. Each checkout begins a new cart.
    CartId "crt_"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_what_it_writes() {
        for bits in [0, 1, 31, 32, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = UserId::from_bits(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!(UserId::from_bits(u128::MAX).to_string(), "usr_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn a_text_that_is_not_an_id_is_refused() {
        for text in [
            "",
            "usr_",
            "sto_00000000000000000000000000",
            "usr_0000000000000000000000000",
            "usr_80000000000000000000000000",
            "usr_0000000000000000000000000U",
            "usr_000000000000000000000000é",
        ] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }

    #[test]
    fn later_ids_sort_later_as_text_too() {
        let at = |millis| UserId::new(Timestamp::from_millis(millis), [0xff; 10]).to_string();
        assert!(at(1) < at(2));
        assert!(at(1_795_262_671_042) < at(1_795_262_671_043));
    }
}
