//! `GET /search`: what a search finds, as a page.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::{Endpoint, Request, Result};
use domain::messages::IndexProducts;
use providers::Queue;
use search::{Query, Search, Searcher};

/// Memory: see `search-products`.
pub const ENDPOINT: Endpoint = Endpoint::page("/search", face::problem)
    .reads::<Search>()
    .memory(1769)
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, page_search);
}

/// Without words it shows all products. A filter is a link, so the page needs no script.
pub async fn page_search((searcher, queue): &(Searcher, Queue<IndexProducts>), request: Request) -> Result {
    let query = Query::of_page(&request, ENDPOINT.path, None)?;
    let found = searcher.search(queue, &query, &request.deployment).await?;
    face::page(&request, "results", query.view(found, &request.deployment))
}
