//! Postal addresses, and the address book of a user.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::country::{Country, KnownCountry};
use crate::Schema;
use crate::clock::Timestamp;
use crate::ids::{AddressId, UserId};
use crate::invalid::{Invalid, REQUIRED};
use crate::text::{AddressLine, Name, Phone, PostalCode};

/// A postal address as the buyer typed it. An order keeps a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The receiver.
    pub name: Name,
    /// The telephone number for the carrier.
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
    /// Postal code; absent where the country has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<PostalCode>,
    /// Country.
    pub country: Country,
}

/// A postal address in a request.
#[derive(Clone, Debug, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = crate::account::country::postal_code_rule()))]
pub struct NewAddress {
    name: Name,
    phone: Phone,
    street1: AddressLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    street2: Option<AddressLine>,
    city: AddressLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<AddressLine>,
    /// Can be left out where the country has no postal codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<PostalCode>,
    country: KnownCountry,
}

impl NewAddress {
    /// The address. Refuses a missing postal code if the country needs one, as a fault of the field
    /// `postal_code`. Keeps a postal code of a country without codes, because carriers' forms ask for one
    /// (`00000`).
    pub fn address(self) -> Result<Address, Invalid> {
        let Self { name, phone, street1, street2, city, state, postal_code, country } = self;
        let (needs_postal_code, country) = (country.needs_postal_code(), country.country());
        if needs_postal_code && postal_code.is_none() {
            let message = format!("is needed for an address in {}", String::from(country));
            return Err(Invalid::new(REQUIRED, message));
        }
        Ok(Address { name, phone, street1, street2, city, state, postal_code, country })
    }
}

/// The most addresses that a user can keep.
pub const MOST_ADDRESSES: u32 = 10;

/// The purposes of a default address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Where parcels are sent.
    Shipping,
    /// Where bills are sent.
    Billing,
}

/// An entry of the address book in a request.
// The fields are repeated, because a flattened `NewAddress` could not name its bad fields.
#[derive(Clone, Debug, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = crate::account::country::postal_code_rule()))]
pub struct AddressEntry {
    name: Name,
    phone: Phone,
    street1: AddressLine,
    street2: Option<AddressLine>,
    city: AddressLine,
    state: Option<AddressLine>,
    /// Can be left out where the country has no postal codes.
    postal_code: Option<PostalCode>,
    country: KnownCountry,
    /// `true` makes it the default shipping address, `false` ends that; left out, it stays as it is.
    is_default_shipping: Option<bool>,
    /// The same for the billing address.
    is_default_billing: Option<bool>,
}

impl AddressEntry {
    /// The checked entry. Refuses what [`NewAddress::address`] refuses.
    pub fn checked(self) -> Result<CheckedEntry, Invalid> {
        let Self { name, phone, street1, street2, city, state, postal_code, country, .. } = self;
        let address = NewAddress { name, phone, street1, street2, city, state, postal_code, country };
        let wishes =
            [(Purpose::Shipping, self.is_default_shipping), (Purpose::Billing, self.is_default_billing)];
        Ok(CheckedEntry { address: address.address()?, wishes })
    }
}

/// A checked entry: an address, and what its owner wants it to be the default for.
#[derive(Clone, Debug)]
pub struct CheckedEntry {
    address: Address,
    wishes: [(Purpose, Option<bool>); 2],
}

/// The addresses of one user. They are one item, so that one condition holds the limits on their number and
/// defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressBook {
    /// The owner of the book.
    pub user_id: UserId,
    /// In the order in which they were added.
    addresses: Vec<Kept>,
    defaults: BTreeMap<Purpose, AddressId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    id: AddressId,
    address: Address,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// An address of a book.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedAddress {
    /// Names the address.
    pub id: AddressId,
    /// The address.
    pub address: Address,
    /// Whether parcels are sent there by default.
    pub is_default_shipping: bool,
    /// Whether bills are sent there by default.
    pub is_default_billing: bool,
    /// Grows with every change of the address or of what it is the default for.
    pub version: u64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl AddressBook {
    /// An empty book.
    pub fn new(user_id: UserId) -> Self {
        Self { user_id, addresses: Vec::new(), defaults: BTreeMap::new() }
    }

    /// The address with this id.
    pub fn get(&self, id: AddressId) -> Option<SavedAddress> {
        self.all().find(|saved| saved.id == id)
    }

    /// All addresses, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = SavedAddress> {
        self.addresses.iter().map(|kept| self.saved(kept.clone()))
    }

    /// The default for `purpose`, if there is one.
    pub fn default_for(&self, purpose: Purpose) -> Option<SavedAddress> {
        self.defaults.get(&purpose).and_then(|id| self.get(*id))
    }

    fn saved(&self, Kept { id, address, version, created_at, updated_at }: Kept) -> SavedAddress {
        let is_default = |purpose| self.defaults.get(&purpose) == Some(&id);
        SavedAddress {
            id,
            address,
            is_default_shipping: is_default(Purpose::Shipping),
            is_default_billing: is_default(Purpose::Billing),
            version,
            created_at,
            updated_at,
        }
    }

    fn kept(&mut self, id: AddressId) -> Option<&mut Kept> {
        self.addresses.iter_mut().find(|kept| kept.id == id)
    }

    /// Adds an address. The first one becomes the default for both purposes, unless the entry refuses that.
    /// `None` when the book is full.
    ///
    /// An id that is already there was written by the same request, whose answer was lost; it is not added
    /// again.
    pub fn add(&mut self, id: AddressId, entry: &CheckedEntry, now: Timestamp) -> Option<SavedAddress> {
        if let Some(there) = self.get(id) {
            return Some(there);
        }
        if self.addresses.len() >= MOST_ADDRESSES as usize {
            return None;
        }
        let first = self.addresses.is_empty().then_some(true);
        let address = entry.address.clone();
        self.addresses.push(Kept { id, address, version: 1, created_at: now, updated_at: now });
        for (purpose, wish) in entry.wishes {
            self.wish(id, purpose, wish.or(first), now);
        }
        self.get(id)
    }

    /// Replaces this address. `None` when it does not exist.
    pub fn replace(&mut self, id: AddressId, entry: &CheckedEntry, now: Timestamp) -> Option<SavedAddress> {
        let (kept, address) = (self.kept(id)?, entry.address.clone());
        if kept.address != address {
            kept.address = address;
            self.touch(id, now);
        }
        for (purpose, wish) in entry.wishes {
            self.wish(id, purpose, wish, now);
        }
        self.get(id)
    }

    /// Makes an address the default for `purpose` instead of the present one. `None` when it does not exist.
    pub fn set_default(&mut self, id: AddressId, purpose: Purpose, now: Timestamp) -> Option<SavedAddress> {
        if self.kept(id).is_some() {
            self.wish(id, purpose, Some(true), now);
        }
        self.get(id)
    }

    /// Removes an address. A default that it was becomes empty.
    pub fn remove(&mut self, id: AddressId) {
        self.addresses.retain(|kept| kept.id != id);
        self.defaults.retain(|_, default| *default != id);
    }

    fn wish(&mut self, id: AddressId, purpose: Purpose, wish: Option<bool>, now: Timestamp) {
        let before = self.defaults.get(&purpose).copied();
        let after = match wish {
            Some(true) => Some(id),
            Some(false) => before.filter(|default| *default != id),
            None => before,
        };
        if after == before {
            return;
        }
        match after {
            Some(id) => self.defaults.insert(purpose, id),
            None => self.defaults.remove(&purpose),
        };
        // The answer shows whether an address is the default, so both changed addresses get a new version.
        for changed in [before, after].into_iter().flatten() {
            self.touch(changed, now);
        }
    }

    fn touch(&mut self, id: AddressId, now: Timestamp) {
        if let Some(kept) = self.kept(id) {
            kept.version += 1;
            kept.updated_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    fn id(number: u128) -> AddressId {
        AddressId::from_bits(number)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn entry(city: &str, shipping: Option<bool>, billing: Option<bool>) -> CheckedEntry {
        let entry = AddressEntry {
            name: "Ann Buyer".parse().unwrap(),
            phone: "+1 555 0100".parse().unwrap(),
            street1: "1 Lamp Street".parse().unwrap(),
            street2: None,
            city: city.parse().unwrap(),
            state: None,
            postal_code: Some("62701".parse().unwrap()),
            country: "US".to_owned().try_into().unwrap(),
            is_default_shipping: shipping,
            is_default_billing: billing,
        };
        entry.checked().unwrap()
    }

    fn book_of(count: u128) -> AddressBook {
        let mut book = AddressBook::new(UserId::from_bits(1));
        for number in 0..count {
            book.add(id(number), &entry("Springfield", None, None), at(0)).unwrap();
        }
        book
    }

    fn defaults(book: &AddressBook) -> [Option<AddressId>; 2] {
        [Purpose::Shipping, Purpose::Billing].map(|purpose| book.default_for(purpose).map(|saved| saved.id))
    }

    #[test]
    fn the_first_address_becomes_each_default_that_it_does_not_refuse() {
        for (shipping, billing, expected) in [
            (None, None, [Some(id(0)), Some(id(0))]),
            (Some(false), None, [None, Some(id(0))]),
            (Some(true), Some(false), [Some(id(0)), None]),
        ] {
            let mut book = book_of(0);
            book.add(id(0), &entry("Springfield", shipping, billing), at(0)).unwrap();
            assert_eq!(defaults(&book), expected);
        }
        assert_eq!(defaults(&book_of(3)), [Some(id(0)), Some(id(0))]);
    }

    #[test]
    fn a_full_address_book_refuses_more_and_accepts_repeats() {
        let mut book = book_of(MOST_ADDRESSES.into());
        let full = book.clone();
        assert_eq!(book.add(id(99), &entry("Springfield", Some(true), None), at(1)), None);
        assert_eq!(book.add(id(9), &entry("Shelbyville", None, None), at(1)), full.get(id(9)));
        assert_eq!(book, full);
        book.remove(id(0));
        assert!(book.add(id(99), &entry("Springfield", None, None), at(1)).is_some());
    }

    #[test]
    fn a_moved_default_gives_both_addresses_a_new_version() {
        let mut book = book_of(3);
        let before: Vec<_> = book.all().collect();
        let moved = book.set_default(id(1), Purpose::Shipping, at(5)).unwrap();
        assert!(moved.is_default_shipping && !moved.is_default_billing);
        assert_eq!(defaults(&book), [Some(id(1)), Some(id(0))]);
        let newer: Vec<_> =
            book.all().zip(&before).map(|(now, before)| now.version - before.version).collect();
        assert_eq!(newer, [1, 1, 0]);
        assert_eq!(book.get(id(0)).unwrap().updated_at, at(5));
        assert_eq!(book.set_default(id(99), Purpose::Shipping, at(5)), None);
    }

    #[test]
    fn a_replaced_address_keeps_what_it_is_not_told_to_change() {
        let mut book = book_of(2);
        let moved = book.replace(id(0), &entry("Shelbyville", None, Some(false)), at(5)).unwrap();
        assert_eq!(moved.address.city.as_str(), "Shelbyville");
        assert_eq!((moved.created_at, moved.updated_at), (at(0), at(5)));
        assert_eq!(defaults(&book), [Some(id(0)), None]);
        // An address that is not the default cannot end another address's default.
        book.replace(id(1), &entry("Springfield", Some(false), None), at(6)).unwrap();
        assert_eq!(defaults(&book), [Some(id(0)), None]);
        assert_eq!(book.replace(id(99), &entry("Springfield", None, None), at(6)), None);

        let settled = book.clone();
        book.replace(id(0), &entry("Shelbyville", Some(true), Some(false)), at(7)).unwrap();
        assert_eq!(book, settled, "what is so already is no change");
    }

    #[test]
    fn a_removed_default_leaves_no_default() {
        let mut book = book_of(2);
        book.remove(id(0));
        assert_eq!(defaults(&book), [None, None]);
        assert_eq!(book.all().map(|saved| saved.id).collect::<Vec<_>>(), [id(1)]);
    }
}
