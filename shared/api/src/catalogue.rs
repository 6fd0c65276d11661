//! Steps that several endpoints of products and pictures share.

use domain::Schema;
use domain::catalogue::Stock;
use domain::catalogue::assortment::{
    Assortment, MOST_NEW_VARIANTS, MOST_VARIANTS, NewVariant, VariantsRefused,
};
use domain::catalogue::image::{
    Album, ContentType, MOST_IMAGES, Rendition, Subject, UPLOAD_WITHIN, incoming_key,
};
use domain::catalogue::options::NamedValues;
use domain::ids::{ImageId, VariantId};
use domain::invalid::{INVALID, Invalid, OUT_OF_RANGE, TOO_LONG, TOO_SHORT, VARIANT_REQUIRED};
use domain::money::{Fees, MOST_PRICE, Minor, Price, PriceLimit};
use domain::quantity::{Grams, OnHand, UploadSize};
use domain::text::Sku;
use providers::Uploads;
use serde::Deserialize;
use table::Table;

use crate::contract::code::{
    IMAGE_LIMIT, LAST_VARIANT, OPTION_IN_USE, SKU_TAKEN, TOO_MANY_VARIANTS, VALUES_TAKEN,
};
use crate::contract::{Fault, Problem, Reply, Result};
use crate::request::Request;
use crate::view::{KeptImageBody, UploadBody};

/// The price in minor units; 422 on `price.currency` for another currency than the shop's.
pub fn price(named: Price, fees: &Fees) -> Result<Minor> {
    named.minor(fees.currency).map_err(|invalid| Problem::invalid("price.currency", &invalid))
}

/// A variant to add.
#[derive(Clone, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct VariantRequest {
    /// A value of each option, by the option's name. Left out for a product without options.
    values: Option<NamedValues>,
    /// Unique in the store.
    sku: Sku,
    price: Price,
    /// The units on hand.
    stock: OnHand,
    /// One of the product's pictures.
    image_id: Option<ImageId>,
    /// The weight of one unit.
    weight_grams: Option<Grams>,
}

/// The new variants of a request with the list `variants`, at most [`MOST_NEW_VARIANTS`]. 422 names each
/// field that is not valid.
pub fn new_variants(asked: Vec<VariantRequest>, album: &Album, fees: &Fees) -> Result<Vec<NewVariant>> {
    right_number(&asked)?;
    let (mut new, mut faults) = (Vec::new(), Vec::new());
    for (number, asked) in asked.into_iter().enumerate() {
        let mut fault = |field: &str, invalid: &Invalid| {
            faults.push(Fault::of(format!("variants[{number}].{field}"), invalid));
        };
        if asked.image_id.is_some_and(|image| !album.shows(image)) {
            fault("image_id", &no_picture());
        }
        match asked.price.minor(fees.currency) {
            Err(invalid) => fault("price.currency", &invalid),
            Ok(price) => new.push(NewVariant {
                values: asked.values.unwrap_or_default(),
                sku: asked.sku,
                price,
                on_hand: asked.stock.get().into(),
                image: asked.image_id,
                weight_grams: asked.weight_grams,
            }),
        }
    }
    if faults.is_empty() { Ok(new) } else { Err(Problem::validation(faults)) }
}

/// The least and the greatest price of a filter, both included. 422 if the greatest is below the least.
pub fn prices(min_price: Option<PriceLimit>, max_price: Option<PriceLimit>) -> Result<(Minor, Minor)> {
    let prices = (min_price.map_or(0, PriceLimit::get), max_price.map_or(MOST_PRICE, PriceLimit::get));
    if prices.0 > prices.1 {
        let crossed = Invalid::new(OUT_OF_RANGE, "must not be below min_price");
        return Err(Problem::invalid("max_price", &crossed));
    }
    Ok(prices)
}

/// 422 unless there are 1 to [`MOST_NEW_VARIANTS`].
pub fn right_number(asked: &[VariantRequest]) -> Result<()> {
    let count = |code, message| Err(Problem::invalid("variants", &Invalid::new(code, message)));
    match asked.len() {
        0 => count(TOO_SHORT, "must have at least one variant".to_owned()),
        1..=MOST_NEW_VARIANTS => Ok(()),
        _ => count(TOO_LONG, format!("must have at most {MOST_NEW_VARIANTS} variants")),
    }
}

/// An image that is not a published one of the product.
pub fn no_picture() -> Invalid {
    Invalid::new(INVALID, "there is no such published picture of the product")
}

/// Why variants cannot be edited so.
pub fn variants_refused(refused: VariantsRefused) -> Problem {
    match refused {
        VariantsRefused::Invalid(faults) => {
            let faults = faults.into_iter().map(|(field, invalid)| Fault::of(field, &invalid));
            Problem::validation(faults.collect())
        }
        VariantsRefused::SkuTaken(field) => Problem::taken(SKU_TAKEN, &field),
        VariantsRefused::ValuesTaken(field) => {
            let message = "Another variant of the product has these values.";
            Problem::taken_because(VALUES_TAKEN, &field, message.to_owned())
        }
        VariantsRefused::TooMany => {
            let most = format!("A product has at most {MOST_VARIANTS} variants, and 200 over all its life.");
            Problem::new(TOO_MANY_VARIANTS, most)
        }
        VariantsRefused::OptionInUse(value) => {
            let message = format!("A variant takes the value \u{201c}{value}\u{201d}, so it must stay.");
            Problem::taken_because(OPTION_IN_USE, "options", message)
        }
        VariantsRefused::Last => {
            let hint = "A product needs an active variant. Hide or delete the product instead.";
            Problem::new(LAST_VARIANT, hint)
        }
        VariantsRefused::Missing => Problem::missing("variant"),
    }
}

/// The SKUs of these variants.
pub fn skus(asked: &[VariantRequest]) -> Vec<Sku> {
    asked.iter().map(|variant| variant.sku.clone()).collect()
}

/// 409: other variants of the store have these SKUs. It names each of those that were asked for, in the list
/// `variants` or by itself.
pub fn skus_taken(asked: &[Sku], taken: &[Sku]) -> Problem {
    let is_taken = |sku: &Sku| taken.iter().any(|taken| taken.folded() == sku.folded());
    let fields = asked.iter().enumerate().filter(|(_, sku)| is_taken(sku));
    let fields: Vec<_> = fields.map(|(number, _)| format!("variants[{number}].sku")).collect();
    let problem = Problem::taken(SKU_TAKEN, "sku");
    if fields.is_empty() {
        return problem;
    }
    let errors = fields.iter().flat_map(|field| Problem::taken(SKU_TAKEN, field).errors).collect();
    Problem { errors, ..problem }
}

/// The variant of a product that a seller names, or its only one: 404 for one that it does not have, 422 when
/// none is named and there are several.
pub fn variant_of(assortment: &Assortment, named: Option<VariantId>) -> Result<&Stock> {
    match (named, assortment.stocks.as_slice()) {
        (Some(id), stocks) => {
            let stock = stocks.iter().find(|stock| stock.variant_id() == id);
            stock.ok_or_else(|| Problem::missing("variant"))
        }
        (None, [only]) => Ok(only),
        (None, _) => Err(variant_required("variant_id")),
    }
}

/// 422: the request must name a variant.
pub fn variant_required(field: &str) -> Problem {
    let message = "the product has several variants; name one by its variant_id";
    Problem::invalid(field, &Invalid::new(VARIANT_REQUIRED, message))
}

/// 422: the product has several variants, and each has its own.
pub fn belongs_to_variants(field: &str) -> Problem {
    let message = "each variant has its own; change it by PATCH /products/{id}/variants/{variant_id}";
    Problem::invalid(field, &Invalid::new(VARIANT_REQUIRED, message))
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
