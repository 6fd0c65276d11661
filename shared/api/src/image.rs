//! Pictures: who keeps them, what is offered to who uploads one, and what is shown.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::catalogue::image::{
    Album, ContentType, Flaw, Image, MOST_IMAGES, Rendition, State, Subject, UPLOAD_WITHIN, incoming_key,
    public_key,
};
use domain::ids::{ImageId, ProductId, StoreId};
use domain::quantity::UploadSize;
use providers::Uploads;
use serde::{Deserialize, Serialize};
use store::{ProductPage, Store};

use crate::code::IMAGE_LIMIT;
use crate::order::Party;
use crate::review::RatingBody;
use crate::view::ProductBody;
use crate::{Problem, Reply, Request, Result, Schema, Site};

/// A file that somebody is about to upload.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewImage {
    content_type: ContentType,
    /// Its bytes, exactly.
    size: UploadSize,
}

/// How to upload an image, and where it will be.
#[derive(Serialize, Schema)]
pub struct UploadBody {
    image_id: ImageId,
    upload: FormBody,
    /// Where the picture is once it is published.
    public_url: String,
}

/// A form to post as `multipart/form-data` within 10 minutes: these fields, and after them the file in the field `file`.
#[derive(Serialize, Schema)]
struct FormBody {
    url: String,
    fields: BTreeMap<String, String>,
}

/// A published picture. What a URL shows never changes.
#[derive(Serialize, Schema)]
pub struct ImageBody {
    id: ImageId,
    /// At most 2,048 pixels a side.
    url: String,
    /// In pixels.
    width: u32,
    /// In pixels.
    height: u32,
    renditions: RenditionsBody,
}

/// The same picture, smaller.
#[derive(Serialize, Schema)]
struct RenditionsBody {
    /// The URL of one with at most 800 pixels a side.
    medium: String,
    /// The URL of one with at most 200 pixels a side.
    small: String,
}

/// An image, to its keeper.
#[derive(Serialize, Schema)]
pub struct KeptImageBody {
    id: ImageId,
    state: Stage,
    /// Why it has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Flaw>,
    /// Once it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageBody>,
    created_at: Timestamp,
}

/// How far an image has come.
#[derive(Serialize, Schema)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// It waits for its upload, or is being looked at; after an hour it is given up.
    Pending,
    /// The world can see it.
    Published,
    /// It was no picture that the shop takes.
    Failed,
}

/// A product on its own page, with what stands beside it.
#[derive(Serialize, Schema)]
pub struct ProductPageBody {
    #[serde(flatten)]
    product: ProductBody,
    /// In the order in which they were uploaded.
    images: Vec<ImageBody>,
    rating: RatingBody,
}

impl ProductPageBody {
    /// The page's body.
    pub fn of(page: ProductPage, site: &Site) -> Self {
        let ProductPage { stocked, album, rating } = page;
        Self {
            product: ProductBody::of(stocked, &site.fees),
            images: ImageBody::all_of(&album, site),
            rating: RatingBody::of(rating),
        }
    }
}

impl ImageBody {
    /// Those that are published.
    pub fn all_of(album: &Album, site: &Site) -> Vec<Self> {
        album.images.iter().filter_map(|(id, image)| Self::of(*id, image, site)).collect()
    }

    fn of(id: ImageId, image: &Image, site: &Site) -> Option<Self> {
        let State::Published { width, height } = image.state else { return None };
        let [url, medium, small] = Rendition::ALL.map(|rendition| public_url(id, rendition, site));
        Some(Self { id, url, width, height, renditions: RenditionsBody { medium, small } })
    }
}

impl KeptImageBody {
    fn of(id: ImageId, image: &Image, site: &Site) -> Self {
        let (state, reason) = match image.state {
            State::Pending { .. } => (Stage::Pending, None),
            State::Failed { reason } => (Stage::Failed, Some(reason)),
            State::Published { .. } | State::Removed => (Stage::Published, None),
        };
        Self { id, state, reason, image: ImageBody::of(id, image, site), created_at: image.created_at }
    }
}

/// Where the world finds a picture.
pub(crate) fn public_url(id: ImageId, rendition: Rendition, site: &Site) -> String {
    format!("{}/{}", site.images, public_key(id, rendition))
}

/// The product that a request names, if the caller keeps its images: a seller those of their own products, an administrator
/// all. Somebody else's product is not there.
pub async fn product_of_keeper(request: &Request, store: &Store) -> Result<ProductId> {
    let keeper = Party::mover(request, store).await?;
    let id: ProductId = request.param("id", "product")?;
    let found = store.product_now(id).await?.map(|stocked| stocked.product);
    let own = found.filter(|product| match keeper {
        Party::Admin => true,
        Party::Seller(store) => product.store_id == store,
        Party::Buyer => false,
    });
    own.map(|product| product.id).ok_or_else(|| Problem::missing("product"))
}

/// The store that a request names, if it is the caller's own. Somebody else's is not there.
pub async fn store_of_owner(request: &Request, store: &Store) -> Result<StoreId> {
    let seller = request.seller(store).await?;
    let id: StoreId = request.param("id", "store")?;
    if id == seller.store { Ok(id) } else { Err(Problem::missing("store")) }
}

/// Enters an image and answers with the form that uploads it.
pub async fn offer(store: &Store, uploads: &Uploads, subject: Subject, request: &Request) -> Result {
    let NewImage { content_type, size } = request.json()?;
    let (id, now) = (store.new_id()?, store.now());
    let full = |_| Problem::new(IMAGE_LIMIT, format!("A product has {MOST_IMAGES} images at most."));
    let offered = store.change_album(subject, |album| match album.is_closed {
        true => Err(Problem::missing("product")),
        false => album.offer(id, now).map_err(full),
    });
    offered.await??;
    let form = uploads.offer(&incoming_key(subject, id), content_type, size.get(), now, UPLOAD_WITHIN);
    let body = UploadBody {
        image_id: id,
        upload: FormBody { url: form.url, fields: form.fields },
        public_url: public_url(id, Rendition::Full, &request.site),
    };
    let kind = match subject {
        Subject::Product(id) => format!("products/{id}/images"),
        Subject::Store(id) => format!("stores/{id}/logo"),
    };
    Reply::created(&body, &format!("/api/v1/{kind}"))
}

/// What the keeper is shown of an album.
pub fn kept(album: &Album, request: &Request) -> Vec<KeptImageBody> {
    album
        .kept(request.site.clock.now())
        .map(|(id, image)| KeptImageBody::of(id, image, &request.site))
        .collect()
}
