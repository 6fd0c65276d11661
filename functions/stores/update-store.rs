//! `PATCH /stores/{id}`: change the caller's store.

use api::code::{FORBIDDEN, NAME_TAKEN, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::StoreBody;
use api::{Endpoint, Named, Problem, Reply, Request, Result, Schema, Who};
use domain::catalogue::image::Subject;
use domain::ids::StoreId;
use domain::stores::{Mode, Store};
use domain::text::{Description, Name};
use futures_util::future::try_join;
use serde::Deserialize;
use table::{StoreChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/stores/{id}")
    .who(Who::Seller)
    .takes::<StoreChange>()
    .answers::<StoreBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, NAME_TAKEN, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_store);
}

/// The changes. A field that is left out stays as it is.
#[derive(Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct StoreChange {
    name: Named<Name>,
    /// Null removes it.
    description: Named<Option<Description>>,
    /// Who moves orders that are placed from now on.
    fulfilment: Named<Mode>,
}

/// The name stays unique. Orders that were already placed go on as they began.
pub async fn update_store(table: &Table, request: Request) -> Result {
    let seller = request.seller(table).await?;
    let id: StoreId = request.param("id", "store")?;
    let StoreChange { name, description, fulfilment } = request.json()?;
    let (now, missing) = (table.now(), || Problem::missing("store"));
    if id != seller.store {
        return Err(missing());
    }
    let changed = table.change_store(id, |seen| {
        request.if_match(seen.version)?;
        Ok::<_, Problem>(Store {
            name: name.or(seen.name),
            description: description.or(seen.description),
            fulfilment: fulfilment.or(seen.fulfilment),
            updated_at: now,
            ..seen
        })
    });
    let (changed, album) = try_join(changed, table.album(Subject::Store(id))).await?;
    match changed? {
        StoreChanged::Now(changed) => {
            let version = changed.version;
            Reply::ok(&StoreBody::from(changed).with_logo(&album, &request.deployment))?
                .etag_with_data(version)
        }
        StoreChanged::NameTaken => Err(Problem::name_taken()),
        StoreChanged::Missing => Err(missing()),
    }
}
