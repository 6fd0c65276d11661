//! Stores, as shown to everybody.

use domain::catalogue::image::Album;
use domain::ids::StoreId;
use domain::stores::{Mode, Store};
use domain::text::{Description, Name};
use domain::{Schema, Timestamp};
use serde::Serialize;

use super::catalogue::ImageBody;
use crate::deployment::Deployment;

/// A store, as shown to everybody.
#[derive(Serialize, Schema)]
pub struct StoreBody {
    id: StoreId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    fulfilment: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<ImageBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl StoreBody {
    /// Adds the store's logo, if it has one.
    pub fn with_logo(self, logos: &Album, deployment: &Deployment) -> Self {
        Self { logo: ImageBody::all_of(logos, deployment).pop(), ..self }
    }
}

impl From<Store> for StoreBody {
    fn from(store: Store) -> Self {
        let Store {
            id,
            name,
            description,
            fulfilment,
            created_at,
            updated_at,
            owner: _,
            look_key: _,
            second_look_key: _,
            closed: _,
            version: _,
        } = store;
        Self { id, name, description, fulfilment, logo: None, created_at, updated_at }
    }
}
