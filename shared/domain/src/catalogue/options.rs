//! The options of a product, such as its colour and size, and the values that its variants take.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::Schema;
use crate::invalid::{INVALID, Invalid, REQUIRED, TOO_LONG, TOO_SHORT};
use crate::text::OptionName;

/// The most options of a product.
pub const MOST_OPTIONS: usize = 3;
/// The most values of an option.
pub const MOST_VALUES: usize = 50;
/// The most bytes of all options of a product in the table, so that a product with its longest description
/// and a stock stay near 4 KB, which is a read unit.
pub const MOST_BYTES: usize = 2048;
/// What DynamoDB stores for an option or a value beside the text of its name: a map with two keys and an id.
const BYTES_BESIDE_NAME: usize = 16;

/// Values by the name of their option, as clients name them: `{"Colour": "Red", "Size": "XL"}`.
pub type NamedValues = BTreeMap<OptionName, OptionName>;

/// The options of a product, in the order in which they are shown; a plain product has none.
///
/// Options and values have ids from one counter, and no id is ever used again. A variant holds the ids of its
/// values, so a value can be renamed without writing any variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    list: Vec<ProductOption>,
    next_id: u32,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct ProductOption {
    /// Never changes.
    pub id: u32,
    /// The name, such as `Colour`.
    pub name: OptionName,
    /// The values that a variant can take.
    pub values: Vec<OptionValue>,
}

/// One value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct OptionValue {
    /// Never changes.
    pub id: u32,
    /// The name, such as `Red`.
    pub name: OptionName,
}

/// An option as a seller writes it. With an id it is the present option, perhaps renamed; without one it is
/// new.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct OptionChange {
    /// The id of a present option.
    #[schemars(range(max = u32::MAX))]
    pub id: Option<u32>,
    /// Unique in the product.
    pub name: OptionName,
    /// All values, in the order in which they are shown.
    #[schemars(length(min = 1, max = crate::catalogue::options::MOST_VALUES))]
    pub values: Vec<ValueChange>,
}

/// A value as a seller writes it. With an id it is the present value, perhaps renamed; without one it is new.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct ValueChange {
    /// The id of a present value of this option.
    #[schemars(range(max = u32::MAX))]
    pub id: Option<u32>,
    /// Unique in the option.
    pub name: OptionName,
}

/// Why options cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsRefused {
    /// Fields of the request, each with its fault.
    Invalid(Vec<(String, Invalid)>),
    /// A variant takes this value, which would be removed.
    InUse(OptionName),
}

impl Options {
    /// Whether there are none, as in a plain product.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The options, in the order in which they are shown.
    pub fn all(&self) -> &[ProductOption] {
        &self.list
    }

    /// The same, as a list.
    pub fn into_all(self) -> Vec<ProductOption> {
        self.list
    }

    /// Options that consist of `changes`. Present ones without a change are removed, which is refused for one
    /// whose value is `used` by a variant.
    pub fn changed(&self, changes: &[OptionChange], used: &BTreeSet<u32>) -> Result<Self, OptionsRefused> {
        let mut faults = Faults::default();
        if changes.len() > MOST_OPTIONS {
            let most = format!("must have at most {MOST_OPTIONS} options");
            faults.add("options", TOO_LONG, most);
        }
        faults.repeated("options", changes.iter().map(|change| (change.id, &change.name)));
        let mut next_id = self.next_id;
        let mut new_id = || {
            next_id += 1;
            next_id - 1
        };
        let mut list = Vec::new();
        for (place, change) in changes.iter().enumerate() {
            let field = format!("options[{place}]");
            let present = self.list.iter().find(|option| Some(option.id) == change.id);
            if change.id.is_some() && present.is_none() {
                faults.add(format!("{field}.id"), INVALID, "there is no such option");
            }
            let field = format!("{field}.values");
            match change.values.len() {
                0 => faults.add(&field, TOO_SHORT, "must have at least one value"),
                1..=MOST_VALUES => {}
                _ => faults.add(&field, TOO_LONG, format!("must have at most {MOST_VALUES} values")),
            }
            faults.repeated(&field, change.values.iter().map(|value| (value.id, &value.name)));
            let known: BTreeSet<_> =
                present.iter().flat_map(|option| &option.values).map(|value| value.id).collect();
            let id = change.id.unwrap_or_else(&mut new_id);
            let mut values = Vec::new();
            for (place, value) in change.values.iter().enumerate() {
                if value.id.is_some_and(|id| !known.contains(&id)) {
                    faults.add(
                        format!("{field}[{place}].id"),
                        INVALID,
                        "there is no such value of the option",
                    );
                }
                let id = value.id.unwrap_or_else(&mut new_id);
                values.push(OptionValue { id, name: value.name.clone() });
            }
            list.push(ProductOption { id, name: change.name.clone(), values });
        }
        let after = Self { list, next_id };
        if after.bytes() > MOST_BYTES {
            let most = format!(
                "must have at most {MOST_BYTES} bytes: the names of options and values in UTF-8, and \
                 {BYTES_BESIDE_NAME} for each"
            );
            faults.add("options", TOO_LONG, most);
        }
        if !faults.0.is_empty() {
            return Err(OptionsRefused::Invalid(faults.0));
        }
        let kept: BTreeSet<_> = after.values().map(|value| value.id).collect();
        match self.values().find(|value| used.contains(&value.id) && !kept.contains(&value.id)) {
            Some(needed) => Err(OptionsRefused::InUse(needed.name.clone())),
            None => Ok(after),
        }
    }

    fn bytes(&self) -> usize {
        let names = self.names().chain(self.values().map(|value| &value.name));
        names.map(|name| name.as_str().len() + BYTES_BESIDE_NAME).sum()
    }

    fn values(&self) -> impl Iterator<Item = &OptionValue> {
        self.list.iter().flat_map(|option| &option.values)
    }

    /// The ids of the values that a client names, one of each option, in ascending order. Case and gaps make
    /// no difference.
    pub fn ids_of(&self, named: &NamedValues) -> Result<Vec<u32>, Invalid> {
        let is = |one: &OptionName, other: &OptionName| one.folded() == other.folded();
        if let Some(name) = named.keys().find(|name| !self.list.iter().any(|option| is(&option.name, name))) {
            let why = match self.is_empty() {
                true => "must be left out or empty: the product has no options".to_owned(),
                false => format!("\u{201c}{name}\u{201d} is not an option: {}", listed(self.names())),
            };
            return Err(Invalid::new(INVALID, why));
        }
        if named.len() > self.list.len() {
            return Err(Invalid::new(INVALID, "must not name an option twice"));
        }
        let mut ids = Vec::new();
        for option in &self.list {
            let named = named.iter().find(|(name, _)| is(&option.name, name));
            let Some((_, wanted)) = named else {
                let why = format!("must name a value of \u{201c}{}\u{201d}", option.name);
                return Err(Invalid::new(REQUIRED, why));
            };
            let found = option.values.iter().find(|value| is(&value.name, wanted));
            let Some(found) = found else {
                let values = listed(option.values.iter().map(|value| &value.name));
                let why = format!("\u{201c}{wanted}\u{201d} is not a value of {}: {values}", option.name);
                return Err(Invalid::new(INVALID, why));
            };
            ids.push(found.id);
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn names(&self) -> impl Iterator<Item = &OptionName> {
        self.list.iter().map(|option| &option.name)
    }

    /// The values with these ids, by the name of their option.
    pub fn named(&self, ids: &[u32]) -> NamedValues {
        self.chosen(ids).map(|(option, value)| (option.name.clone(), value.name.clone())).collect()
    }

    /// The values with these ids as one text, in the order of the options: `Red / XL`. None without any.
    pub fn label(&self, ids: &[u32]) -> Option<String> {
        let names: Vec<_> = self.chosen(ids).map(|(_, value)| value.name.as_str()).collect();
        Some(names.join(" / ")).filter(|label| !label.is_empty())
    }

    fn chosen(&self, ids: &[u32]) -> impl Iterator<Item = (&ProductOption, &OptionValue)> {
        let values =
            self.list.iter().flat_map(|option| option.values.iter().map(move |value| (option, value)));
        values.filter(|(_, value)| ids.contains(&value.id))
    }
}

/// Names for a message, at most ten of them: `it is one of Red, Blue`.
fn listed(names: impl Iterator<Item = impl Display>) -> String {
    let mut names: Vec<_> = names.take(11).map(|name| name.to_string()).collect();
    if names.len() > 10 {
        names.truncate(10);
        names.push("\u{2026}".to_owned());
    }
    format!("it is one of {}", names.join(", "))
}

#[derive(Default)]
struct Faults(Vec<(String, Invalid)>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push((field.into(), Invalid::new(code, message)));
    }

    /// Names every entry of a list that repeats an id or a name.
    fn repeated<'a>(&mut self, list: &str, entries: impl Iterator<Item = (Option<u32>, &'a OptionName)>) {
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (place, (id, name)) in entries.enumerate() {
            if id.is_some_and(|id| !ids.insert(id)) {
                self.add(format!("{list}[{place}].id"), INVALID, "must not be there twice");
            }
            if !names.insert(name.folded()) {
                self.add(format!("{list}[{place}].name"), INVALID, "must not be there twice");
            }
        }
    }
}
