//! The mails that an order owes its buyer.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::invalid::{INVALID, Invalid};

/// An owed mail: since when, and until when a worker has claimed it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// When the mail became owed.
    #[serde(with = "crate::clock::millis")]
    pub since: Timestamp,
    /// A worker has the mail to itself until then.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub claimed: Option<Timestamp>,
}

/// A mail about an order. Its text form names it in the table and in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mail {
    /// The order is paid. The mail lists what was bought, and the total.
    Confirmed,
    /// The order was cancelled.
    Cancelled,
    /// A store has packed its part.
    Packed(StoreId),
    /// A store's parcel is with the carrier.
    Shipped(StoreId),
    /// A store's parcel was delivered.
    Delivered(StoreId),
}

impl Mail {
    /// The template's name.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Packed(_) => "packed",
            Self::Shipped(_) => "shipped",
            Self::Delivered(_) => "delivered",
        }
    }

    /// The store whose part it is about; `None` for the whole order.
    pub fn store(self) -> Option<StoreId> {
        match self {
            Self::Confirmed | Self::Cancelled => None,
            Self::Packed(store) | Self::Shipped(store) | Self::Delivered(store) => Some(store),
        }
    }
}

impl fmt::Display for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        self.store().map_or(Ok(()), |store| write!(f, ":{store}"))
    }
}

impl FromStr for Mail {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(INVALID, "must name a mail");
        let (kind, store) = text.split_once(':').map_or((text, None), |(kind, store)| (kind, Some(store)));
        match (kind, store) {
            ("confirmed", None) => Ok(Self::Confirmed),
            ("cancelled", None) => Ok(Self::Cancelled),
            ("packed", Some(store)) => Ok(Self::Packed(store.parse()?)),
            ("shipped", Some(store)) => Ok(Self::Shipped(store.parse()?)),
            ("delivered", Some(store)) => Ok(Self::Delivered(store.parse()?)),
            _ => Err(invalid()),
        }
    }
}

impl Serialize for Mail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn a_mail_reads_what_it_writes() {
        let store = StoreId::from_bits(5);
        let mails = [
            Mail::Confirmed,
            Mail::Cancelled,
            Mail::Packed(store),
            Mail::Shipped(store),
            Mail::Delivered(store),
        ];
        for mail in mails {
            assert_eq!(mail.to_string().parse(), Ok(mail));
        }
        assert!("packed".parse::<Mail>().is_err());
    }
}
