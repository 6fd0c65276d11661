//! A product with all its variants, and the rules of its edits.

use std::collections::BTreeSet;

use super::options::{NamedValues, OptionChange, Options, OptionsRefused, ProductOption};
use super::{Product, Stock, Stocked};
use crate::clock::Timestamp;
use crate::ids::{ImageId, Place, VariantId};
use crate::invalid::{INVALID, Invalid, REQUIRED};
use crate::money::Minor;
use crate::quantity::Grams;
use crate::text::Sku;

/// The most variants that a product has at a time.
pub const MOST_VARIANTS: usize = 80;
/// The most variants that one request adds: with stock, SKU and first movement of each, the transaction stays
/// below 100 items.
pub const MOST_NEW_VARIANTS: usize = 25;
/// The most variants with which a product is deleted in one transaction: two items for each, and some more.
const MOST_DELETED_AT_ONCE: usize = 40;
/// The most variants that a deletion removes in one transaction, where others stay: two items for each, and a
/// check of the stock of each that stays.
const REMOVED_AT_ONCE: usize = 15;

/// A product with the stock of each variant that it has now, by place. It has at least one variant that is
/// active. A plain product has one, at the first place.
#[derive(Clone, Debug, PartialEq)]
pub struct Assortment {
    /// What all variants share.
    pub product: Product,
    /// The stock of each variant.
    pub stocks: Vec<Stock>,
}

/// A variant that a seller adds.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVariant {
    /// A value of each option.
    pub values: NamedValues,
    /// Unique in the store.
    pub sku: Sku,
    /// The price of one unit, in minor units.
    pub price: Minor,
    /// The units on hand.
    pub on_hand: i64,
    /// Its own picture, one of the product's.
    pub image: Option<ImageId>,
    /// The weight of one unit in grams.
    pub weight_grams: Option<Grams>,
}

impl NewVariant {
    /// The only variant of a plain product.
    pub fn plain(sku: Sku, price: Minor, on_hand: i64) -> Self {
        Self { values: NamedValues::new(), sku, price, on_hand, image: None, weight_grams: None }
    }
}

/// Why an edit of variants is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariantsRefused {
    /// Fields of the request, each with its fault.
    Invalid(Vec<(String, Invalid)>),
    /// The field names the SKU of another variant of the product.
    SkuTaken(String),
    /// The field names the values of another variant.
    ValuesTaken(String),
    /// The product would have more than [`MOST_VARIANTS`], or has used all its places.
    TooMany,
    /// A variant takes this value, which would be removed.
    OptionInUse(String),
    /// It is the last variant that is sold.
    Last,
    /// There is no such variant.
    Missing,
}

impl VariantsRefused {
    fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![(field.into(), Invalid::new(code, message))])
    }
}

impl From<OptionsRefused> for VariantsRefused {
    fn from(refused: OptionsRefused) -> Self {
        match refused {
            OptionsRefused::Invalid(faults) => Self::Invalid(faults),
            OptionsRefused::InUse(name) => Self::OptionInUse(name.to_string()),
        }
    }
}

impl Assortment {
    /// A product that gets its options and variants next.
    pub fn new(product: Product) -> Self {
        let next_place = Some(Place::FIRST);
        let product =
            Product { sku: None, price: None, options: Options::default(), next_place, edits: 0, ..product };
        Self { product, stocks: Vec::new() }
    }

    /// Whether the product has no options, and so one variant.
    pub fn is_plain(&self) -> bool {
        self.product.options.is_empty()
    }

    /// The variants that shoppers see.
    pub fn active(&self) -> impl Iterator<Item = &Stock> {
        self.stocks.iter().filter(|stock| stock.is_active)
    }

    /// The lowest and the highest price of the active variants.
    pub fn prices(&self) -> (Minor, Minor) {
        let prices = || self.active().map(|stock| stock.price);
        (prices().min().unwrap_or_default(), prices().max().unwrap_or_default())
    }

    /// Whether any active variant is on hand.
    pub fn is_in_stock(&self) -> bool {
        self.active().any(|stock| stock.on_hand > 0)
    }

    /// A variant.
    pub fn stock(&self, place: Place) -> Option<&Stock> {
        self.stocks.iter().find(|stock| stock.place == place)
    }

    /// The only active variant; none when there are several.
    pub fn only(&self) -> Option<&Stock> {
        let mut active = self.active();
        active.next().filter(|_| active.next().is_none())
    }

    /// A variant with the product.
    pub fn offer(&self, stock: &Stock) -> Stocked {
        Stocked { product: self.product.clone(), stock: stock.clone() }
    }

    /// The same without inactive variants, as shoppers see it.
    #[must_use]
    pub fn for_shoppers(mut self) -> Self {
        self.stocks.retain(|stock| stock.is_active);
        self
    }

    #[must_use]
    fn deleted(self, now: Timestamp) -> Self {
        Self { product: self.product.deleted(now), ..self }
    }

    /// The SKU of a variant; a plain product holds it.
    pub fn sku_of<'a>(&'a self, stock: &'a Stock) -> Option<&'a Sku> {
        self.product.sku_of(stock)
    }

    /// The same as version `version`, whose edit has left `before` behind: with what checkouts compare, and
    /// with SKU and price where a plain product holds them.
    #[must_use]
    pub fn settled(mut self, version: u64, before: &[Stock]) -> Self {
        let is_plain = self.is_plain();
        let Self { product, stocks } = &mut self;
        product.version = version;
        for stock in stocks.iter_mut() {
            stock.sellable = product.is_active && stock.is_active;
            match is_plain {
                true => product.sku = stock.sku.take().or(product.sku.take()),
                false => stock.sku = stock.sku.take().or(product.sku.clone()),
            }
            if !is_plain && !before.contains(stock) {
                stock.edited_in = version;
            }
        }
        product.price = stocks.first().map(|stock| stock.price).filter(|_| is_plain);
        product.edits = stocks.iter().map(|stock| stock.edited_in).sum();
        self
    }

    /// The same with the price that a plain product holds. A read between the writes of an edit can find an
    /// older one in the stock.
    #[must_use]
    pub fn with_own_price(mut self) -> Self {
        let price = self.product.price.filter(|_| self.is_plain());
        for (stock, price) in self.stocks.iter_mut().zip(price) {
            stock.price = price;
        }
        self
    }

    /// Whether all of it is of one edit; see [`Product::edits`].
    pub fn is_whole(&self) -> bool {
        self.product.edits == self.stocks.iter().map(|stock| stock.edited_in).sum::<u64>()
    }

    /// The same, deleted, or one step nearer to it. A product with many variants is hidden first, and then
    /// loses [`REMOVED_AT_ONCE`] of them at a time.
    #[must_use]
    pub fn nearer_to_deletion(mut self, now: Timestamp) -> Self {
        let too_many = self.stocks.len().saturating_sub(MOST_DELETED_AT_ONCE);
        if too_many == 0 {
            return self.deleted(now);
        }
        if self.product.is_active {
            self.product.is_active = false;
            self.product.updated_at = now;
            return self;
        }
        // Active ones are removed last, so at least one is left.
        self.stocks.sort_by_key(|stock| (!stock.is_active, stock.place));
        self.stocks.truncate(self.stocks.len() - too_many.min(REMOVED_AT_ONCE));
        self.stocks.sort_by_key(|stock| stock.place);
        self
    }

    /// Adds variants. Every field is named as in a request with the list `variants`.
    pub fn add(&mut self, new: Vec<NewVariant>) -> Result<(), VariantsRefused> {
        let mut faults = Vec::new();
        let (mut skus, mut combinations) = (BTreeSet::new(), BTreeSet::new());
        let mut read = Vec::new();
        for (number, variant) in new.into_iter().enumerate() {
            let mut fault = |field: &str, invalid: Invalid| {
                faults.push((format!("variants[{number}].{field}"), invalid));
            };
            let twice = || Invalid::new(INVALID, "must not be there twice");
            if !skus.insert(variant.sku.folded()) {
                fault("sku", twice());
            }
            match self.product.options.ids_of(&variant.values) {
                Ok(ids) if !combinations.insert(ids.clone()) => fault("values", twice()),
                Ok(ids) => read.push((ids, variant)),
                Err(invalid) => fault("values", invalid),
            }
        }
        if !faults.is_empty() {
            return Err(VariantsRefused::Invalid(faults));
        }
        for (number, (values, variant)) in read.into_iter().enumerate() {
            let field = |name: &str| format!("variants[{number}].{name}");
            if self.stocks.iter().any(|stock| stock.values == values) {
                return Err(VariantsRefused::ValuesTaken(field("values")));
            }
            self.has_no_other(&variant.sku, None, field("sku"))?;
            let place = self.product.next_place.filter(|_| self.stocks.len() < MOST_VARIANTS);
            let place = place.ok_or(VariantsRefused::TooMany)?;
            self.product.next_place = place.next();
            let id = VariantId { product: self.product.id, place };
            self.stocks.push(Stock {
                sku: Some(variant.sku),
                values,
                image: variant.image,
                weight_grams: variant.weight_grams,
                ..Stock::new(id, variant.on_hand, variant.price)
            });
        }
        Ok(())
    }

    /// Refuses a SKU that another variant of the product has.
    fn has_no_other(&self, sku: &Sku, own: Option<Place>, field: String) -> Result<(), VariantsRefused> {
        let mut others = self.stocks.iter().filter(|stock| Some(stock.place) != own);
        match others.any(|stock| self.sku_of(stock).is_some_and(|taken| taken.folded() == sku.folded())) {
            true => Err(VariantsRefused::SkuTaken(field)),
            false => Ok(()),
        }
    }

    /// Changes one variant by `change`. The last active one cannot be deactivated.
    pub fn change(
        &mut self,
        place: Place,
        sku: Option<Sku>,
        change: impl FnOnce(&mut Stock),
    ) -> Result<(), VariantsRefused> {
        if let Some(sku) = &sku {
            self.has_no_other(sku, Some(place), "sku".to_owned())?;
        }
        let stock = self.stocks.iter_mut().find(|stock| stock.place == place);
        let stock = stock.ok_or(VariantsRefused::Missing)?;
        change(stock);
        if let Some(sku) = sku {
            stock.sku = Some(sku);
        }
        if self.active().next().is_none() { Err(VariantsRefused::Last) } else { Ok(()) }
    }

    /// Deletes one variant. The last active one cannot be deleted.
    pub fn remove(&mut self, place: Place) -> Result<(), VariantsRefused> {
        let before = self.stocks.len();
        self.stocks.retain(|stock| stock.place != place);
        match self.stocks.len() < before {
            false => Err(VariantsRefused::Missing),
            true if self.active().next().is_none() => Err(VariantsRefused::Last),
            true => Ok(()),
        }
    }

    /// Changes the options. All present variants take the value of each new option that `values` names, or
    /// its only one.
    pub fn change_options(
        &mut self,
        changes: &[OptionChange],
        values: &NamedValues,
    ) -> Result<(), VariantsRefused> {
        let used: BTreeSet<_> = self.stocks.iter().flat_map(|stock| stock.values.iter().copied()).collect();
        let known: BTreeSet<_> = self.product.options.all().iter().map(|option| option.id).collect();
        let after = self.product.options.changed(changes, &used)?;
        let mut named = values.clone();
        let has_variants = !self.stocks.is_empty();
        let is_new = |option: &&ProductOption| has_variants && !known.contains(&option.id);
        for option in after.all().iter().filter(is_new) {
            let given = named.keys().find(|name| name.folded() == option.name.folded()).cloned();
            let wanted = match (given.and_then(|name| named.remove(&name)), option.values.as_slice()) {
                (Some(wanted), _) => wanted,
                (None, [only]) => only.name.clone(),
                (None, _) => {
                    let which = format!("must name the variants' value of \u{201c}{}\u{201d}", option.name);
                    return Err(VariantsRefused::invalid("values", REQUIRED, which));
                }
            };
            let chosen = option.values.iter().find(|value| value.name.folded() == wanted.folded());
            let Some(chosen) = chosen else {
                let which = format!("\u{201c}{wanted}\u{201d} is not a value of {}", option.name);
                return Err(VariantsRefused::invalid("values", INVALID, which));
            };
            for stock in &mut self.stocks {
                stock.values.push(chosen.id);
                stock.values.sort_unstable();
            }
        }
        if let Some(name) = named.keys().next() {
            let which = format!("\u{201c}{name}\u{201d} is not a new option");
            return Err(VariantsRefused::invalid("values", INVALID, which));
        }
        self.product.options = after;
        Ok(())
    }

    /// The id of a variant that a client names by the product: its only active one.
    pub fn only_id(&self) -> Option<VariantId> {
        self.only().map(Stock::variant_id)
    }
}
