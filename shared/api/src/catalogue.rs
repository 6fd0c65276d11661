//! What several endpoints do with products and pictures.

use domain::Schema;
use domain::catalogue::image::{
    Album, ContentType, MOST_IMAGES, Rendition, Subject, UPLOAD_WITHIN, incoming_key,
};
use domain::money::{Fees, Minor, Price};
use domain::quantity::UploadSize;
use providers::Uploads;
use serde::Deserialize;
use table::Table;

use crate::contract::code::IMAGE_LIMIT;
use crate::contract::{Problem, Reply, Result};
use crate::request::Request;
use crate::view::{KeptImageBody, UploadBody};

/// The price that somebody names, in minor units; 422 on `price.currency` when it is in another currency.
pub fn price(named: Price, fees: &Fees) -> Result<Minor> {
    named.minor(fees.currency).map_err(|invalid| Problem::invalid("price.currency", &invalid))
}

/// A file that somebody is about to upload.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewImage {
    content_type: ContentType,
    /// Its bytes, exactly.
    size: UploadSize,
}

/// Enters an image and answers with the form that uploads it.
pub async fn offer(table: &Table, uploads: &Uploads, subject: Subject, request: &Request) -> Result {
    let NewImage { content_type, size } = request.json()?;
    let (id, now) = (table.new_id()?, table.now());
    let full = |_| Problem::new(IMAGE_LIMIT, format!("A product has {MOST_IMAGES} images at most."));
    let offered = table.change_album(subject, |album| match album.is_closed {
        true => Err(Problem::missing("product")),
        false => album.offer(id, now).map_err(full),
    });
    offered.await??;
    let form = uploads.offer(&incoming_key(subject, id), content_type, size.get(), now, UPLOAD_WITHIN);
    let kind = match subject {
        Subject::Product(id) => format!("products/{id}/images"),
        Subject::Store(id) => format!("stores/{id}/logo"),
    };
    let body = UploadBody::of(id, form, request.deployment.picture_url(id, Rendition::Full));
    Reply::created(&body, &format!("/api/v1/{kind}"))
}

/// What the keeper is shown of an album.
pub fn kept(album: &Album, request: &Request) -> Vec<KeptImageBody> {
    album
        .kept(request.deployment.clock.now())
        .map(|(id, image)| KeptImageBody::of(id, image, &request.deployment))
        .collect()
}
