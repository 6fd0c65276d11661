//! What is sold, by one name: a plain product by its own id, and a variant by the variant's.

use domain::ids::VariantId;
use serde_json::{Value, json};

use crate::shop::people::Person;

/// The variant that is sold under this name.
pub fn variant_of(goods: &str) -> VariantId {
    goods.parse().unwrap_or_else(|_| VariantId::first_of(goods.parse().unwrap()))
}

/// An item of a cart or an order.
pub fn item(goods: &str, quantity: i64) -> Value {
    let name = if goods.starts_with("var_") { "variant_id" } else { "product_id" };
    json!({ name: goods, "quantity": quantity })
}

/// Makes a product with up to three sizes, each with a price in cents and a stock. Returns the names of the
/// variants.
pub async fn sell_sizes(
    seller: &Person,
    category: &str,
    sizes: impl IntoIterator<Item = (i64, i64)>,
) -> Vec<String> {
    let names = ["S", "M", "L"];
    let values = names.map(|size| json!({ "name": size }));
    let variants = names.into_iter().zip(sizes).map(|(size, (price, stock))| {
        json!({
            "values": { "Size": size }, "sku": format!("shirt-{size}"), "stock": stock,
            "price": { "amount": price, "currency": "USD" },
        })
    });
    let product = json!({
        "name": "A shirt", "category_id": category, "variants": variants.collect::<Vec<_>>(),
        "options": [{ "name": "Size", "values": values }],
    });
    let made = seller.post("/products", product).await;
    let variants = made.created()["variants"].as_array().unwrap().iter();
    variants.map(|variant| variant["id"].as_str().unwrap().to_owned()).collect()
}
