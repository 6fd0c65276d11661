//! `GET /c/{category}`: the products of a category and of those below it, as a page.

use api::code::{MALFORMED, NOT_FOUND, VALIDATION_ERROR};
use api::{Endpoint, Problem, Request, Result};
use domain::ids::CategoryId;
use domain::messages::IndexProducts;
use providers::Queue;
use search::{Query, Search, Searcher};

/// Memory: see `search-products`.
pub const ENDPOINT: Endpoint = Endpoint::page("/c/{category}", face::problem)
    .reads::<Search>()
    .memory(1769)
    .refuses(&[MALFORMED, NOT_FOUND, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, page_category);
}

/// The products come from the index, because only a search finds those of all categories below in one order,
/// and counts them by brand, price and option.
pub async fn page_category((searcher, queue): &(Searcher, Queue<IndexProducts>), request: Request) -> Result {
    let id: CategoryId = request.param("category", "category")?;
    let tree = searcher.categories().await?;
    if tree.name(id).is_none() {
        return Err(Problem::missing("category"));
    }
    let query = Query::of_page(&request, ENDPOINT.path, Some(id))?;
    let found = searcher.search(queue, &query, &request.deployment).await?;
    face::page(&request, "results", query.view(found, &request.deployment).in_category(id, &tree))
}
