//! The covers of products in lists.

use serde_json::{Value, json};

use crate::areas::catalogue::images::Stall;
use crate::areas::catalogue::listings::are_true;
use crate::shop::world::{seeds, together};

impl Stall {
    /// The id of the image that the lists show.
    async fn thumbnail(&self) -> Option<String> {
        self.shop.follow_stream().await;
        let everybody = self.shop.guest().get("/products?sort=price_asc").await.ok()[0]["thumbnail"].clone();
        let own = self.shop.again(&self.seller).get("/seller/products").await.ok()[0]["thumbnail"].clone();
        assert_eq!(own, everybody);
        let small = everybody.as_str()?.split("/public/").nth(1)?.strip_suffix("/200");
        Some(small.expect("it is the smallest").to_owned())
    }

    async fn edit(&self, change: Value) -> Value {
        self.shop.again(&self.seller).call("PATCH", &self.page, Some(change)).await.ok().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_shows_the_first_picture_that_is_published() {
    let stall = Stall::open().await;
    assert_eq!(stall.thumbnail().await, None);
    let first = stall.published().await;
    assert_eq!(stall.thumbnail().await.as_ref(), Some(&first));
    stall.shop.clock.advance(std::time::Duration::from_secs(1));
    let second = stall.published().await;
    assert_eq!(stall.thumbnail().await.as_ref(), Some(&first));

    let edited = stall.edit(json!({ "is_active": false })).await;
    assert_eq!(edited["images"].as_array().unwrap().len(), 2, "an edit answers what the page shows");
    let edited = stall.edit(json!({ "is_active": true, "name": "A better lamp" })).await;
    assert_eq!(&edited, stall.shop.guest().get(&stall.page).await.ok());
    assert_eq!(stall.thumbnail().await.as_ref(), Some(&first));

    assert_eq!(stall.delete(&first).await, 204);
    assert_eq!(stall.thumbnail().await, Some(second.clone()));
    assert_eq!(stall.delete(&second).await, 204);
    assert_eq!(stall.thumbnail().await, None);
    are_true(&stall.shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_pending_picture_writes_to_no_list() {
    let stall = Stall::open().await;
    stall.published().await;
    stall.shop.follow_stream().await;
    stall.shop.aws.clear_calls();
    stall.shop.clock.advance(std::time::Duration::from_secs(1));
    let second = stall.published().await;
    assert_eq!(stall.delete(&second).await, 204);
    stall.shop.follow_stream().await;
    let calls = stall.shop.aws.calls();
    assert_eq!(calls.iter().filter(|call| &*call.info.caller == "refresh-rows").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_row_shows_the_cover_at_the_time_of_its_write() {
    for is_published in [true, false] {
        let stall = Stall::open().await;
        let shop = &stall.shop;
        let before = if is_published { None } else { Some(stall.published().await) };
        stall.edit(json!({ "is_active": false })).await;
        shop.follow_stream().await;
        // The album changes between its read and the write of the rows, after the present rows were
        // refreshed.
        let edit = stall.edit(json!({ "is_active": true }));
        let change = async {
            match &before {
                None => drop(stall.published().await),
                Some(image) => assert_eq!(stall.delete(image).await, 204),
            }
            shop.follow_stream().await;
        };
        Box::pin(shop.meanwhile(("LIST#", "cover"), edit, change)).await;
        are_true(shop, if is_published { "published meanwhile" } else { "deleted meanwhile" });
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_stream_record_shows_the_present_cover() {
    for seed in seeds(12) {
        let stall = Stall::open().await;
        let mut images = Vec::new();
        for _ in 0..4 {
            images.push(stall.published().await);
        }
        images.sort();
        images.pop();
        let (lamp, table) = (stall.page.rsplit('/').next().unwrap(), stall.shop.table_of("refresh-rows"));
        stall.shop.aws.interleave_by(seed);
        together(images.iter().map(async |image| {
            assert_eq!(stall.delete(image).await, 204);
            table.refresh_rows(lamp.parse().unwrap()).await.unwrap();
        }))
        .await;
        are_true(&stall.shop, &format!("seed {seed}"));
    }
}
