//! What becomes of pictures after they, their product or their store were deleted.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use testkit::{Fault, When};

use crate::areas::catalogue::images::Stall;
use crate::shop::boutique::{Boutique, variant};
use crate::shop::outside::small_png;
use crate::shop::people::PASSWORD;
use crate::shop::world::seeds;

#[tokio::test(start_paused = true)]
async fn the_pictures_of_a_deleted_product_go_and_none_is_published_later() {
    let stall = Stall::open().await;
    stall.published().await;
    stall.shop.clock.advance(std::time::Duration::from_secs(1));
    let late = stall.upload("image/png", &small_png()).await;
    stall.seller.call("DELETE", &stall.page, None).await.data(204);
    stall.shop.drain_queues().await;
    assert_eq!(stall.objects(), [""; 0], "{late}");
    // A form is valid for ten minutes.
    stall.shop.aws.upload(&late["upload"]["fields"], "image/png", &small_png()).unwrap();
    stall.shop.drain_queues().await;
    assert_eq!(stall.objects(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_leaves_no_picture_and_no_logo() {
    let stall = Stall::open().await;
    stall.published().await;
    let logo = stall.logo().await;
    stall.upload_at(&logo, "image/png", &small_png()).await;
    stall.shop.drain_queues().await;
    assert_eq!(stall.objects().len(), 6);
    stall.seller.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    stall.shop.drain_queues().await;
    assert_eq!(stall.objects(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_logo_can_be_deleted_even_while_it_is_pending() {
    let stall = Stall::open().await;
    let logo = stall.logo().await;
    let store = logo.strip_suffix("/logo").unwrap();
    stall.seller.call("DELETE", &logo, None).await.data(204);
    stall.upload_at(&logo, "image/png", &small_png()).await;
    stall.shop.drain_queues().await;
    assert!(stall.shop.guest().get(store).await.ok()["logo"].is_object());
    let edited = stall.seller.call("PATCH", store, Some(json!({ "name": "Brighter lamps" }))).await;
    assert_eq!(edited.ok(), stall.shop.guest().get(store).await.ok(), "an edit answers what the page shows");

    stall.upload_at(&logo, "image/png", &small_png()).await;
    stall.seller.call("DELETE", &logo, None).await.data(204);
    stall.shop.drain_queues().await;
    assert_eq!((stall.objects().len(), stall.seller.get(&logo).await.ok()), (0, &json!([])));
    let other = stall.shop.member("other", false).await;
    other.open_store("Others").await;
    other.call("DELETE", &logo, None).await.refused(404, &[("NOT_FOUND", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_checks_an_album_delays_no_change_of_it() {
    let stall = Stall::open().await;
    // The first write of each is in conflict with such a transaction.
    for writer in ["create-image", "publish-image", "delete-image"] {
        let image = stall.published().await;
        let hit = AtomicBool::new(false);
        stall.shop.aws.on(move |call| {
            let this = &*call.caller == writer && call.operation == "PutItem";
            if this && !hit.swap(true, Ordering::Relaxed) { Fault::Conflict(0) } else { Fault::None }
        });
        stall.published().await;
        assert_eq!(stall.delete(&image).await, 204, "{writer}");
        stall.shop.aws.no_faults();
        assert!(stall.shop.dead_letters().is_empty());
    }
    assert_eq!(stall.shown().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_picture_makes_room_at_once() {
    let stall = Stall::open().await;
    let mut image = String::new();
    for _ in 0..10 {
        image = stall.published().await;
    }
    assert_eq!(stall.delete(&image).await, 204);
    stall.upload("image/png", &small_png()).await;
    stall.shop.drain_queues().await;
    assert_eq!((stall.shown().await.len(), stall.objects().len()), (10, 30));
}

#[tokio::test(start_paused = true)]
async fn under_any_fault_a_redrive_leaves_no_deleted_picture() {
    for fault in [
        Fault::Crash(When::Before),
        Fault::Crash(When::After),
        Fault::Fail(When::Before),
        Fault::Throttle,
        Fault::Conflict(0),
    ] {
        for seed in seeds(6) {
            let stall = Stall::open().await;
            for _ in 0..3 {
                stall.published().await;
            }
            let hook = fault.clone();
            // One of ten calls fails, if it can; a deletion has nine calls.
            let random = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
            stall.shop.aws.on(move |call| {
                let this = &*call.caller == "delete-pictures" && call.can(&hook);
                if this && random.lock().unwrap().u8(..10) == 0 { hook.clone() } else { Fault::None }
            });
            stall.seller.call("DELETE", &stall.page, None).await.data(204);
            stall.shop.drain_queues().await;
            stall.shop.aws.no_faults();
            // A message that failed five times is dead-lettered.
            let operator = stall.shop.member("operator", true).await;
            operator.call("POST", "/admin/queues/pictures/redrive", None).await.data(202);
            stall.shop.drain_queues().await;
            assert_eq!(stall.objects(), [""; 0], "{fault:?}, seed {seed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_variant_shows_its_own_picture_until_that_is_deleted() {
    let boutique = Boutique::open().await;
    let (shop, seller, page) = (boutique.shop.clone(), boutique.seller.of(&boutique.shop), boutique.path());
    let stall = Stall { shop, seller, images: format!("{page}/images"), page };
    let first = stall.published().await;
    let second = stall.published().await;
    let red = boutique.variant("S-RM").await;
    let shown = async || {
        let page = boutique.shop.guest().get(&boutique.path()).await.ok().clone();
        page["variants"][0]["image_id"].as_str().map(str::to_owned)
    };
    let with = |image: &str| json!({ "image_id": image });
    boutique.edit_variant(&red, with(&second)).await.ok();
    assert_eq!(shown().await.as_ref(), Some(&second));
    let unknown = with("img_00000000000000000000000000");
    boutique.edit_variant(&red, unknown).await.refused(422, &[("INVALID", "image_id")]);
    boutique.edit_variant(&red, json!({ "image_id": null })).await.ok();
    assert_eq!(shown().await, None);
    boutique.edit_variant(&red, with(&second)).await.ok();
    assert_eq!(stall.delete(&second).await, 204);
    assert_eq!(shown().await, None, "without it, the product's pictures show the variant");
    boutique.edit_variant(&red, with(&second)).await.refused(422, &[("INVALID", "image_id")]);
    // A new variant can have one at once.
    let mut blue = variant("S-BL", json!({ "Colour": "Blue", "Size": "L" }), 9_00, 1);
    blue["image_id"] = json!(first);
    assert_eq!(boutique.add(vec![blue]).await.created()["variants"][3]["image_id"], first.as_str());
    boutique.shop.drain_queues().await;
}
