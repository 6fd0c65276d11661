//! Pictures of products and logos of stores: what may be uploaded, and how an upload becomes a published
//! picture.
//!
//! ```text
//! offered ─ pending ──┬── published ── removed
//!                     └── failed
//! ```
//!
//! No state is left backwards. An image that is published, failed, removed or absent never becomes pending
//! again, so a worker that sees one of these states may delete the objects that it no longer needs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Schema;
use crate::clock::{Timestamp, millis};
use crate::ids::{ImageId, ProductId, StoreId};

/// The most images of a product, pending ones included.
pub const MOST_IMAGES: u32 = 10;
/// An upload form is valid for this long after it was offered.
pub const UPLOAD_WITHIN: Duration = Duration::from_mins(10);
/// A pending image is given up after this long. It leaves time for the upload, five receives of its message,
/// and an operator's fix.
pub const PENDING_LIVES: Duration = Duration::from_hours(1);
/// How long a failed image is shown to its seller.
pub const FAILED_LIVES: Duration = Duration::from_hours(24);
/// How long one worker has an image to itself, if another one comes with other bytes. It is longer than a
/// worker can run, and shorter than the queue hides the message of a worker that has died.
pub const CLAIM_LIVES: Duration = Duration::from_mins(2);

/// The accepted media types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum ContentType {
    /// A JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A PNG.
    #[serde(rename = "image/png")]
    Png,
    /// A WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

impl ContentType {
    /// The media type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// The sizes of a published picture, by the most pixels of its longer side. Smaller pictures are not
/// enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendition {
    /// For the picture by itself.
    Full,
    /// For a product's page.
    Medium,
    /// For lists.
    Small,
}

impl Rendition {
    /// All of them, the largest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Medium, Self::Small];

    /// The most pixels of the longer side.
    pub const fn most_pixels(self) -> u32 {
        match self {
            Self::Full => 2048,
            Self::Medium => 800,
            Self::Small => 200,
        }
    }
}

/// The owner of an album: a product, or a store for its logo. It is written as the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The images of a product.
    Product(ProductId),
    /// The logo of a store.
    Store(StoreId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => id.fmt(f),
            Self::Store(id) => id.fmt(f),
        }
    }
}

impl Subject {
    /// Reads what [`fmt::Display`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let product = text.parse().ok().map(Self::Product);
        product.or_else(|| text.parse().ok().map(Self::Store))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("neither a product nor a store"))
    }
}

/// The object's key for an upload. Only the worker can read there.
pub fn incoming_key(subject: Subject, id: ImageId) -> String {
    format!("incoming/{subject}/{id}")
}

/// Reads a key below `incoming/`. `None` for a key of another form. Only the album knows whether such an
/// image was offered.
pub fn read_incoming_key(key: &str) -> Option<(Subject, ImageId)> {
    let (subject, id) = key.strip_prefix("incoming/")?.split_once('/')?;
    Some((Subject::read(subject)?, id.parse().ok()?))
}

/// The object's key for a published picture. Everybody can read there.
pub fn public_key(id: ImageId, size: Rendition) -> String {
    format!("public/{id}/{}", size.most_pixels())
}

/// The keys of all renditions of a picture.
pub fn public_keys(id: ImageId) -> impl Iterator<Item = String> {
    Rendition::ALL.into_iter().map(move |size| public_key(id, size))
}

/// One image of an album.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// How far the image has come.
    #[serde(flatten)]
    pub state: State,
    /// When it was offered.
    #[serde(with = "millis")]
    pub created_at: Timestamp,
}

/// How far an image has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The upload was offered, and nothing is published yet.
    Pending {
        /// The claim of the worker that is publishing it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claim: Option<Claim>,
    },
    /// Everybody can see it.
    Published {
        /// The full picture's width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// The upload was not an acceptable picture.
    Failed {
        /// What is wrong with it.
        reason: Flaw,
    },
    /// It is no longer shown, and its objects are being deleted.
    Removed,
}

/// A worker's claim on an image for the bytes that it has seen. It makes sure that of two uploads one is
/// published, and never a mixture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// S3's `ETag` of the bytes.
    pub etag: String,
    /// Nobody may publish other bytes until then.
    #[serde(with = "millis")]
    pub until: Timestamp,
}

/// Why an upload is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// Its bytes are not a JPEG, PNG or WebP.
    NotAPicture,
    /// It begins like a picture, but cannot be decoded to its end.
    Broken,
    /// It has more pixels than allowed.
    TooManyPixels,
    /// It has more bytes than allowed.
    TooManyBytes,
}

/// The outcome of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The worker may publish these bytes.
    Now,
    /// Another worker is publishing other bytes: try again later.
    Busy,
    /// The image is already published.
    Published,
    /// The image has failed, was removed, or was never offered: nothing will be published.
    Over,
}

/// The album holds the most images, or is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// All images of a product, or a store's logo and its pending replacement. They are one item, so that one
/// condition holds their number and order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Album {
    /// The owner.
    pub subject: Subject,
    /// The images by id; later ids sort later.
    pub images: BTreeMap<ImageId, Image>,
    /// Whether its product is deleted or its store closed. A closed album takes no images.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
}

impl Album {
    /// An empty one.
    pub fn new(subject: Subject) -> Self {
        Self { subject, images: BTreeMap::new(), is_closed: false }
    }

    /// Offers an upload. A store has one logo, so a new offer replaces a pending one.
    pub fn offer(&mut self, id: ImageId, now: Timestamp) -> Result<(), Full> {
        if self.images.contains_key(&id) {
            return Ok(());
        }
        if self.is_closed {
            return Err(Full);
        }
        self.forget_given_up(now);
        if let Subject::Store(_) = self.subject {
            let replaceable = |state: &State| matches!(state, State::Pending { .. } | State::Failed { .. });
            self.images.retain(|_, image| !replaceable(&image.state));
        }
        // Failed images are kept only to be shown, so they make room. Removed ones do not count, unless their
        // objects are not deleted for long.
        let is_removed = |image: &Image| image.state == State::Removed;
        while self.images.len() >= 3 * MOST_IMAGES as usize
            || self.images.values().filter(|image| !is_removed(image)).count() >= MOST_IMAGES as usize
        {
            let failed = self.images.iter().find(|(_, image)| matches!(image.state, State::Failed { .. }));
            let failed = *failed.ok_or(Full)?.0;
            self.images.remove(&failed);
        }
        self.images.insert(id, Image { state: State::Pending { claim: None }, created_at: now });
        Ok(())
    }

    fn forget_given_up(&mut self, now: Timestamp) {
        self.images.retain(|_, image| !image.is_given_up(now));
    }

    /// Claims an image for the bytes with this `ETag`. Several workers may claim the same bytes: they publish
    /// the same pictures.
    pub fn claim(&mut self, id: ImageId, etag: &str, now: Timestamp) -> Claimed {
        self.forget_given_up(now);
        match self.images.get_mut(&id).map(|image| &mut image.state) {
            Some(State::Pending { claim }) => match claim {
                Some(other) if other.etag != etag && now < other.until => Claimed::Busy,
                _ => {
                    *claim = Some(Claim { etag: etag.to_owned(), until: now + CLAIM_LIVES });
                    Claimed::Now
                }
            },
            Some(State::Published { .. }) => Claimed::Published,
            Some(State::Failed { .. } | State::Removed) | None => Claimed::Over,
        }
    }

    /// Ends an image that was claimed for `etag`, as published or failed. A new logo replaces the previous
    /// one. The outcome says what the image is now, because it may have been ended or removed meanwhile.
    pub fn end(&mut self, id: ImageId, etag: &str, end: State) -> Claimed {
        let Some(image) = self.images.get_mut(&id) else { return Claimed::Over };
        if let State::Pending { claim } = &image.state {
            if claim.as_ref().is_none_or(|claim| claim.etag != etag) {
                return Claimed::Busy;
            }
            image.state = end;
            if let (State::Published { .. }, Subject::Store(_)) = (&image.state, self.subject) {
                for (_, before) in self.images.iter_mut().filter(|(other, _)| **other != id) {
                    before.state = State::Removed;
                }
            }
        }
        match self.images.get(&id).map(|image| &image.state) {
            Some(State::Published { .. }) => Claimed::Published,
            _ => Claimed::Over,
        }
    }

    /// Whether an image is published.
    pub fn shows(&self, id: ImageId) -> bool {
        self.images.get(&id).is_some_and(|image| matches!(image.state, State::Published { .. }))
    }

    /// Removes an image. A published one stays in the album as removed until its objects are deleted; see
    /// [`forget`](Self::forget). False when it does not exist.
    pub fn remove(&mut self, id: ImageId) -> bool {
        match self.images.get_mut(&id) {
            None => false,
            Some(Image { state: state @ State::Published { .. }, .. }) => {
                *state = State::Removed;
                true
            }
            Some(Image { state: State::Removed, .. }) => true,
            // A worker that is publishing it finds it removed, and deletes what it has written.
            Some(_) => self.images.remove(&id).is_some(),
        }
    }

    /// Removes all images, and takes no new ones.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.clear();
    }

    /// Removes all images.
    pub fn clear(&mut self) {
        for id in self.images.keys().copied().collect::<Vec<_>>() {
            self.remove(id);
        }
    }

    /// The images whose objects are to be deleted.
    pub fn removed(&self) -> Vec<ImageId> {
        let removed = self.images.iter().filter(|(_, image)| image.state == State::Removed);
        removed.map(|(id, _)| *id).collect()
    }

    /// Forgets removed images after their objects were deleted.
    pub fn forget(&mut self, gone: &[ImageId]) {
        self.images.retain(|id, image| image.state != State::Removed || !gone.contains(id));
    }

    /// The first published image.
    pub fn cover(&self) -> Option<ImageId> {
        let is_published = |image: &Image| matches!(image.state, State::Published { .. });
        self.images.iter().find(|(_, image)| is_published(image)).map(|(id, _)| *id)
    }

    /// The images that the seller is shown, in the order in which they were offered.
    pub fn kept(&self, now: Timestamp) -> impl Iterator<Item = (ImageId, &Image)> {
        let shown = move |image: &Image| image.state != State::Removed && !image.is_given_up(now);
        self.images.iter().filter(move |(_, image)| shown(image)).map(|(id, image)| (*id, image))
    }
}

impl Image {
    /// Whether the image needs no more attention: it was pending for too long, or failed long ago.
    fn is_given_up(&self, now: Timestamp) -> bool {
        let lives = match self.state {
            State::Pending { .. } => PENDING_LIVES,
            State::Failed { .. } => FAILED_LIVES,
            State::Published { .. } | State::Removed => return false,
        };
        now.since(self.created_at) >= lives
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_795_262_400_000)
    }

    const PICTURE: State = State::Published { width: 1, height: 1 };

    fn id(bits: u128) -> ImageId {
        ImageId::from_bits(bits)
    }

    fn album(subject: Subject) -> Album {
        let mut album = Album::new(subject);
        album.offer(id(1), now()).unwrap();
        album
    }

    fn product() -> Subject {
        Subject::Product(ProductId::from_bits(1))
    }

    fn store() -> Subject {
        Subject::Store(StoreId::from_bits(1))
    }

    #[test]
    fn a_key_says_what_it_was_written_for() {
        for subject in [product(), store()] {
            assert_eq!(read_incoming_key(&incoming_key(subject, id(7))), Some((subject, id(7))));
        }
        let image = id(7);
        for key in [
            "incoming/".to_owned(),
            format!("incoming/{image}"),
            format!("incoming/{}/{image}/x", product()),
            format!("incoming/{}/{}", product(), product()),
            format!("public/{}/{image}", product()),
            format!("incoming/usr_00000000000000000000000001/{image}"),
        ] {
            assert_eq!(read_incoming_key(&key), None, "{key}");
        }
    }

    #[test]
    fn one_of_two_uploads_is_published() {
        let mut album = album(product());
        assert_eq!(album.claim(id(1), "a", now()), Claimed::Now);
        assert_eq!(album.claim(id(1), "b", now()), Claimed::Busy);
        assert_eq!(album.claim(id(1), "a", now()), Claimed::Now);
        assert_eq!(album.end(id(1), "b", PICTURE), Claimed::Busy);
        assert_eq!(album.end(id(1), "a", PICTURE), Claimed::Published);
        assert_eq!(album.end(id(1), "a", State::Failed { reason: Flaw::Broken }), Claimed::Published);
        assert_eq!(album.claim(id(1), "b", now()), Claimed::Published);
    }

    #[test]
    fn the_claim_of_a_dead_worker_expires() {
        let mut album = album(product());
        assert_eq!(album.claim(id(1), "a", now()), Claimed::Now);
        assert_eq!(album.claim(id(1), "b", now() + CLAIM_LIVES), Claimed::Now);
        assert_eq!(album.end(id(1), "a", PICTURE), Claimed::Busy);
    }

    #[test]
    fn an_album_holds_ten_images_and_failed_ones_make_room() {
        let mut album = album(product());
        for bits in 2..=10 {
            album.offer(id(bits), now()).unwrap();
        }
        assert_eq!(album.offer(id(11), now()), Err(Full));
        album.claim(id(3), "a", now());
        album.end(id(3), "a", State::Failed { reason: Flaw::Broken });
        assert_eq!(album.offer(id(11), now()), Ok(()));
        assert_eq!(album.offer(id(12), now()), Err(Full));
        assert_eq!(album.offer(id(12), now() + PENDING_LIVES), Ok(()));
        assert_eq!(album.images.len(), 1);
    }

    #[test]
    fn a_store_has_one_logo() {
        let mut album = album(store());
        album.offer(id(2), now()).unwrap();
        assert_eq!(album.claim(id(1), "a", now()), Claimed::Over);
        album.claim(id(2), "b", now());
        assert_eq!(album.end(id(2), "b", PICTURE), Claimed::Published);
        album.offer(id(3), now()).unwrap();
        assert_eq!(album.removed(), []);
        album.claim(id(3), "c", now());
        album.end(id(3), "c", PICTURE);
        assert_eq!(album.removed(), [id(2)]);
        album.forget(&[id(2)]);
        assert_eq!(album.images.len(), 1);
    }

    #[test]
    fn a_removed_image_makes_room_until_too_many_wait_for_deletion() {
        let mut album = Album::new(product());
        for bits in 1..=30 {
            album.offer(id(bits), now()).unwrap();
            album.claim(id(bits), "a", now());
            album.end(id(bits), "a", PICTURE);
            album.remove(id(bits));
        }
        assert_eq!(album.offer(id(31), now()), Err(Full));
        album.forget(&[id(1)]);
        assert_eq!(album.offer(id(31), now()), Ok(()));
    }

    #[test]
    fn a_closed_album_is_empty_for_good() {
        let mut album = album(product());
        album.claim(id(1), "a", now());
        album.end(id(1), "a", PICTURE);
        album.offer(id(2), now()).unwrap();
        album.close();
        assert_eq!((album.cover(), album.removed()), (None, vec![id(1)]));
        assert_eq!((album.claim(id(2), "b", now()), album.offer(id(3), now())), (Claimed::Over, Err(Full)));
        album.forget(&[id(1)]);
        assert!(album.images.is_empty() && album.is_closed);
    }

    #[test]
    fn a_removed_image_is_never_published() {
        let mut album = album(product());
        album.claim(id(1), "a", now());
        assert!(album.remove(id(1)));
        assert!(!album.remove(id(1)));
        assert_eq!(album.end(id(1), "a", PICTURE), Claimed::Over);
        album.offer(id(2), now()).unwrap();
        album.claim(id(2), "a", now());
        album.end(id(2), "a", PICTURE);
        assert!(album.remove(id(2)) && album.remove(id(2)));
        assert_eq!((album.removed(), album.claim(id(2), "a", now())), (vec![id(2)], Claimed::Over));
    }
}
