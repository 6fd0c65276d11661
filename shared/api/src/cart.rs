//! Steps that several endpoints of carts and orders share.

use domain::Schema;
use domain::cart::Cart;
use domain::ids::{ProductId, VariantId};
use domain::invalid::{INVALID, Invalid, REQUIRED};
use domain::quantity::Quantity;
use serde::{Deserialize, Serialize};
use table::{LineName, LineSet};

use crate::catalogue::variant_required;
use crate::contract::{Problem, Result};

/// A number of units of a variant, which is named by its id or, where the product has one variant, by the
/// product.
#[derive(Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    { "properties": { "variant_id": { "type": "string" } }, "required": ["variant_id"] },
    { "properties": { "product_id": { "type": "string" } }, "required": ["product_id"] },
]))]
pub struct Item {
    /// The product. Enough where it has one variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<ProductId>,
    /// What to buy. A `product_id` beside it must be its product.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<VariantId>,
    /// The number of units.
    pub quantity: Quantity,
}

impl Item {
    /// What the item names; 422 with the `field` of the variant when it names nothing, or two things.
    pub fn name(&self, field: &str) -> Result<LineName> {
        match (self.variant_id, self.product_id) {
            (Some(variant), Some(product)) if variant.product != product => {
                let wrong = Invalid::new(INVALID, "is not a variant of product_id");
                Err(Problem::invalid(field, &wrong))
            }
            (Some(variant), _) => Ok(LineName::Variant(variant)),
            (None, Some(product)) => Ok(LineName::Product(product)),
            (None, None) => {
                let needed = "is needed, or product_id where the product has one variant";
                Err(Problem::invalid(field, &Invalid::new(REQUIRED, needed)))
            }
        }
    }
}

/// The cart after a change of a line: 404 without such a line, 422 when the product names several.
pub fn changed(set: LineSet) -> Result<Cart> {
    match set {
        LineSet::Now(cart) => Ok(cart),
        LineSet::Missing => Err(Problem::missing("line in the cart")),
        LineSet::Several => Err(variant_required("variant_id")),
    }
}
