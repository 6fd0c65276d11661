//! The numbers of items in the largest transactions. DynamoDB takes at most 100.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::json;

use super::{AT_ONCE, MOST, Tailor, shirt, variant};
use crate::shop::people::{PASSWORD, id, purchase};
use crate::shop::world::Shop;

/// The numbers of items in the transactions of some work, in their order.
async fn items_of<T>(shop: &Shop, work: impl Future<Output = T>) -> (T, Vec<usize>) {
    shop.aws.clear_calls();
    let done = work.await;
    let calls = shop.aws.calls();
    let sizes = calls.iter().map(|call| call.info.transaction_items()).filter(|items| *items > 0);
    (done, sizes.collect())
}

#[tokio::test(start_paused = true)]
async fn dynamodb_takes_a_hundred_items_in_a_transaction_and_no_more() {
    let shop = Shop::open();
    let client = Client::new(&shop.aws.quiet_config());
    let write = |number: u32| {
        let text = |text: String| AttributeValue::S(text);
        let put = Put::builder().table_name("Table").item("pk", text(format!("TEST#{number}")));
        let put = put.item("sk", text("TEST".to_owned())).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let send = |count| {
        let writes = (0..count).map(write).collect();
        client.transact_write_items().set_transact_items(Some(writes)).send()
    };
    send(100).await.unwrap();
    assert_eq!(send(101).await.unwrap_err().code(), Some("ValidationException"));
}

#[tokio::test(start_paused = true)]
async fn the_largest_checkout_has_74_items_and_its_cancel_52() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let category = id(admin.post("/categories", json!({ "name": "Shirts" })).await.created());
    let ann = shop.member("ann", false).await;
    // 10 stores sell 3 variants each, and 10 sell 2.
    for number in 0..20 {
        let seller = shop.member(&format!("seller{number}"), false).await;
        seller.post("/stores", json!({ "name": format!("Store {number}") })).await.created();
        let count: u64 = if number < 10 { 3 } else { 2 };
        let shirts: Vec<_> = (0..count).map(|number| shirt(number, 5)).collect();
        let product = json!({
            "name": "A shirt", "category_id": category, "options": super::options(10), "variants": shirts,
        });
        let product = id(seller.post("/products", product).await.created());
        for place in 0..u8::try_from(count).unwrap() {
            let item = json!({ "variant_id": variant(&product, place), "quantity": 1 });
            ann.post("/cart/items", item).await.ok();
        }
    }
    let (placed, items) = items_of(&shop, ann.post("/orders", purchase())).await;
    assert_eq!(placed.created()["lines"].as_array().unwrap().len(), 50);
    // Snapshot, contact and head, 20 pointers, the cart, and 50 stocks.
    assert_eq!(items, [3 + 20 + 1 + 50]);
    let cancel = json!({ "reason": "Too much." });
    let path = format!("/orders/{}/cancel", id(placed.created()));
    let (cancelled, items) = items_of(&shop, ann.call("POST", &path, Some(cancel))).await;
    cancelled.ok();
    // Head, reason, and 50 stocks.
    assert_eq!(items, [2 + 50]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn variants_are_added_with_at_most_80_items() {
    let tailor = Tailor::open().await;
    let shirts: Vec<_> = (0..AT_ONCE).map(|number| shirt(number, 5)).collect();
    let create = tailor.seller.post("/products", tailor.product(shirts));
    let (created, items) = items_of(&tailor.shop, create).await;
    let product = id(created.created());
    // The product, the check of its category, and 3 rows; stock, movement and SKU of each variant.
    assert_eq!(items, [5 + 25 * 3]);
    for from in [25, 50] {
        let shirts = (from..(from + AT_ONCE).min(55)).map(|number| shirt(number, 0));
        tailor.add(&product, shirts.collect()).await.created();
    }
    let shirts: Vec<_> = (55..MOST).map(|number| shirt(number, 5)).collect();
    let (added, items) = items_of(&tailor.shop, tailor.add(&product, shirts)).await;
    added.created();
    assert_eq!(items, [4 + 25 * 3]);
    let more = tailor.add(&product, vec![shirt(MOST, 5)]).await;
    more.refused(409, &[("TOO_MANY_VARIANTS", "")]);
    tailor.is_consistent("at the end").await;
}

#[tokio::test(start_paused = true)]
async fn edits_of_a_product_with_80_variants_have_at_most_89_items() {
    // In the worst case none is in stock, so each has to be checked.
    let tailor = Tailor::open().await;
    let product = tailor.sell((0..MOST).map(|_| 0)).await;
    let shop = &tailor.shop;
    let edit = async |change| {
        let (edited, items) = items_of(shop, tailor.edit(&product, change)).await;
        edited.ok();
        items
    };
    // The product, the checks of cover and new category, 4 rows, and 80 checks.
    assert_eq!(edit(json!({ "category_id": tailor.categories[1] })).await, [7 + 80]);
    // 6 rows.
    let hide = json!({ "is_active": false, "category_id": tailor.categories[0] });
    assert_eq!(edit(hide).await, [9 + 80]);
    assert_eq!(edit(json!({ "is_active": true })).await, [9 + 80]);
    // A new option is written into each variant.
    let page = tailor.seller.get(&format!("/products/{product}")).await;
    let mut options = page.ok()["options"].clone();
    options.as_array_mut().unwrap().push(json!({ "name": "Cut", "values": [{ "name": "Slim" }] }));
    let change = json!({
        "name": "Another shirt", "options": options, "category_id": tailor.categories[1],
        "is_active": false,
    });
    assert_eq!(edit(change).await, [9 + 80]);
    edit(json!({ "is_active": true })).await;
    tailor.is_consistent("after the edits").await;

    // The last unit of all goes. The product, its cover, 3 rows, and 80 checks.
    let last = variant(&product, 79);
    let moves = async |delta| {
        let change = json!({ "variant_id": last, "delta": delta });
        tailor.seller.post(&format!("/products/{product}/stock"), change).await.ok();
    };
    moves(1).await;
    shop.drain_queues().await;
    moves(-1).await;
    let table = shop.table_of("refresh-rows");
    let (refreshed, items) = items_of(shop, table.refresh_rows(product.parse().unwrap())).await;
    refreshed.unwrap();
    assert_eq!(items, [5 + 80]);

    // The only variant in stock goes, so all others are checked.
    moves(1).await;
    shop.drain_queues().await;
    let path = format!("/products/{product}/variants/{last}");
    let change = json!({ "is_active": false, "sku": "another" });
    let (edited, items) = items_of(shop, tailor.seller.call("PATCH", &path, Some(change))).await;
    edited.ok();
    // The product, 3 rows, the old and the new SKU, the variant, and 79 checks.
    assert_eq!(items, [4 + 2 + 80]);
    tailor.is_consistent("at the end").await;
}

#[tokio::test(start_paused = true)]
async fn a_product_with_80_variants_is_deleted_in_steps_of_at_most_99_items() {
    for (what, stock, steps) in [
        // Hidden, then without 15, 15 and 10 variants, then deleted with the other 40.
        ("none in stock", [0, 0], [89, 34, 34, 24, 43]),
        // The first removal empties the stock, so each of the other 65 is checked.
        ("the last in stock", [0, 1], [89, 99, 34, 24, 43]),
        ("all in stock", [1, 1], [89, 35, 35, 25, 43]),
    ] {
        let tailor = Tailor::open().await;
        let units = (0..MOST).map(|number| if number < 65 { stock[0] } else { stock[1] });
        let product = tailor.sell(units).await;
        let path = format!("/products/{product}");
        let (deleted, items) = items_of(&tailor.shop, tailor.seller.call("DELETE", &path, None)).await;
        deleted.data(204);
        assert_eq!(items, steps, "{what}");
        assert_eq!(tailor.reserved(), [].into(), "{what}");
        tailor.is_consistent(what).await;
        tailor.shop.drain_queues().await;
    }
    // One with 40 variants is deleted at once.
    let tailor = Tailor::open().await;
    let product = tailor.sell((0..40).map(|_| 1)).await;
    let path = format!("/products/{product}");
    let (deleted, items) = items_of(&tailor.shop, tailor.seller.call("DELETE", &path, None)).await;
    deleted.data(204);
    assert_eq!(items, [5 + 2 * 40]);
    tailor.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn large_products_of_a_closed_store_are_deleted_step_by_step() {
    let tailor = Tailor::open().await;
    tailor.sell((0..MOST).map(|_| 1)).await;
    let mut another: Vec<_> = (0..AT_ONCE).map(|number| shirt(number, 1)).collect();
    for (number, shirt) in another.iter_mut().enumerate() {
        shirt["sku"] = json!(format!("another-{number}"));
    }
    tailor.seller.post("/products", tailor.product(another)).await.created();
    let shop = &tailor.shop;
    shop.drain_queues().await;
    let password = json!({ "password": PASSWORD });
    tailor.seller.call("DELETE", "/users/me", Some(password)).await.data(204);
    let mut steps = Vec::new();
    while !shop.aws.queue("erasures").is_empty() {
        shop.aws.clear_calls();
        shop.work_off("erasures").await.unwrap();
        // A worker has 10 seconds, so it does one step for each product.
        let calls = shop.aws.calls();
        steps.push(calls.iter().filter(|call| call.info.transaction_items() > 20).count());
    }
    steps.retain(|count| *count > 0);
    assert_eq!(steps, [2, 1, 1, 1, 1]);
    assert_eq!(tailor.reserved(), [].into());
    tailor.is_consistent("at the end").await;
    shop.drain_queues().await;
}
