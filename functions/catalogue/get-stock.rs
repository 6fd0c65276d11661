//! `GET /products/{id}/stock`: the stock of a product and the seller's movements.

use api::catalogue::variant_of;
use api::code::{FORBIDDEN, MALFORMED, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::StockBody;
use api::{Cursor, Endpoint, ListPage, Request, Result, Schema, Who};
use domain::ids::{ProductId, VariantId};
use domain::quantity::Limit;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/{id}/stock")
    .who(Who::SellerOrAdmin)
    .reads::<Movements>()
    .answers::<StockBody>(200)
    .refuses(&[MALFORMED, VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_stock);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Movements {
    /// The variant. Required where the product has several.
    variant_id: Option<VariantId>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// The newest movement comes first. Sales and returns are not movements; orders record them.
pub async fn get_stock(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let Movements { variant_id, limit, cursor } = request.query()?;
    let page_of =
        |variant: VariantId| ListPage::of(format!("{} of {variant}", ENDPOINT.path), limit, cursor.clone());
    // Most often it is the named or the first variant, so both reads run at the same time.
    let guess = variant_id.unwrap_or(VariantId::first_of(id));
    let guessed = page_of(guess);
    let movements = async {
        match &guessed {
            Ok(page) => Some(table.newest_movements(guess, page.after(), page.limit).await),
            Err(_) => None,
        }
    };
    let (found, movements) = tokio::join!(merchant.product(id, table), movements);
    let found = found?;
    let stock = variant_of(&found, variant_id)?;
    let variant = stock.variant_id();
    let page = if variant == guess { guessed? } else { page_of(variant)? };
    let movements = match movements.filter(|_| variant == guess) {
        Some(movements) => movements?,
        None => table.newest_movements(variant, page.after(), page.limit).await?,
    };
    page.reply(&StockBody::of(stock, movements.rows), movements.next)
}
