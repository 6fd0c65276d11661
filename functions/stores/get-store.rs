//! `GET /stores/{id}`: one store.

use api::code::NOT_FOUND;
use api::view::StoreBody;
use api::{Endpoint, Problem, Reply, Request, Result};
use domain::ids::StoreId;
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::get("/api/v1/stores/{id}").answers::<StoreBody>(200).shared().refuses(&[NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, get_store);
}

/// 404 for a store whose owner's account is deleted.
pub async fn get_store(table: &Table, request: Request) -> Result {
    let id: StoreId = request.param("id", "store")?;
    let found = table.store_with_logo(id).await?.filter(|(store, _)| !store.closed);
    let (found, album) = found.ok_or_else(|| Problem::missing("store"))?;
    let version = found.version;
    Reply::ok(&StoreBody::from(found).with_logo(&album, &request.deployment))?.etag_with_data(version)
}
