//! How a cart is written as an item, and read from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::cart::{Cart, CartLine};
use domain::ids::{OrderId, ProductId, VariantId};
use domain::text::Name;
use serde::{Deserialize, Serialize};

use crate::chart::VariantName;
use crate::dynamo::{Error, Item, Result, broken, readable};

#[derive(Serialize, Deserialize)]
pub(crate) struct AtAdd {
    pub(crate) price: i64,
    pub(crate) store: domain::ids::StoreId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LastOrder {
    pub(crate) id: OrderId,
    pub(crate) at: Timestamp,
}

/// The cart is as it was read.
pub(crate) const UNCHANGED: &str = "version = :version";

/// The attribute of a line's quantity.
pub(crate) fn quantity_of(variant: VariantId) -> String {
    format!("q#{}", VariantName(variant))
}

/// The attribute of the price, store and name of a line.
pub(crate) fn line_of(variant: VariantId) -> String {
    format!("p#{}", VariantName(variant))
}

/// The attribute of the set of a product's variants in the cart, the first place left out.
pub(crate) fn others_of(product: ProductId) -> String {
    format!("o#{product}")
}

/// The attributes of all lines, as a list of placeholders with their names.
pub(crate) fn attributes(cart: &Cart) -> (String, HashMap<String, String>) {
    let attributes = cart.lines.keys().flat_map(|variant| [quantity_of(*variant), line_of(*variant)]);
    let others = cart.lines.keys().filter(|variant| !variant.place.is_first());
    let others: BTreeSet<_> = others.map(|variant| others_of(variant.product)).collect();
    let attributes = attributes.chain(others);
    let named: Vec<_> = attributes.enumerate().map(|(place, name)| (format!("#a{place}"), name)).collect();
    let placeholders: Vec<_> = named.iter().map(|(placeholder, _)| placeholder.as_str()).collect();
    (placeholders.join(", "), named.into_iter().collect())
}

/// Whether the change with this mark has happened.
pub(crate) fn is_marked(item: &Item, mark: &str) -> bool {
    let mut marks =
        ["m0", "m1", "m2"].into_iter().filter_map(|marks| item.get(marks)?.as_ss().ok()).flatten();
    marks.any(|known| known == mark)
}

pub(crate) fn number_of(value: &AttributeValue) -> Option<i128> {
    value.as_n().ok()?.parse().ok()
}

/// Reads a cart from its item.
pub(crate) fn cart(item: &Item) -> Result<Cart> {
    readable(item, "Cart")?;
    let missing = |name: &str| Error::Broken(format!("a cart without {name}"));
    let text_of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let number_at = |name: &str| item.get(name).and_then(number_of).ok_or_else(|| missing(name));
    let mut lines = BTreeMap::new();
    for (name, at_add) in item {
        let Some(variant) = name.strip_prefix("p#") else { continue };
        let AtAdd { price, store, name, variant: label } =
            serde_dynamo::from_attribute_value(at_add.clone()).map_err(broken)?;
        let quantity = i64::try_from(number_at(&format!("q#{variant}"))?).map_err(broken)?;
        let VariantName(variant) = variant.parse().map_err(broken)?;
        lines.insert(
            variant,
            CartLine {
                quantity: quantity.try_into().map_err(broken)?,
                store_id: store,
                price_at_add: price,
                name,
                variant: label,
            },
        );
    }
    let last_order = item.get("last_order").cloned().map(serde_dynamo::from_attribute_value::<_, LastOrder>);
    Ok(Cart {
        id: text_of("cart_id").ok_or_else(|| missing("cart_id"))?.parse().map_err(broken)?,
        version: u64::try_from(number_at("version")?).map_err(broken)?,
        lines,
        last_order: last_order.transpose().map_err(broken)?.map(|last| (last.id, last.at)),
    })
}
