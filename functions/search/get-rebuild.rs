//! `GET /admin/search/rebuild`: the index of products, and how far a rebuild is.

use api::code::{FORBIDDEN, UNAUTHENTICATED};
use api::{Endpoint, Reply, Request, Result, Schema, Who};
use domain::Timestamp;
use domain::search::{Rebuild, SearchIndex, Snapshot};
use search::VERSION;
use serde::Serialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/search/rebuild")
    .who(Who::Admin)
    .answers::<IndexBody>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN]);

pub fn main() {
    lambda::run(ENDPOINT, get_rebuild);
}

/// The index of products.
#[derive(Default, Serialize, Schema)]
pub struct IndexBody {
    /// What searches read; absent until the first build is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<LiveBody>,
    /// What is being built; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuild: Option<RebuildBody>,
    /// When the index was last changed; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

/// The index that searches read.
#[derive(Serialize, Schema)]
struct LiveBody {
    /// The number of products in it.
    products: u64,
    /// Its size.
    bytes: u64,
}

/// An index that is being built.
#[derive(Serialize, Schema)]
struct RebuildBody {
    /// The number of products that were looked at so far.
    products: u64,
    started_at: Timestamp,
    /// When its next page of products was last asked for.
    asked_at: Timestamp,
}

/// The answer shows the latest state.
pub async fn get_rebuild(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let Some(index) = table.search_index_now(VERSION).await? else {
        return Reply::ok(&IndexBody::default());
    };
    let SearchIndex { live, next, updated_at, form: _, version: _ } = index;
    let live = live.map(|Snapshot { products, bytes, .. }| LiveBody { products, bytes });
    let rebuild = next.map(|Rebuild { seen: products, started_at, asked_at, .. }| RebuildBody {
        products,
        started_at,
        asked_at,
    });
    Reply::ok(&IndexBody { live, rebuild, updated_at: Some(updated_at) })
}
