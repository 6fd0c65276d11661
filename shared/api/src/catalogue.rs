//! Steps that several endpoints of products and pictures share.

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

/// The price in minor units; 422 on `price.currency` for another currency than the shop's.
pub fn price(named: Price, fees: &Fees) -> Result<Minor> {
    named.minor(fees.currency).map_err(|invalid| Problem::invalid("price.currency", &invalid))
}

/// A file to upload.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewImage {
    content_type: ContentType,
    /// Exact size of the file in bytes.
    size: UploadSize,
}

/// Adds an image to the album, and answers with the form for its upload.
pub async fn offer(table: &Table, uploads: &Uploads, subject: Subject, request: &Request) -> Result {
    let NewImage { content_type, size } = request.json()?;
    let (id, now) = (table.new_id()?, table.now());
    let full = |_| Problem::new(IMAGE_LIMIT, format!("A product has at most {MOST_IMAGES} images."));
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

/// The images as the seller sees them.
pub fn kept(album: &Album, request: &Request) -> Vec<KeptImageBody> {
    album
        .kept(request.deployment.clock.now())
        .map(|(id, image)| KeptImageBody::of(id, image, &request.deployment))
        .collect()
}
