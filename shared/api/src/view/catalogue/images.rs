//! Pictures: how to upload one, how far it has come, and where it is shown.

use std::collections::BTreeMap;

use domain::catalogue::image::{Album, Flaw, Image, Rendition, State};
use domain::ids::ImageId;
use domain::{Schema, Timestamp};
use providers::upload::Form;
use serde::Serialize;

use crate::deployment::Deployment;

/// How to upload an image, and where it will be.
#[derive(Serialize, Schema)]
pub struct UploadBody {
    image_id: ImageId,
    upload: FormBody,
    /// Where the picture is once it is published.
    public_url: String,
}

/// A form to post as `multipart/form-data` within 10 minutes: these fields, and after them the file in the
/// field `file`.
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

impl UploadBody {
    /// The form that uploads an image.
    pub fn of(image_id: ImageId, form: Form, public_url: String) -> Self {
        Self { image_id, upload: FormBody { url: form.url, fields: form.fields }, public_url }
    }
}

impl ImageBody {
    /// Those that are published.
    pub fn all_of(album: &Album, deployment: &Deployment) -> Vec<Self> {
        album.images.iter().filter_map(|(id, image)| Self::of(*id, image, deployment)).collect()
    }

    fn of(id: ImageId, image: &Image, deployment: &Deployment) -> Option<Self> {
        let State::Published { width, height } = image.state else { return None };
        let [url, medium, small] = Rendition::ALL.map(|rendition| deployment.picture_url(id, rendition));
        Some(Self { id, url, width, height, renditions: RenditionsBody { medium, small } })
    }
}

impl KeptImageBody {
    /// The image, as its keeper sees it.
    pub fn of(id: ImageId, image: &Image, deployment: &Deployment) -> Self {
        let (state, reason) = match image.state {
            State::Pending { .. } => (Stage::Pending, None),
            State::Failed { reason } => (Stage::Failed, Some(reason)),
            State::Published { .. } | State::Removed => (Stage::Published, None),
        };
        Self { id, state, reason, image: ImageBody::of(id, image, deployment), created_at: image.created_at }
    }
}
