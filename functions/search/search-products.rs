//! `GET /products/search`: search for products.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::{Endpoint, Reply, Request, Result};
use domain::messages::IndexProducts;
use providers::Queue;
use search::{Query, Search, SearchBody, Searcher};

/// Memory: an index of a million products, and a share of a CPU that answers from it in some milliseconds.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/search")
    .reads::<Search>()
    .answers::<SearchBody>(200)
    .memory(1769)
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, search_products);
}

/// Changes are found after some seconds. A page may be short, because a product that is no longer shown is
/// left out. `total` is the number of all hits; pages lead to the first 10,000. Words that no product has are
/// taken as misspelt: one error from 4 letters, two from 8.
pub async fn search_products(
    (searcher, queue): &(Searcher, Queue<IndexProducts>),
    request: Request,
) -> Result {
    let query = Query::of(&request, ENDPOINT.path)?;
    let (found, page) = searcher.search(queue, &query, &request.deployment).await?;
    Reply::page(&found, page)
}
