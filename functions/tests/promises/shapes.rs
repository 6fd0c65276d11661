//! Items of every released shape stay readable: nothing migrates the table.
//!
//! `shapes/<shape>.json` is the whole table of a small shop as that release left it. A release with a new
//! shape adds a file, and never changes an old one: `UPDATE=1 cargo test --workspace --test functions --
//! shapes` writes the file of the present shape if it is missing.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use image::ImageFormat;
use serde_json::{Map, Value, json};
use shop::examine;

use crate::contract::openapi::is_update;
use crate::shop::boutique;
use crate::shop::goods::item;
use crate::shop::outside::file;
use crate::shop::people::id;
use crate::shop::world::Shop;
use crate::tree;

const FOLDER: &str = "functions/tests/promises/shapes";

/// The shape that this release writes.
const SHAPE: &str = "2";

type Item = HashMap<String, AttributeValue>;

#[tokio::test(start_paused = true)]
async fn a_shop_that_each_older_release_left_is_read_and_goes_on() {
    if is_update() && !tree::root().join(format!("{FOLDER}/{SHAPE}.json")).exists() {
        write(&a_day(true).await).await;
    }
    for name in tree::entries(FOLDER) {
        let fixture: Value = serde_json::from_str(&tree::read(&format!("{FOLDER}/{name}"))).unwrap();
        let shop = Shop::open();
        shop.clock.set(Timestamp::from_millis(fixture["now"].as_i64().unwrap()));
        for item in fixture["items"].as_array().unwrap() {
            put(&shop, item_of(item)).await;
        }
        let report = examine(&shop.table(), 10_000, |_| {}).await.unwrap();
        assert!(report.findings.is_empty(), "{name}: {:?}", report.findings);

        let ann = shop.log_in("ann@example.com").await;
        assert_eq!(ann.get("/auth/sessions").await.ok().as_array().unwrap().len(), 3, "{name}");
        assert_eq!(ann.get("/users/me/addresses").await.ok().as_array().unwrap().len(), 1, "{name}");
        let orders = ann.get("/orders").await;
        let statuses: Vec<_> = orders.ok().as_array().unwrap().iter().map(|order| &order["status"]).collect();
        assert_eq!(statuses, ["cancelled", "delivered"], "{name}");
        let cart = ann.get("/cart").await;
        let lamp = id(&json!({ "id": cart.ok()["items"][0]["product_id"] }));
        let page = shop.guest().get(&format!("/products/{lamp}")).await;
        let (rating, images) = (&page.ok()["rating"], page.ok()["images"].as_array().unwrap());
        assert_eq!((&rating["count"], images.len()), (&json!(1), 1), "{name}: {:#}", page.body);
        // The first shape is older than variants.
        let products = if name == "1.json" { 2 } else { 3 };
        assert_eq!(shop.guest().get("/products").await.ok().as_array().unwrap().len(), products, "{name}");
        let order = id(ann.place_order().await.created());
        shop.drain_queues().await;
        assert_eq!(ann.order(&order).await.ok()["status"], "delivered", "{name}");
        let report = examine(&shop.table(), 10_000, |_| {}).await.unwrap();
        assert!(report.findings.is_empty(), "{name}: {:?}", report.findings);
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_newer_release_is_refused_and_left_as_it_is() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let seller = shop.find("seller").await;
    let table = Client::new(&shop.aws.quiet_config());
    let key = |name: &str| AttributeValue::S(name.to_owned());
    let newer = table.update_item().table_name("Table").key("pk", key(&format!("PRODUCT#{}", products[0])));
    let newer = newer.key("sk", key("PRODUCT")).update_expression("SET v = :v");
    newer.expression_attribute_values(":v", AttributeValue::N("3".to_owned())).send().await.unwrap();
    let path = format!("/products/{}", products[0]);
    let renamed = seller.call("PATCH", &path, Some(json!({ "name": "Old words" }))).await;
    assert_eq!(renamed.status, 500, "{:#}", renamed.body);
    let stored = items(&shop).await;
    let stored = stored.iter().find(|item| item.get("sk") == Some(&key("PRODUCT"))).unwrap();
    assert_eq!((&stored["name"], &stored["v"]), (&key("A lamp"), &AttributeValue::N("3".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_plain_products_write_can_be_read_by_the_release_before() {
    let before: Value = serde_json::from_str(&tree::read(&format!("{FOLDER}/1.json"))).unwrap();
    let known: BTreeSet<_> = before["items"].as_array().unwrap().iter().flat_map(attributes).collect();
    for item in items(&a_day(false).await).await {
        let item = json_of(&item);
        // The release before does not read the index of products.
        if item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("SEARCH#")) {
            continue;
        }
        let shape = item.get("v").map_or("1", |shape| shape["N"].as_str().unwrap());
        assert_eq!(shape, "1", "{item:#}");
        let new: Vec<_> = attributes(&item).into_iter().filter(|name| !known.contains(name)).collect();
        assert!(new.is_empty(), "{new:?} is new in {item:#}");
    }
}

/// The names of all attributes of an item, behind the kind of the item, without ids and values.
fn attributes(item: &Value) -> BTreeSet<String> {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let kind = |text: &str| text.split(['#', '_']).next().unwrap_or_default().to_owned();
    let mut names = BTreeSet::new();
    let sk = text("sk");
    let sk = if sk.starts_with(|first: char| first.is_ascii_digit()) { String::new() } else { kind(&sk) };
    below(&format!("{} {sk}", kind(&text("pk"))), item, &mut names);
    names
}

fn below(path: &str, json: &Value, names: &mut BTreeSet<String>) {
    for (name, value) in json.as_object().unwrap() {
        // What stands behind a # is an id, and so is a part of 26 characters.
        let name = name.split('#').next().unwrap_or_default();
        let parts: Vec<_> = name.split('_').filter(|part| part.len() != 26).collect();
        let path = format!("{path}.{}", parts.join("_"));
        let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "M" => below(&path, inner, names),
            "L" => {
                for entry in inner.as_array().unwrap().iter().filter(|entry| entry["M"].is_object()) {
                    below(&path, &entry["M"], names);
                }
            }
            _ => drop(names.insert(path)),
        }
    }
}

/// A day of a small shop, with an item of each kind that lasts; also with variants, if `varied`.
async fn a_day(varied: bool) -> Shop {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 20), ("shade", 4_00, 1)]).await;
    let (lamp, shade) = (products[0].as_str(), products[1].as_str());
    let seller = shop.find("seller").await;
    let images = format!("/products/{lamp}/images");
    let png = file(1, 1, [200, 60, 40], ImageFormat::Png);
    let offer = seller.post(&images, json!({ "content_type": "image/png", "size": png.len() })).await;
    shop.aws.upload(&offer.created()["upload"]["fields"], "image/png", &png).unwrap();
    let delivery = json!({ "delta": 5, "reason": "delivery" });
    let key = [("idempotency-key", "delivery-1")];
    seller.call_with("POST", &format!("/products/{lamp}/stock"), &key, Some(delivery)).await.ok();
    shop.drain_queues().await;

    shop.shopper("ann").await;
    let ann = shop.log_in("ann@example.com").await;
    ann.keep_address("Springfield").await.created();
    for product in [lamp, shade] {
        ann.add_to_cart(product, 1).await.ok();
    }
    if varied {
        let category = shop.guest().get("/categories").await.ok()[0]["id"].as_str().unwrap().to_owned();
        let shirt = seller.post("/products", boutique::shirt(&category)).await.created().clone();
        let [first, second] = [0, 1].map(|number| id(&shirt["variants"][number]));
        let path = format!("/products/{}", id(&shirt));
        let moved = json!({ "variant_id": second, "delta": 2, "reason": "found" });
        seller
            .call_with("POST", &format!("{path}/stock"), &[("idempotency-key", "f")], Some(moved))
            .await
            .ok();
        let gone = format!("{path}/variants/{}", id(&shirt["variants"][2]));
        seller.call("DELETE", &gone, None).await.data(204);
        for variant in [first, second] {
            ann.post("/cart/items", item(&variant, 1)).await.ok();
        }
    }
    let delivered = id(ann.place_order().await.created());
    shop.drain_queues().await;
    let review = json!({ "order_id": delivered, "rating": 5, "comment": "Bright." });
    ann.post(&format!("/products/{lamp}/reviews"), review).await.created();
    ann.add_to_cart(lamp, 2).await.ok();
    let cancelled = id(ann.place_order().await.created());
    ann.cancel(&cancelled).await.ok();
    shop.drain_queues().await;
    ann.add_to_cart(lamp, 3).await.ok();
    shop.guest_with_cart(lamp).await;
    shop
}

async fn write(shop: &Shop) {
    let items: Vec<_> = items(shop).await.iter().map(json_of).collect();
    let fixture = json!({ "now": shop.clock.now().millis(), "items": items });
    let path = tree::root().join(format!("{FOLDER}/{SHAPE}.json"));
    std::fs::write(path, serde_json::to_string_pretty(&fixture).unwrap() + "\n").unwrap();
}

/// All items but the counts of the rate limits, in the order of their keys.
async fn items(shop: &Shop) -> Vec<Item> {
    let table = Client::new(&shop.aws.quiet_config());
    let pages = table.scan().table_name("Table").into_paginator().items().send();
    let mut items = pages.collect::<Result<Vec<Item>, _>>().await.unwrap();
    let part = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
    items.retain(|item| !part(item, "pk").starts_with("LIMIT#"));
    items.sort_by_key(|item| (part(item, "pk"), part(item, "sk")));
    items
}

async fn put(shop: &Shop, item: Item) {
    let table = Client::new(&shop.aws.quiet_config());
    table.put_item().table_name("Table").set_item(Some(item)).send().await.unwrap();
}

/// An item in DynamoDB's JSON. Binary values are lists of numbers.
fn json_of(item: &Item) -> Value {
    let mut names: Vec<_> = item.keys().collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), json_of_value(&item[name]))).collect::<Map<_, _>>().into()
}

fn json_of_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::Bool(is_set) => json!({ "BOOL": is_set }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::B(bytes) => json!({ "B": bytes.as_ref() }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(json_of_value).collect::<Vec<_>>() }),
        AttributeValue::M(values) => json!({ "M": json_of(values) }),
        other => panic!("the table has no {other:?}"),
    }
}

fn item_of(json: &Value) -> Item {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

fn value_of(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "S" => AttributeValue::S(value.as_str().unwrap().to_owned()),
        "N" => AttributeValue::N(value.as_str().unwrap().to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "B" => AttributeValue::B(Blob::new(serde_json::from_value::<Vec<u8>>(value.clone()).unwrap())),
        "SS" => AttributeValue::Ss(serde_json::from_value(value.clone()).unwrap()),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(value_of).collect()),
        "M" => AttributeValue::M(item_of(value)),
        other => panic!("{other} is no kind of value"),
    }
}
