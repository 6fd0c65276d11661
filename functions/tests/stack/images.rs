//! Real uploads of pictures: S3 checks the form, its signature and the signer's role.

use std::time::Duration;

use image::ImageFormat;
use local::{upload, wait_until};
use serde_json::{Value, json};

use super::people::{Person, shared, text};
use crate::areas::catalogue::images::photograph;
use crate::shop::outside::file;

/// A new seller, with the page of their one product.
fn seller() -> (Person<'static>, String, String) {
    let (seller, product) = shared().seller(3);
    let page = format!("/products/{product}");
    let images = format!("{page}/images");
    (seller, page, images)
}

/// Asks for a form for a JPEG of this many bytes.
fn offer(seller: &Person, path: &str, size: usize) -> Value {
    seller.post(path, &json!({ "content_type": "image/jpeg", "size": size })).is(201)
}

/// The images that the seller sees, once none is pending.
fn settled(seller: &Person, path: &str) -> Value {
    let settled = || Some(seller.get(path).is(200)).filter(|kept| kept[0]["state"] != "pending");
    wait_until(Duration::from_secs(30), settled).expect("the worker looks at it")
}

/// The answer at a URL: status, content type and bytes.
fn seen(url: &str) -> (u16, String, Vec<u8>) {
    let mut answer = shared().stack.agent().get(url).call().unwrap();
    let content_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let bytes = answer.body_mut().read_to_vec().unwrap();
    (answer.status().as_u16(), content_type.unwrap_or_default(), bytes)
}

#[test]
fn a_picture_uploaded_by_form_is_public_and_its_upload_is_not() {
    let (seller, page, images) = seller();
    let photograph = photograph();
    let offer = offer(&seller, &images, photograph.len());
    let public_url = text(&offer["public_url"]);
    assert_ne!(seen(&public_url).0, 200);
    let (status, said) = upload(&offer["upload"], "image/jpeg", &photograph).unwrap();
    assert_eq!(status, 204, "{said}");
    let incoming = format!("{}/{}", text(&offer["upload"]["url"]), text(&offer["upload"]["fields"]["key"]));
    assert!(matches!(seen(&incoming).0, 403 | 404), "{incoming} can be read");

    let kept = settled(&seller, &images);
    assert_eq!(kept[0]["state"], "published", "{kept:#}");
    let image = shared().anyone().get(&page).is(200)["images"][0].clone();
    assert_eq!(image["url"], public_url.as_str());
    for url in [&image["url"], &image["renditions"]["medium"], &image["renditions"]["small"]] {
        let (status, content_type, bytes) = seen(&text(url));
        assert_eq!((status, content_type.as_str()), (200, "image/jpeg"));
        // It is turned upright.
        assert_eq!(image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap().width(), 40);
    }
    assert!(matches!(seen(&incoming).0, 403 | 404));
    let own = || seller.get("/seller/products").is(200)[0]["thumbnail"].as_str().map(str::to_owned);
    let listed = wait_until(Duration::from_secs(30), own).expect("its list shows it, too");
    assert_eq!(listed, text(&image["renditions"]["small"]));

    let delete = seller.send("DELETE", &format!("{images}/{}", text(&image["id"])), "", None);
    assert_eq!(delete.status, 204, "{}", delete.body);
    assert_eq!(shared().anyone().get(&page).is(200)["images"], json!([]));
    let gone = || (seen(&public_url).0 != 200 && own().is_none()).then_some(());
    wait_until(Duration::from_secs(30), gone).expect("its objects are deleted");
}

#[test]
fn s3_refuses_what_the_form_does_not_allow() {
    let (seller, _, images) = seller();
    let offer = offer(&seller, &images, 100);
    let form = &offer["upload"];
    let refused = |form: &Value, content_type: &str, size: usize, code: &str| {
        let (status, said) = upload(form, content_type, &vec![0; size]).unwrap();
        assert!(status >= 400 && said.contains(code), "{status}: {said}");
    };
    refused(form, "image/jpeg", 99, "EntityTooSmall");
    refused(form, "image/jpeg", 101, "EntityTooLarge");
    refused(form, "text/html", 100, "AccessDenied");
    for (field, value) in
        [("key", "public/mine"), ("x-amz-signature", &"0".repeat(64)), ("acl", "public-read")]
    {
        let mut form = form.clone();
        form["fields"][field] = value.into();
        refused(&form, "image/jpeg", 100, "");
    }
    assert_eq!(seller.get(&images).is(200)[0]["state"], "pending");
}

#[test]
fn an_upload_that_is_not_a_picture_fails_and_is_deleted() {
    let (seller, page, images) = seller();
    let html = b"<script>alert(1)</script>";
    let offer = offer(&seller, &images, html.len());
    assert_eq!(upload(&offer["upload"], "image/jpeg", html).unwrap().0, 204);
    let kept = settled(&seller, &images);
    assert_eq!((&kept[0]["state"], &kept[0]["reason"]), (&json!("failed"), &json!("not_a_picture")));
    assert_eq!(shared().anyone().get(&page).is(200)["images"], json!([]));
    assert_ne!(seen(&text(&offer["public_url"])).0, 200);
}

#[test]
fn a_store_shows_its_logo() {
    let (seller, page, _) = seller();
    let store = text(&shared().anyone().get(&page).is(200)["store_id"]);
    let path = format!("/stores/{store}/logo");
    let png = file(300, 300, [1, 2, 3], ImageFormat::Png);
    let offer = offer(&seller, &path, png.len());
    assert_eq!(upload(&offer["upload"], "image/jpeg", &png).unwrap().0, 204);
    assert_eq!(settled(&seller, &path)[0]["image"]["url"], offer["public_url"]);
    assert_eq!(seen(&text(&offer["public_url"])).0, 200);
}
