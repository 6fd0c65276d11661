//! Pictures: the form for an upload, the state of an image, and the URLs of a published one.

use std::collections::BTreeMap;

use domain::catalogue::image::{Album, Flaw, Image, Rendition, State};
use domain::ids::ImageId;
use domain::{Schema, Timestamp};
use providers::upload::Form;
use serde::Serialize;

use crate::deployment::Deployment;

/// The form for an upload, and the URL of the picture afterwards.
#[derive(Serialize, Schema)]
pub struct UploadBody {
    image_id: ImageId,
    upload: FormBody,
    /// The URL of the picture once it is published.
    public_url: String,
}

/// A form to post as `multipart/form-data` within 10 minutes: these fields first, then the file in the field
/// `file`.
#[derive(Serialize, Schema)]
struct FormBody {
    url: String,
    fields: BTreeMap<String, String>,
}

/// A published picture. A URL always shows the same picture.
#[derive(Serialize, Schema)]
pub struct ImageBody {
    id: ImageId,
    /// The URL of the largest rendition, at most 2,048 pixels a side.
    url: String,
    /// Width in pixels.
    width: u32,
    /// Height in pixels.
    height: u32,
    renditions: RenditionsBody,
}

impl ImageBody {
    /// Whether it is this image.
    pub(super) fn is(&self, id: ImageId) -> bool {
        self.id == id
    }
}

/// Smaller renditions of the picture.
#[derive(Serialize, Schema)]
struct RenditionsBody {
    /// The URL of a rendition with at most 800 pixels a side.
    medium: String,
    /// The URL of a rendition with at most 200 pixels a side.
    small: String,
}

/// An image, as shown to its seller.
#[derive(Serialize, Schema)]
pub struct KeptImageBody {
    id: ImageId,
    state: Stage,
    /// Why the image failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Flaw>,
    /// Present once the image is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageBody>,
    created_at: Timestamp,
}

/// The state of an image.
#[derive(Serialize, Schema)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// It waits for its upload, or is being checked. It is given up after an hour.
    Pending,
    /// Everybody can see it.
    Published,
    /// The upload was not an acceptable picture.
    Failed,
}

impl UploadBody {
    /// The form for the upload of an image.
    pub fn of(image_id: ImageId, form: Form, public_url: String) -> Self {
        Self { image_id, upload: FormBody { url: form.url, fields: form.fields }, public_url }
    }
}

impl ImageBody {
    /// The published images.
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
    /// The image as its seller sees it.
    pub fn of(id: ImageId, image: &Image, deployment: &Deployment) -> Self {
        let (state, reason) = match image.state {
            State::Pending { .. } => (Stage::Pending, None),
            State::Failed { reason } => (Stage::Failed, Some(reason)),
            State::Published { .. } | State::Removed => (Stage::Published, None),
        };
        Self { id, state, reason, image: ImageBody::of(id, image, deployment), created_at: image.created_at }
    }
}
