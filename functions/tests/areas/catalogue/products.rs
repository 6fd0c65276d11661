//! Categories and products, and changes by their owners.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::VariantId;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use testkit::{Fault, When};
use tokio::sync::Notify;

use crate::areas::cart::carts::edit_stock;
use crate::areas::catalogue::listings;
use crate::shop::people::{PASSWORD, Person, id};
use crate::shop::world::{Answer, Shop, seeds, together};

/// The body with which a seller creates a product.
pub fn product(sku: &str, category: &str) -> Value {
    json!({
        "name": format!("A {sku}"), "sku": sku, "price": { "amount": 15_00, "currency": "USD" },
        "category_id": category, "stock": 3,
    })
}

impl Person {
    async fn edit(&self, product: &str, change: Value) -> Answer {
        self.call("PATCH", &format!("/products/{product}"), Some(change)).await
    }

    async fn put_category(&self, category: &str, entry: Value) -> Answer {
        self.call("PUT", &format!("/categories/{category}"), Some(entry)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    async fn new_category(&self, name: &str, parent: Option<&str>) -> String {
        id(self.post("/categories", json!({ "name": name, "parent_id": parent })).await.created())
    }
}

#[tokio::test(start_paused = true)]
async fn a_category_is_renamed_and_moved_but_never_below_itself() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let top = admin.new_category("Top", None).await;
    let middle = admin.new_category("Middle", Some(&top)).await;
    let leaf = admin.new_category("Leaf", Some(&middle)).await;

    let renamed = admin.put_category(&middle, json!({ "name": "Centre", "parent_id": top })).await;
    assert_eq!((&renamed.ok()["name"], &renamed.ok()["parent_id"]), (&json!("Centre"), &json!(top)));
    let path = format!("/categories/{middle}");
    let stale = admin.if_match("PUT", &path, "\"1\"", json!({ "name": "Middle" })).await;
    stale.refused(412, &[("VERSION_MISMATCH", "")]);
    let tag = renamed.headers["etag"].as_str();
    let moved = admin.if_match("PUT", &path, tag, json!({ "name": "Centre" })).await;
    assert_eq!(moved.ok()["parent_id"], Value::Null);
    // Its old name is free.
    admin.new_category("middle", None).await;

    let below = |parent: &str| json!({ "name": "Centre", "parent_id": parent });
    for parent in [&middle, &leaf] {
        admin.put_category(&middle, below(parent)).await.refused(422, &[("INVALID", "parent_id")]);
    }
    let nowhere = "cat_00000000000000000000000000";
    admin.put_category(&middle, below(nowhere)).await.refused(422, &[("INVALID", "parent_id")]);
    admin.put_category(&leaf, json!({ "name": "top" })).await.refused(409, &[("NAME_TAKEN", "name")]);
    admin.put_category(nowhere, json!({ "name": "None" })).await.refused(404, &[("NOT_FOUND", "")]);
    let odd = json!({ "name": null, "depth": 1 });
    admin.put_category(&leaf, odd).await.refused(422, &[("UNKNOWN_FIELD", "depth"), ("INVALID", "name")]);

    // A category can have at most twenty levels above it.
    let mut parent = leaf;
    for level in 2..=20 {
        parent = admin.new_category(&format!("Level {level}"), Some(&parent)).await;
    }
    let deeper = json!({ "name": "Level 21", "parent_id": parent });
    admin.post("/categories", deeper).await.refused(422, &[("INVALID", "parent_id")]);
    admin
        .put_category(&top, json!({ "name": "Top", "parent_id": parent }))
        .await
        .refused(422, &[("INVALID", "parent_id")]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_moves_of_categories_make_no_circle() {
    for seed in seeds(8) {
        let shop = Shop::open();
        let admin = shop.member("admin", true).await;
        let mut ids = Vec::new();
        for name in ["One", "Two", "Three"] {
            ids.push(admin.new_category(name, None).await);
        }
        shop.aws.interleave_by(seed);
        let moves = [(0, "One", 1), (1, "Two", 2), (2, "Three", 0)];
        let answers = together(moves.map(|(category, name, parent)| {
            admin.put_category(&ids[category], json!({ "name": name, "parent_id": ids[parent] }))
        }));
        let refused = answers.await.iter().filter(|answer| answer.status == 422).count();
        assert_eq!(refused, 1, "seed {seed}: two of three moves make no circle");
    }
}

#[tokio::test(start_paused = true)]
async fn a_category_that_is_not_empty_cannot_be_deleted() {
    let shop = Shop::open();
    let (admin, seller) = (shop.member("admin", true).await, shop.member("seller", false).await);
    seller.open_store("Lamps").await;
    let lamps = admin.new_category("Lamps", None).await;
    let tables = admin.new_category("Tables", Some(&lamps)).await;
    let path = |category: &str| format!("/categories/{category}");
    admin.delete(&path(&lamps)).await.refused(409, &[("CATEGORY_IN_USE", "")]);
    let mut hidden = product("a", &tables);
    hidden["is_active"] = json!(false);
    let lamp = id(seller.post("/products", hidden).await.created());
    admin.delete(&path(&tables)).await.refused(409, &[("CATEGORY_IN_USE", "")]);
    // A refused deletion has not closed it, and has not changed it.
    let other = id(seller.post("/products", product("b", &tables)).await.created());
    admin
        .if_match("PUT", &path(&tables), "\"1\"", json!({ "name": "Tables", "parent_id": lamps }))
        .await
        .ok();

    seller.edit(&lamp, json!({ "category_id": lamps })).await.ok();
    seller.delete(&format!("/products/{other}")).await.data(204);
    admin.delete(&path(&tables)).await.data(204);
    admin.delete(&path(&tables)).await.refused(404, &[("NOT_FOUND", "")]);
    seller.post("/products", product("c", &tables)).await.refused(422, &[("INVALID", "category_id")]);
    seller.edit(&lamp, json!({ "category_id": tables })).await.refused(422, &[("INVALID", "category_id")]);
    admin.new_category("tables", None).await;
    admin.delete(&path(&lamps)).await.refused(409, &[("CATEGORY_IN_USE", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_category_never_holds_anything() {
    let mut ends = std::collections::BTreeSet::new();
    for seed in seeds(32) {
        let shop = Shop::open();
        let (admin, seller) = (shop.member("admin", true).await, shop.member("seller", false).await);
        seller.open_store("Lamps").await;
        let (going, other) =
            (admin.new_category("Going", None).await, admin.new_category("Other", None).await);
        let lamp = id(seller.post("/products", product("lamp", &other)).await.created());
        shop.aws.interleave_by(seed);
        // The bits of the seed choose which of the four run.
        let some = |bit: u64, act: futures_util::future::LocalBoxFuture<'static, Answer>| async move {
            if seed & bit == bit { Some(act.await) } else { None }
        };
        let (path, below) = (format!("/categories/{going}"), json!({ "name": "Other", "parent_id": going }));
        let call = |person: &Person, method: &'static str, path: String, body: Value| {
            let person = person.clone();
            async move { person.call(method, &path, Some(body)).await }.boxed_local()
        };
        let child = json!({ "name": "Child", "parent_id": going });
        let moved = json!({ "category_id": going });
        let (deleted, again, inside) = tokio::join!(
            admin.delete(&path),
            admin.delete(&path),
            together([
                some(1, call(&seller, "POST", "/products".to_owned(), product("new", &going))),
                some(2, call(&seller, "PATCH", format!("/products/{lamp}"), moved)),
                some(4, call(&admin, "POST", "/categories".to_owned(), child)),
                some(8, call(&admin, "PUT", format!("/categories/{other}"), below)),
            ]),
        );
        let is_gone = [&deleted, &again].iter().any(|answer| answer.status == 204);
        let inside: Vec<_> = inside.into_iter().flatten().map(|answer| answer.status).collect();
        for status in &inside {
            assert!(matches!(status, 200 | 201 | 422 | 503), "seed {seed}: {status}");
            assert!(!is_gone || *status > 201, "seed {seed}: the deleted category holds something");
        }
        // What is left can still be used.
        if !is_gone {
            seller.post("/products", product("later", &going)).await.created();
        }
        if !inside.is_empty() {
            ends.insert(is_gone);
        }
    }
    assert_eq!(ends.len(), 2, "it never went both ways");
}

#[tokio::test(start_paused = true)]
async fn nothing_enters_a_category_while_it_is_deleted() {
    let shop = Shop::open();
    let (admin, seller) = (shop.member("admin", true).await, shop.member("seller", false).await);
    seller.open_store("Lamps").await;
    let category = admin.new_category("Going", None).await;
    let other = admin.new_category("Other", None).await;
    // The deletion has found nothing, and is about to delete.
    shop.aws.on(|call| match (&*call.caller, call.operation.as_str()) {
        ("delete-category", "TransactWriteItems") => Fault::Crash(When::Before),
        _ => Fault::None,
    });
    admin.try_call("DELETE", &format!("/categories/{category}"), &[], None).await.unwrap_err();
    shop.aws.no_faults();
    seller.post("/products", product("a", &category)).await.refused(422, &[("INVALID", "category_id")]);
    let child = json!({ "name": "Child", "parent_id": category });
    admin.post("/categories", child.clone()).await.refused(422, &[("INVALID", "parent_id")]);
    let below = json!({ "name": "Other", "parent_id": category });
    admin.put_category(&other, below).await.refused(422, &[("INVALID", "parent_id")]);
    shop.clock.advance(Duration::from_mins(2));
    shop.again(&seller).post("/products", product("a", &category)).await.created();
    shop.again(&admin).post("/categories", child).await.created();
}

#[tokio::test(start_paused = true)]
async fn a_category_is_kept_when_its_product_is_hidden_and_shown_meanwhile() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let (admin, seller) = (shop.member("admin", true).await, shop.find("seller").await);
    let page = seller.get(&format!("/products/{}", products[0])).await;
    let category = page.ok()["category_id"].as_str().unwrap().to_owned();
    // The first read misses the product that is shown, because it is hidden by then; the second read misses
    // the hidden one.
    let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (looks, shown, hidden) = (format!("LIST#{category}"), AtomicUsize::new(0), AtomicUsize::new(0));
    let late = (Arc::clone(&first), Arc::clone(&second));
    shop.aws.on(move |call| {
        let asks = call.request.to_string();
        if !asks.contains(&looks) {
            return Fault::None;
        }
        let (told, is_late) = match (&*call.caller, asks.contains("#HIDDEN")) {
            ("delete-category", false) => (&late.0, shown.fetch_add(1, Ordering::Relaxed) < 2),
            ("delete-category", true) => (&late.1, (2..4).contains(&hidden.fetch_add(1, Ordering::Relaxed))),
            _ => return Fault::None,
        };
        if is_late {
            told.notify_one();
            return Fault::Hang(When::Before);
        }
        Fault::None
    });
    let flips = async {
        first.notified().await;
        seller.edit(&products[0], json!({ "is_active": false })).await.ok();
        second.notified().await;
        seller.edit(&products[0], json!({ "is_active": true })).await.ok();
    };
    let path = format!("/categories/{category}");
    let (deleted, ()) = Box::pin(async { tokio::join!(admin.delete(&path), flips) }).await;
    deleted.refused(409, &[("CATEGORY_IN_USE", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_seller_sees_a_hidden_product_of_their_own() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let (seller, other) = (shop.find("seller").await, shop.member("other", false).await);
    other.open_store("Others").await;
    let hidden = seller.edit(&products[0], json!({ "is_active": false, "sku": "draft" })).await;
    shop.guest().get(&format!("/products/{}", products[0])).await.refused(404, &[("NOT_FOUND", "")]);
    let path = format!("/seller/products/{}", products[0]);
    for person in [&seller, &shop.member("admin", true).await] {
        let seen = person.get(&path).await;
        assert_eq!((seen.ok(), &seen.headers["etag"]), (hidden.ok(), &hidden.headers["etag"]));
    }
    other.get(&path).await.refused(404, &[("NOT_FOUND", "")]);
    seller.call("DELETE", &format!("/products/{}", products[0]), None).await.data(204);
    seller.get(&path).await.refused(404, &[("NOT_FOUND", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_crashes_can_be_repeated_and_locks_nobody_out_for_long() {
    for call in 1..30 {
        for when in [When::Before, When::After] {
            let shop = Shop::open();
            let (admin, seller) = (shop.member("admin", true).await, shop.member("seller", false).await);
            seller.open_store("Lamps").await;
            let category = admin.new_category("Going", None).await;
            let path = format!("/categories/{category}");
            admin.get("/categories").await.ok();
            shop.start("delete-category").await;
            shop.aws.clear_calls();
            shop.aws.fault_nth(call, Fault::Crash(when));
            let died = admin.try_call("DELETE", &path, &[], None).await.is_err();
            shop.aws.no_faults();
            if !died {
                assert!(call > 5, "a deletion has more calls");
                return;
            }
            if call % 2 == 0 {
                assert!(matches!(admin.delete(&path).await.status, 204 | 404), "{call} {when:?}");
                continue;
            }
            shop.clock.advance(Duration::from_mins(2));
            let (admin, seller) = (shop.again(&admin), shop.again(&seller));
            let is_there = !admin.get("/categories").await.ok().as_array().unwrap().is_empty();
            let made = seller.post("/products", product("lamp", &category)).await.status;
            assert_eq!(made, if is_there { 201 } else { 422 }, "{call} {when:?}");
        }
    }
    panic!("a deletion takes more than 30 calls");
}

#[tokio::test(start_paused = true)]
async fn a_product_changes_only_in_named_fields_and_by_its_merchant() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3), ("desk", 99_00, 1)]).await;
    shop.sell("rival", &[("vase", 9_00, 1)]).await;
    let (seller, rival) = (shop.find("seller").await, shop.find("rival").await);
    let admin = shop.member("admin", true).await;
    let lamp = products[0].as_str();
    let path = format!("/products/{lamp}");
    let full = json!({ "brand": "Arc", "description": "Bright", "name": "Lamp", "sku": "L-1" });
    seller.edit(lamp, full).await.ok();

    let before = shop.guest().get(&path).await.ok().clone();
    let edited = seller.edit(lamp, json!({ "price": { "amount": 12_00, "currency": "USD" } })).await;
    let mut expected = before.clone();
    expected["price"]["amount"] = json!(12_00);
    expected["variants"][0]["price"]["amount"] = json!(12_00);
    assert_eq!(shop.guest().get(&path).await.ok(), &expected);
    assert_eq!(edited.ok(), &expected);
    let cleared = admin.edit(lamp, json!({ "brand": null, "description": null })).await;
    assert_eq!((&cleared.ok()["brand"], &cleared.ok()["description"]), (&Value::Null, &Value::Null));
    assert_eq!(cleared.ok()["name"], "Lamp");
    seller.edit(lamp, json!({})).await.ok();

    let odd = json!({
        "name": null, "sku": "", "price": { "amount": 1.5, "currency": "USD" }, "category_id": null,
        "is_active": null, "stock": 5, "version": 1,
    });
    seller.edit(lamp, odd).await.refused(
        422,
        &[
            ("UNKNOWN_FIELD", "stock"),
            ("UNKNOWN_FIELD", "version"),
            ("INVALID", "name"),
            ("REQUIRED", "sku"),
            ("INVALID", "price.amount"),
            ("INVALID", "category_id"),
            ("INVALID", "is_active"),
        ],
    );
    for amount in [0, -1, i64::MAX] {
        let price = json!({ "price": { "amount": amount, "currency": "USD" } });
        seller.edit(lamp, price).await.refused(422, &[("OUT_OF_RANGE", "price.amount")]);
    }
    let foreign = json!({ "price": { "amount": 5, "currency": "EUR" } });
    seller.edit(lamp, foreign).await.refused(422, &[("INVALID", "price.currency")]);
    let nowhere = json!({ "category_id": "cat_00000000000000000000000000" });
    seller.edit(lamp, nowhere).await.refused(422, &[("INVALID", "category_id")]);
    seller.edit(lamp, json!({ "sku": "DESK" })).await.refused(409, &[("SKU_TAKEN", "sku")]);
    // Its old SKU is free, in another case too.
    seller.edit(&products[1], json!({ "sku": "Lamp" })).await.ok();
    for change in [json!({}), json!({ "name": "Mine" })] {
        rival.edit(lamp, change).await.refused(404, &[("NOT_FOUND", "")]);
    }
    shop.member("ann", false).await.edit(lamp, json!({})).await.refused(403, &[("FORBIDDEN", "")]);

    seller.edit(lamp, json!({ "is_active": false })).await.ok();
    shop.guest().get(&path).await.refused(404, &[("NOT_FOUND", "")]);
    seller.edit(lamp, json!({ "is_active": true })).await.ok();
    assert_eq!(shop.guest().get(&path).await.ok()["available"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_sale_shows_in_the_tag_and_refuses_no_edit() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let (seller, ann) = (shop.find("seller").await, shop.member("ann", false).await);
    let path = format!("/products/{}", products[0]);
    let seen = shop.guest().get(&path).await.headers["etag"].clone();
    let held = [("if-none-match", seen.as_str())];
    assert_eq!(shop.guest().call_with("GET", &path, &held, None).await.status, 304);
    ann.add_to_cart(&products[0], 1).await.ok();
    ann.place_order().await.created();
    assert_eq!(shop.guest().call_with("GET", &path, &held, None).await.ok()["available"], 2);

    let dearer = json!({ "price": { "amount": 16_00, "currency": "USD" } });
    let edited = seller.if_match("PATCH", &path, &seen, dearer.clone()).await;
    assert_eq!(edited.ok()["price"]["amount"], 16_00);
    // The tag of an edit's answer is as good for the next edit as the page's tag.
    let next = json!({ "price": { "amount": 17_00, "currency": "USD" } });
    seller.if_match("PATCH", &path, &edited.headers["etag"], next).await.ok();
    seller.if_match("PATCH", &path, &seen, dearer).await.refused(412, &[("VERSION_MISMATCH", "")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_product_is_only_in_old_orders() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3), ("desk", 99_00, 3)]).await;
    let (seller, ann) = (shop.find("seller").await, shop.member("ann", false).await);
    let lamp = products[0].as_str();
    let path = format!("/products/{lamp}");
    ann.add_to_cart(lamp, 1).await.ok();
    let order = id(ann.place_order().await.created());
    ann.add_to_cart(lamp, 1).await.ok();
    shop.sell("rival", &[("vase", 9_00, 1)]).await;
    shop.find("rival").await.delete(&path).await.refused(404, &[("NOT_FOUND", "")]);

    seller.delete(&path).await.data(204);
    let gone = [("NOT_FOUND", "")];
    seller.delete(&path).await.refused(404, &gone);
    seller.edit(lamp, json!({ "is_active": true })).await.refused(404, &gone);
    seller.get(&format!("{path}/stock")).await.refused(404, &gone);
    seller.post(&format!("{path}/stock"), json!({ "delta": 1 })).await.refused(404, &gone);
    shop.guest().get(&path).await.refused(404, &gone);
    ann.add_to_cart(lamp, 1).await.refused(404, &gone);
    assert_eq!(ann.get("/cart").await.ok()["items"][0]["unavailable"], true);
    ann.place_order().await.refused(409, &[("NO_LONGER_SOLD", lamp)]);
    let listed = shop.guest().get("/products").await;
    assert!(listed.ok().as_array().unwrap().iter().all(|row| row["id"] != lamp));

    // Its SKU is free. The order still shows the product, and returned units go to its stock.
    let category = listed.ok()[0]["category_id"].as_str().unwrap().to_owned();
    seller.post("/products", product("LAMP", &category)).await.created();
    assert_eq!(ann.order(&order).await.ok()["lines"][0]["name"], "A lamp");
    ann.cancel(&order).await.ok();
    let left = shop.table().stock_now(VariantId::first_of(lamp.parse().unwrap())).await.unwrap().unwrap();
    assert_eq!((left.on_hand, left.received, left.sellable), (3, 3, false));
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_administrator_names_the_store_of_a_new_product() {
    let shop = Shop::open();
    let (admin, ann) = (shop.member("admin", true).await, shop.member("ann", false).await);
    let (ben, eve) = (shop.member("ben", false).await, shop.member("eve", false).await);
    let own = ann.open_store("Ann's").await;
    let other = ben.open_store("Ben's").await;
    let closed = eve.open_store("Eve's").await;
    eve.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    let category = admin.new_category("Lamps", None).await;
    let of = |sku: &str, store: &str| {
        let mut product = product(sku, &category);
        product["store_id"] = json!(store);
        product
    };
    admin.post("/products", product("a", &category)).await.refused(422, &[("REQUIRED", "store_id")]);
    for missing in [closed.as_str(), "sto_00000000000000000000000000"] {
        admin.post("/products", of("a", missing)).await.refused(404, &[("NOT_FOUND", "")]);
    }
    assert_eq!(admin.post("/products", of("a", &own)).await.created()["store_id"], own.as_str());
    assert_eq!(ann.post("/products", of("b", &own)).await.created()["store_id"], own.as_str());
    ann.post("/products", of("c", &other)).await.refused(404, &[("NOT_FOUND", "")]);
    ann.post("/products", of("A", &own)).await.refused(409, &[("SKU_TAKEN", "sku")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_edits_do_not_undo_each_other() {
    for seed in seeds(4) {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3), ("desk", 99_00, 1)]).await;
        let seller = shop.find("seller").await;
        shop.aws.interleave_by(seed);
        let changes = [
            json!({ "name": "Lamp" }),
            json!({ "brand": "Arc" }),
            json!({ "sku": "L-1" }),
            json!({ "price": { "amount": 1, "currency": "USD" } }),
            json!({ "is_active": false }),
        ];
        for answer in together(changes.map(|change| seller.edit(&products[0], change))).await {
            answer.ok();
        }
        let lamp = seller.edit(&products[0], json!({})).await;
        let lamp = lamp.ok();
        assert_eq!(
            (&lamp["name"], &lamp["brand"], &lamp["sku"]),
            (&json!("Lamp"), &json!("Arc"), &json!("L-1"))
        );
        assert_eq!((&lamp["price"]["amount"], &lamp["is_active"]), (&json!(1), &json!(false)), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_does_not_undo_a_price_that_the_stock_does_not_show_yet() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let seller = shop.find("seller").await;
    // A query can run between the writes of a transaction.
    edit_stock(&shop, &products[0], "price", AttributeValue::N("1400".to_owned())).await;
    let lamp = seller.edit(&products[0], json!({ "name": "Lamp" })).await;
    assert_eq!(lamp.ok()["price"]["amount"], 15_00);
    assert_eq!(shop.guest().get(&format!("/products/{}", products[0])).await.ok()["price"]["amount"], 15_00);
    listings::are_true(&shop, "at the end");
}
