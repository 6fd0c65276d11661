//! Pictures: offers, uploads, publication and deletion.

use std::collections::BTreeMap;

use domain::catalogue::image::{PENDING_LIVES, UPLOAD_WITHIN};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder as _, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::shop::outside::{file, picture, small_png};
use crate::shop::people::{Person, id};
use crate::shop::world::{Shop, seeds, together};

const RED: [u8; 3] = [250, 0, 0];
const BLUE: [u8; 3] = [0, 0, 250];

/// A small PNG that claims to have this many pixels.
pub fn vast_png(width: u32, height: u32) -> Vec<u8> {
    let mut png = file(1, 1, RED, ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    png
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

/// A JPEG that was taken with the camera on its side, with the place in its metadata.
pub fn photograph() -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    // Orientation: turn it a quarter clockwise.
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    // The offset of the part about the place: here, a name in it.
    exif.extend(b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0");
    exif.extend(b"\x01\0\x1d\0\x02\0\x0b\0\0\0\x38\0\0\0\0\0\0\0CANARYPLACE");
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif).unwrap();
    // Red on the left, which becomes the top after turning.
    let halves = RgbImage::from_fn(60, 40, |x, _| Rgb(if x < 30 { RED } else { BLUE }));
    encoder.encode_image(&halves).unwrap();
    bytes
}

/// A seller and their lamp.
pub struct Stall {
    pub shop: Shop,
    pub seller: Person,
    pub images: String,
    pub page: String,
}

impl Stall {
    pub async fn open() -> Self {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
        let seller = shop.find("seller").await;
        let page = format!("/products/{}", products[0]);
        Self { shop, seller, images: format!("{page}/images"), page }
    }

    /// Asks for a form for this many bytes.
    async fn offer(&self, content_type: &str, size: usize) -> Value {
        self.offer_at(&self.images, content_type, size).await
    }

    async fn offer_at(&self, path: &str, content_type: &str, size: usize) -> Value {
        let body = json!({ "content_type": content_type, "size": size });
        self.shop.again(&self.seller).post(path, body).await.created().clone()
    }

    /// Uploads a file as `content_type`; the worker has not run yet.
    pub async fn upload(&self, content_type: &str, bytes: &[u8]) -> Value {
        self.upload_at(&self.images, content_type, bytes).await
    }

    pub async fn upload_at(&self, path: &str, content_type: &str, bytes: &[u8]) -> Value {
        let offer = self.offer_at(path, content_type, bytes.len()).await;
        self.shop.aws.upload(&offer["upload"]["fields"], content_type, bytes).unwrap();
        offer
    }

    /// The id of a published picture.
    pub async fn published(&self) -> String {
        let offer = self.upload("image/png", &small_png()).await;
        self.shop.drain_queues().await;
        offer["image_id"].as_str().unwrap().to_owned()
    }

    /// The pictures that everybody sees.
    pub async fn shown(&self) -> Vec<Value> {
        self.shop.guest().get(&self.page).await.ok()["images"].as_array().unwrap().clone()
    }

    /// The images that the seller sees.
    async fn kept(&self) -> Vec<Value> {
        self.shop.again(&self.seller).get(&self.images).await.ok().as_array().unwrap().clone()
    }

    /// The states that the seller sees, with reasons.
    async fn states(&self) -> Vec<String> {
        let said = |image: &Value| match image["reason"].as_str() {
            Some(reason) => format!("failed: {reason}"),
            None => image["state"].as_str().unwrap().to_owned(),
        };
        self.kept().await.iter().map(said).collect()
    }

    /// The path of the store's logo.
    pub async fn logo(&self) -> String {
        let page = self.shop.guest().get(&self.page).await;
        format!("/stores/{}/logo", page.ok()["store_id"].as_str().unwrap())
    }

    pub async fn delete(&self, image: &str) -> i64 {
        let path = format!("{}/{image}", self.images);
        self.shop.again(&self.seller).call("DELETE", &path, None).await.status
    }

    /// The keys of all objects in the bucket.
    pub fn objects(&self) -> Vec<String> {
        self.shop.aws.objects("Images").into_keys().collect()
    }

    /// A published object, decoded.
    fn look_at(&self, url: &Value) -> (RgbImage, Vec<u8>) {
        let key = url.as_str().unwrap().split("/Images/").nth(1).unwrap();
        let object = self.shop.aws.objects("Images")[key].clone();
        assert_eq!(object.cache_control, "public, max-age=31536000, immutable");
        (image::load_from_memory(&object.bytes).unwrap().to_rgb8(), object.bytes)
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_shown_once_it_was_checked() {
    let stall = Stall::open().await;
    let bytes = file(3000, 1000, RED, ImageFormat::Jpeg);
    let offer = stall.upload("image/jpeg", &bytes).await;
    assert_eq!((stall.shown().await.len(), stall.states().await), (0, vec!["pending".to_owned()]));

    stall.shop.drain_queues().await;
    let shown = stall.shown().await;
    let image = &shown[0];
    assert_eq!((&image["id"], &image["url"]), (&offer["image_id"], &offer["public_url"]));
    assert_eq!((&image["width"], &image["height"]), (&json!(2048), &json!(683)));
    for (url, size) in [
        (&image["url"], (2048, 683)),
        (&image["renditions"]["medium"], (800, 267)),
        (&image["renditions"]["small"], (200, 67)),
    ] {
        assert_eq!(stall.look_at(url).0.dimensions(), size);
    }
    assert_eq!(stall.states().await, ["published"]);
    assert_eq!(stall.kept().await[0]["image"], *image);
    assert!(stall.objects().iter().all(|key| key.starts_with("public/")), "{:?}", stall.objects());
}

#[tokio::test(start_paused = true)]
async fn images_are_shown_in_the_order_in_which_they_were_offered() {
    let stall = Stall::open().await;
    let mut offers = Vec::new();
    for _ in 0..3 {
        offers.push(stall.offer("image/png", small_png().len()).await);
        stall.shop.clock.advance(std::time::Duration::from_secs(1));
    }
    for offer in offers.iter().rev() {
        stall.shop.aws.upload(&offer["upload"]["fields"], "image/png", &small_png()).unwrap();
        stall.shop.drain_queues().await;
    }
    let shown: Vec<_> = stall.shown().await.iter().map(id).collect();
    let offered: Vec<_> = offers.iter().map(|offer| offer["image_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, offered);
}

#[tokio::test(start_paused = true)]
async fn only_the_bytes_decide_what_is_published() {
    let png = small_png();
    let jpeg = file(30, 20, RED, ImageFormat::Jpeg);
    let webp = file(30, 20, RED, ImageFormat::WebP);
    for (what, said, bytes, becomes) in [
        ("a PNG that is called a JPEG", "image/jpeg", png.clone(), "published"),
        ("a WebP", "image/webp", webp.clone(), "published"),
        ("HTML", "image/png", b"<!doctype html><script>alert(1)</script>".to_vec(), "failed: not_a_picture"),
        (
            "an SVG",
            "image/png",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "failed: not_a_picture",
        ),
        ("a GIF", "image/png", b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0".to_vec(), "failed: not_a_picture"),
        (
            "a JPEG's beginning before HTML",
            "image/jpeg",
            b"\xff\xd8\xff\xe0<html>".to_vec(),
            "failed: broken",
        ),
        ("half a PNG", "image/png", png[..png.len() / 2].to_vec(), "failed: broken"),
        ("half a JPEG", "image/jpeg", jpeg[..jpeg.len() / 2].to_vec(), "failed: broken"),
        ("half a WebP", "image/webp", webp[..webp.len() / 2].to_vec(), "failed: broken"),
        ("one byte", "image/jpeg", vec![0xff], "failed: not_a_picture"),
        ("1.6 billion pixels", "image/png", vast_png(40_000, 40_000), "failed: too_many_pixels"),
        ("41 million pixels", "image/png", vast_png(6_400, 6_500), "failed: too_many_pixels"),
        ("a long line", "image/png", vast_png(10_001, 1), "failed: too_many_pixels"),
    ] {
        let stall = Stall::open().await;
        stall.upload(said, &bytes).await;
        stall.shop.drain_queues().await;
        assert_eq!(stall.states().await, [becomes], "{what}");
        let left = if becomes == "published" { 3 } else { 0 };
        assert_eq!((stall.objects().len(), stall.shown().await.len()), (left, left / 3), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_photograph_is_turned_upright_and_loses_its_metadata() {
    let stall = Stall::open().await;
    let photograph = photograph();
    let tells = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
    assert!(tells(&photograph, b"CANARYPLACE") && tells(&photograph, b"Exif"));
    stall.upload("image/jpeg", &photograph).await;
    stall.shop.drain_queues().await;

    let image = &stall.shown().await[0];
    for url in [&image["url"], &image["renditions"]["medium"], &image["renditions"]["small"]] {
        let (picture, bytes) = stall.look_at(url);
        assert_eq!(picture.dimensions(), (40, 60));
        let [above, below] = [5, 55].map(|y| picture.get_pixel(20, y).0);
        assert!(above[0] > 200 && below[2] > 200, "{above:?} above, {below:?} below");
        assert!(!tells(&bytes, b"CANARYPLACE") && !tells(&bytes, b"Exif"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_photograph_of_a_phone_is_published_in_srgb() {
    let stall = Stall::open().await;
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
    encoder.set_icc_profile(moxcms::ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    // The green of sRGB 60, 180, 70, as Display P3 writes it.
    encoder.encode_image(&picture(40, 40, [96, 178, 83])).unwrap();
    stall.upload("image/jpeg", &bytes).await;
    stall.shop.drain_queues().await;

    let image = &stall.shown().await[0];
    for url in [&image["url"], &image["renditions"]["medium"], &image["renditions"]["small"]] {
        let (picture, _) = stall.look_at(url);
        let found = picture.get_pixel(20, 20).0;
        let far = found.iter().zip([60_u8, 180, 70]).any(|(found, wanted)| found.abs_diff(wanted) > 4);
        assert!(!far, "{found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_form_is_for_one_type_one_size_and_ten_minutes() {
    let stall = Stall::open().await;
    let offer = stall.offer("image/png", 100).await;
    let fields = &offer["upload"]["fields"];
    let upload = |said: &str, size: usize| stall.shop.aws.upload(fields, said, &vec![0; size]).unwrap_err();
    assert_eq!(upload("image/png", 99), "EntityTooSmall");
    assert_eq!(upload("image/png", 101), "EntityTooLarge");
    assert_eq!(upload("text/html", 100), "AccessDenied");
    stall.shop.clock.advance(UPLOAD_WITHIN);
    assert_eq!(upload("image/png", 100), "AccessDenied");
    assert_eq!(stall.objects(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_unsupported_picture_gets_no_upload_form() {
    let stall = Stall::open().await;
    for (body, faults) in [
        (json!({}), vec![("REQUIRED", "content_type"), ("REQUIRED", "size")]),
        (
            json!({ "content_type": "image/gif", "size": 0 }),
            vec![("INVALID", "content_type"), ("OUT_OF_RANGE", "size")],
        ),
        (json!({ "content_type": "image/png", "size": 5_242_881 }), vec![("OUT_OF_RANGE", "size")]),
        (
            json!({ "content_type": "image/png", "size": 1, "key": "public/x" }),
            vec![("UNKNOWN_FIELD", "key")],
        ),
    ] {
        stall.seller.post(&stall.images, body).await.refused(422, &faults);
    }
    assert_eq!(stall.kept().await, [Value::Null; 0]);
}

#[tokio::test(start_paused = true)]
async fn ten_of_twenty_concurrent_images_get_an_upload_form() {
    for seed in seeds(5) {
        let stall = Stall::open().await;
        stall.shop.aws.interleave_by(seed);
        let body = json!({ "content_type": "image/png", "size": 10 });
        let mut answers = together((0..20).map(|_| stall.seller.post(&stall.images, body.clone()))).await;
        // Requests that met too many others were answered with 503 and are sent again.
        for answer in answers.iter_mut().filter(|answer| answer.status == 503) {
            *answer = stall.seller.post(&stall.images, body.clone()).await;
        }
        let (offered, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!((offered.len(), stall.kept().await.len()), (10, 10), "seed {seed}");
        for answer in refused {
            answer.refused(409, &[("IMAGE_LIMIT", "")]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unused_upload_form_is_given_up_after_an_hour() {
    let stall = Stall::open().await;
    for _ in 0..10 {
        stall.offer("image/png", 10).await;
    }
    stall.shop.clock.advance(PENDING_LIVES);
    assert_eq!(stall.kept().await, [Value::Null; 0]);
    let seller = stall.shop.again(&stall.seller);
    seller.post(&stall.images, json!({ "content_type": "image/png", "size": 10 })).await.created();
    assert_eq!(stall.states().await, ["pending"]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_reported_twice_and_late_is_published_once() {
    for seed in seeds(5) {
        let stall = Stall::open().await;
        stall.upload("image/png", &small_png()).await;
        let told = stall.shop.aws.queue("uploads").take_due(stall.shop.clock.now());
        stall.shop.aws.interleave_by(seed);
        let twice = together((0..2).map(|_| stall.shop.deliver("uploads", &told))).await;
        assert!(twice.iter().any(|failed| failed == &Ok(vec![])), "seed {seed}: {twice:?}");
        let before = stall.shown().await;
        stall.shop.clock.advance(PENDING_LIVES);
        assert_eq!(stall.shop.deliver("uploads", &told).await, Ok(vec![]));
        assert_eq!((stall.shown().await, stall.objects().len()), (before.clone(), 3), "seed {seed}");
        assert_eq!(before.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_uploads_by_a_form_is_published_and_never_a_mixture() {
    for seed in seeds(20) {
        let stall = Stall::open().await;
        let [red, blue] = [RED, BLUE].map(|colour| file(300, 300, colour, ImageFormat::Png));
        // Both have one size: bytes behind the end of a PNG do not belong to it.
        let size = red.len().max(blue.len());
        let [red, blue] = [red, blue].map(|mut bytes| {
            bytes.resize(size, 0);
            bytes
        });
        let offer = stall.offer("image/png", size).await;
        let fields = &offer["upload"]["fields"];
        stall.shop.aws.upload(fields, "image/png", &red).unwrap();
        stall.shop.aws.interleave_by(seed);
        let queue = stall.shop.aws.queue("uploads");
        let first = queue.take_due(stall.shop.clock.now());
        let (failed, ()) = futures_util::join!(stall.shop.deliver("uploads", &first), async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            stall.shop.aws.upload(fields, "image/png", &blue).unwrap();
            stall.shop.work_off("uploads").await.unwrap();
        });
        if failed.unwrap().len() == 1 {
            queue.put_back(first[0].clone(), stall.shop.clock.now() + std::time::Duration::from_mins(3));
        }
        stall.shop.drain_queues().await;
        let shown = stall.shown().await;
        assert_eq!((shown.len(), stall.objects().len()), (1, 3), "seed {seed}: {:?}", stall.objects());
        let renditions =
            [&shown[0]["url"], &shown[0]["renditions"]["medium"], &shown[0]["renditions"]["small"]];
        let colours = renditions.map(|url| stall.look_at(url).0.get_pixel(100, 100).0[0] > 128);
        assert!(colours == [true; 3] || colours == [false; 3], "seed {seed}: {colours:?}");
        // Later uploads by the form change nothing.
        stall.shop.aws.upload(fields, "image/png", &blue).unwrap();
        stall.shop.drain_queues().await;
        assert_eq!((stall.shown().await, stall.objects().len()), (shown, 3), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_leaves_one_published_picture_or_a_clean_failure() {
    let jpeg = file(30, 20, RED, ImageFormat::Jpeg);
    for (bytes, state, left) in [(&jpeg[..], "published", 3), (&jpeg[..99], "failed: broken", 0)] {
        let stall = Stall::open().await;
        stall.upload("image/jpeg", bytes).await;
        stall.shop.start("publish-image").await;
        stall.shop.aws.clear_calls();
        stall.shop.drain_queues().await;
        let calls = stall.shop.aws.calls().len();
        assert!(calls >= 6, "{calls} calls");
        for (point, when) in (1..=calls).flat_map(|call| [(call, When::Before), (call, When::After)]) {
            for fault in [Fault::Crash(when), Fault::Fail(when), Fault::Hang(when)] {
                let stall = Stall::open().await;
                stall.upload("image/jpeg", bytes).await;
                stall.shop.start("publish-image").await;
                stall.shop.aws.clear_calls();
                stall.shop.aws.fault_nth(point, fault.clone());
                stall.shop.drain_queues().await;
                assert_eq!(stall.states().await, [state], "call {point}: {fault:?}");
                assert_eq!(stall.objects().len(), left, "call {point}, {fault:?}: {:?}", stall.objects());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_s3_and_the_table_delay_pictures_and_lose_none() {
    for seed in seeds(10) {
        let stall = Stall::open().await;
        for _ in 0..3 {
            stall.upload("image/png", &small_png()).await;
        }
        stall.shop.aws.random_faults(seed, 0.2);
        for _ in 0..3 {
            let _ = stall.shop.work_off("uploads").await;
            stall.shop.clock.advance(std::time::Duration::from_mins(3));
        }
        stall.shop.aws.no_faults();
        stall.shop.drain_queues().await;
        assert_eq!((stall.shown().await.len(), stall.objects().len()), (3, 9), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_deleted_while_it_is_checked_leaves_nothing_behind() {
    for seed in seeds(40) {
        let stall = Stall::open().await;
        let offer = stall.upload("image/png", &small_png()).await;
        let image = offer["image_id"].as_str().unwrap();
        stall.shop.aws.interleave_by(seed);
        let (worked, deleted) = futures_util::join!(stall.shop.work_off("uploads"), async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            stall.delete(image).await
        });
        worked.unwrap();
        assert_eq!(deleted, 204, "seed {seed}");
        stall.shop.drain_queues().await;
        assert_eq!((stall.kept().await, stall.shown().await), (vec![], vec![]), "seed {seed}");
        assert_eq!(stall.objects(), [""; 0], "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_picture_is_gone_and_missing_when_deleted_again() {
    let stall = Stall::open().await;
    let image = stall.published().await;
    let other = stall.published().await;
    assert_eq!(stall.delete(&image).await, 204);
    assert_eq!(stall.shown().await.iter().map(id).collect::<Vec<_>>(), [other]);
    stall.shop.drain_queues().await;
    assert!(stall.objects().len() == 3 && !stall.objects().iter().any(|key| key.contains(&image)));
    assert_eq!(stall.delete(&image).await, 404);
    assert_eq!(stall.delete("img_00000000000000000000000000").await, 404);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_cut_off_at_any_call_and_repeated_leaves_nothing_behind() {
    let stall = Stall::open().await;
    let image = stall.published().await;
    stall.shop.start("delete-image").await;
    stall.shop.aws.clear_calls();
    assert_eq!(stall.delete(&image).await, 204);
    let calls = stall.shop.aws.calls().len();
    for (point, when) in (1..=calls).flat_map(|call| [(call, When::Before), (call, When::After)]) {
        let stall = Stall::open().await;
        let image = stall.published().await;
        stall.shop.start("delete-image").await;
        stall.shop.aws.clear_calls();
        stall.shop.aws.fault_nth(point, Fault::Crash(when));
        let path = format!("{}/{image}", stall.images);
        let crashed = stall.seller.try_call("DELETE", &path, &[], None).await;
        assert!(crashed.is_err(), "call {point} {when:?} is not made");
        assert_eq!(stall.delete(&image).await, 204, "call {point} {when:?}");
        stall.shop.drain_queues().await;
        assert_eq!((stall.objects(), stall.kept().await), (vec![], vec![]), "call {point} {when:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_without_an_image_is_deleted() {
    let stall = Stall::open().await;
    let offer = stall.upload("image/png", &small_png()).await;
    assert_eq!(stall.delete(offer["image_id"].as_str().unwrap()).await, 204);
    stall.shop.drain_queues().await;
    assert_eq!((stall.objects(), stall.kept().await), (vec![], vec![]));
    // S3's test message, and keys that other writers of the bucket may use.
    let queue = stall.shop.aws.queue("uploads");
    queue.send(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"Images"}"#);
    for key in ["incoming/x", "public/img_00000000000000000000000000/200", "incoming/prd_1/img_1"] {
        queue.send(&json!({ "Records": [{ "s3": { "object": { "key": key, "eTag": "a" } } }] }).to_string());
    }
    stall.shop.drain_queues().await;
    assert!(stall.shop.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_store_has_one_logo_and_the_next_one_takes_its_place() {
    let stall = Stall::open().await;
    let path = stall.logo().await;
    let logo = async |bytes: &[u8]| {
        stall.upload_at(&path, "image/png", bytes).await["image_id"].as_str().unwrap().to_owned()
    };
    let store = path.split('/').nth(2).unwrap().parse().unwrap();
    let shown = async || {
        let (_, album) = stall.shop.table().store_with_logo(store).await.unwrap().unwrap();
        album.images.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    let replaced = logo(&small_png()).await;
    let first = logo(&small_png()).await;
    stall.shop.drain_queues().await;
    assert_eq!(shown().await, std::slice::from_ref(&first));
    assert!(!stall.objects().iter().any(|key| key.contains(&replaced)), "{:?}", stall.objects());

    let broken = logo(b"no picture").await;
    stall.shop.drain_queues().await;
    let kept = stall.seller.get(&path).await;
    // Both are of the same millisecond, so either may come first.
    let states: BTreeMap<_, _> =
        kept.ok().as_array().unwrap().iter().map(|image| (id(image), image["state"].clone())).collect();
    assert_eq!(states, [(first.clone(), json!("published")), (broken, json!("failed"))].into());

    let second = logo(&small_png()).await;
    stall.shop.drain_queues().await;
    assert_eq!(shown().await, std::slice::from_ref(&second));
    assert!(stall.objects().len() == 3 && stall.objects().iter().all(|key| key.contains(&second)));
}

#[tokio::test(start_paused = true)]
async fn a_logo_that_is_published_while_the_next_one_is_offered_stays() {
    for is_first in [true, false] {
        let stall = Stall::open().await;
        let path = stall.logo().await;
        if !is_first {
            stall.offer_at(&path, "image/png", 10).await;
        }
        // The next offer is about to be written: its first try never arrives.
        stall.shop.aws.clear_calls();
        stall.shop.aws.on(|call| match &*call.caller {
            "create-logo" if call.operation == "PutItem" && call.nth == 1 => Fault::Hang(When::Before),
            _ => Fault::None,
        });
        let next = stall.offer_at(&path, "image/png", 10);
        let (next, first) = futures_util::join!(next, async {
            let first = stall.upload_at(&path, "image/png", &small_png()).await;
            stall.shop.drain_queues().await;
            first
        });
        let logos = stall.seller.get(&path).await;
        let logos: Vec<_> = logos.ok().as_array().unwrap().iter().map(|logo| logo["id"].clone()).collect();
        let mut expected = [first["image_id"].clone(), next["image_id"].clone()];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(logos, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_a_logo_is_replaced_leaves_one_logo_and_its_objects() {
    let mut point = 0;
    loop {
        point += 1;
        let stall = Stall::open().await;
        let path = stall.logo().await;
        for number in 0..2 {
            stall.upload_at(&path, "image/png", &small_png()).await;
            if number == 1 {
                stall.shop.aws.clear_calls();
                stall.shop.aws.fault_nth(point, Fault::Crash(When::After));
            }
            stall.shop.drain_queues().await;
        }
        let calls = stall.shop.aws.calls().len();
        stall.shop.aws.no_faults();
        let logos = stall.shop.again(&stall.seller).get(&path).await;
        assert_eq!((logos.ok().as_array().unwrap().len(), stall.objects().len()), (1, 3), "call {point}");
        if point > calls {
            return;
        }
    }
}
