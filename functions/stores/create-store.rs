//! `POST /stores`: open a store and become a seller.

use api::code::{NAME_TAKEN, STORE_EXISTS, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::StoreBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::stores::{Mode, Store};
use domain::text::{Description, Name};
use serde::Deserialize;
use table::{Opened, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/stores")
    .who(Who::Buyer)
    .takes::<NewStore>()
    .answers::<StoreBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, STORE_EXISTS, NAME_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, create_store);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    name: Name,
    description: Option<Description>,
    fulfilment: Option<Mode>,
}

/// A user can have one store. Its name is unique.
pub async fn create_store(table: &Table, request: Request) -> Result {
    let owner = request.buyer(table).await?;
    let new: NewStore = request.json()?;
    let now = table.now();
    let opened = Store {
        id: table.new_id()?,
        owner: owner.id,
        name: new.name,
        look_key: None,
        second_look_key: None,
        description: new.description,
        fulfilment: new.fulfilment.unwrap_or_default(),
        closed: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    match table.open_store(&opened).await? {
        Opened::Now => {}
        Opened::NameTaken => return Err(Problem::name_taken()),
        Opened::SecondStore => {
            return Err(Problem::new(STORE_EXISTS, "You already have a store."));
        }
    }
    let location = format!("/api/v1/stores/{}", opened.id);
    let version = opened.version;
    Reply::created(&StoreBody::from(opened), &location)?.etag(version)
}
