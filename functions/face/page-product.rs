//! `GET /p/{product}`: the page of a product.

use api::code::{NOT_FOUND, VALIDATION_ERROR};
use api::view::ProductPageBody;
use api::{Endpoint, Problem, Request, Result, Schema};
use domain::catalogue::Stock;
use domain::ids::{ProductId, VariantId};
use domain::money::Money;
use face::picker::{Choice, choices, shown};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::page("/p/{product}", face::problem).reads::<Chosen>().refuses(&[NOT_FOUND, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, page_product);
}

#[derive(Deserialize, Schema)]
pub struct Chosen {
    /// The variant to show. One that is not sold shows the first in stock.
    variant: Option<String>,
}

#[derive(Serialize)]
struct ProductView {
    product: Value,
    /// The variant that the page shows.
    chosen: Option<Value>,
    /// The picture that the page shows.
    shown: Option<Value>,
    options: Vec<Choice>,
    json_ld: String,
}

/// 404 for a product that is not shown. The links of the picker show other variants.
pub async fn page_product(table: &Table, request: Request) -> Result {
    let id: ProductId = request.param("product", "product")?;
    let Chosen { variant } = request.query_among(&["variant"])?;
    let asked: Option<VariantId> = variant.and_then(|variant| variant.parse().ok());
    let page = table.product_page(id).await?.filter(|page| page.assortment.product.is_active);
    let page = page.ok_or_else(|| Problem::missing("product"))?.for_shoppers();

    let assortment = page.assortment.clone();
    let stock = shown(&assortment, asked);
    let product = json!(ProductPageBody::of(page, &request.deployment));
    let of = |list: &str, id: &Value| -> Option<Value> {
        product[list].as_array()?.iter().find(|entry| entry["id"] == *id).cloned()
    };
    let chosen = stock.and_then(|stock| of("variants", &json!(stock.variant_id())));
    let own = chosen.as_ref().and_then(|chosen| of("images", &chosen["image_id"]));
    let view = ProductView {
        shown: own.or_else(|| product["images"].get(0).cloned()),
        options: stock.map(|stock| choices(&assortment, stock)).unwrap_or_default(),
        json_ld: face::json_in_script(&json_ld(&product, stock, &request)),
        chosen,
        product,
    };
    face::page(&request, "product", view)
}

/// The product as search engines read it (<https://schema.org/Product>).
fn json_ld(product: &Value, stock: Option<&Stock>, request: &Request) -> Value {
    let price = stock.map(|stock| request.deployment.fees.money(stock.price));
    let url = format!("{}/p/{}", request.base(), product["id"].as_str().unwrap_or_default());
    let mut data = json!({
        "@context": "https://schema.org", "@type": "Product",
        "name": product["name"], "description": product["description"], "sku": product["sku"],
        "image": product["images"][0]["url"], "url": url,
        "offers": {
            "@type": "Offer", "url": url,
            "price": price.map(plain), "priceCurrency": price.map(|price| price.currency),
            "availability": match product["in_stock"] == true {
                true => "https://schema.org/InStock",
                false => "https://schema.org/OutOfStock",
            },
        },
    });
    if product["rating"]["count"].as_u64().is_some_and(|count| count > 0) {
        data["aggregateRating"] = json!({
            "@type": "AggregateRating",
            "ratingValue": product["rating"]["average"], "reviewCount": product["rating"]["count"],
        });
    }
    data
}

/// An amount without its currency.
fn plain(money: Money) -> String {
    money.to_string().split(' ').next_back().unwrap_or_default().to_owned()
}
