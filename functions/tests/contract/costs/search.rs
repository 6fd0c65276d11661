//! The cost of searches, and of the index.

use std::time::Duration;

use serde_json::json;

use super::{Ledger, Most, Row};
use crate::shop::world::Shop;

/// All rows. The index of these products is one pack, so it takes one read of the bucket.
pub async fn rows() -> Vec<Row> {
    let names: Vec<_> = (0..20).map(|number| format!("lamp {number}")).collect();
    let wares: Vec<_> = names.iter().map(|name| (name.as_str(), 15_00, 9)).collect();
    let (shop, products) = Shop::with_products(&wares).await;
    let (guest, seller) = (shop.guest(), shop.find("seller").await);
    // Every environment is warm.
    guest.get("/products/search?q=lamp").await.ok();
    guest.get("/products/suggest?q=la").await.ok();

    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    let search = || guest.get("/products/search?q=lamp");
    ledger.count("search, 20 of 20, again within 2 seconds", Most(1, 20.0, 0.0), search()).await;
    shop.clock.advance(Duration::from_secs(6));
    ledger.count("search, 20 of 20, with a look at the index", Most(3, 21.0, 0.0), search()).await;
    ledger.count("suggestions", Most(3, 21.0, 0.0), guest.get("/products/suggest?q=la")).await;
    for product in &products[..2] {
        let change = json!({ "brand": "Glow" });
        seller.call("PATCH", &format!("/products/{product}"), Some(change)).await.ok();
        shop.deliver_stream().await;
        let what = "the index learns of an edit";
        let indexed = shop.work_off("search");
        if *product == products[0] {
            ledger.count(what, Most(4, 3.0, 1.0), indexed).await;
        } else {
            indexed.await.unwrap();
        }
        shop.clock.advance(Duration::from_secs(6));
    }
    ledger.count("search, with a new snapshot", Most(4, 21.0, 0.0), search()).await;
    let again = shop.aws.queue("search");
    again.send(&json!({ "v": 1, "product": products[0] }).to_string());
    ledger.count("the index learns nothing new", Most(2, 3.0, 0.0), shop.work_off("search")).await;
    shop.drain_queues().await;
    ledger.rows
}
