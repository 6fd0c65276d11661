//! The cost of pages.

use super::{Ledger, Most, Row};
use crate::shop::world::Shop;

/// All rows, in warm environments.
pub async fn rows() -> Vec<Row> {
    let names: Vec<_> = (0..12).map(|number| format!("lamp {number}")).collect();
    let wares: Vec<_> = names.iter().map(|name| (name.as_str(), 15_00, 9)).collect();
    let (shop, products) = Shop::with_products(&wares).await;
    shop.drain_queues().await;
    let guest = shop.guest();
    let shown = guest.get(&format!("/products/{}", products[0])).await;
    let id = |name: &str| shown.ok()[name].as_str().unwrap().to_owned();
    let pages = [
        ("page: front, 12 products", "/".to_owned(), Most(1, 2.0, 0.0)),
        ("page: product", format!("/p/{}", products[0]), Most(1, 0.5, 0.0)),
        ("page: store, 12 products", format!("/s/{}", id("store_id")), Most(1, 2.0, 0.0)),
        ("page: category, 12 products", format!("/c/{}", id("category_id")), Most(2, 12.0, 0.0)),
        ("page: search, 12 products", "/search?q=lamp".to_owned(), Most(2, 12.0, 0.0)),
        ("page: one that a script fills", "/basket".to_owned(), Most(0, 0.0, 0.0)),
    ];
    for (_, path, _) in &pages {
        assert_eq!(guest.call_root("GET", path, None).await.status, 200, "{path}");
    }
    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    for (what, path, most) in pages {
        ledger.count(what, most, guest.call_root("GET", &path, None)).await;
    }
    ledger.rows
}
