//! `POST /admin/search/rebuild`: build the index of products again.

use api::code::{FORBIDDEN, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::messages::IndexProducts;
use providers::Queue;
use search::VERSION;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/search/rebuild")
    .who(Who::Admin)
    .accepts()
    .refuses(&[UNAUTHENTICATED, FORBIDDEN]);

pub fn main() {
    lambda::run(ENDPOINT, rebuild_index);
}

/// Searches read the old index until the new one is complete. A rebuild that is on its way begins again.
pub async fn rebuild_index((table, queue): &(Table, Queue<IndexProducts>), request: Request) -> Result {
    let admin = request.admin(table).await?;
    let index = table.rebuild_search_index(VERSION).await?;
    tracing::info!(version = index.version, by = %admin.user.id, "the index of products is built again");
    queue.send_all(index.next_page()).await.map_err(Problem::try_again)?;
    Ok(Reply::accepted())
}
