//! The address book, and the addresses of orders.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::shop::people::{Person, address, purchase};
use crate::shop::world::{Answer, Shop, together};

const BOOK: &str = "/users/me/addresses";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn path(kept: &Value) -> String {
    format!("{BOOK}/{}", text(&kept["id"]))
}

/// The person's addresses: the town of each, and what it is the default for.
async fn kept(person: &Person) -> Vec<(String, bool, bool)> {
    let list = person.get(BOOK).await;
    let row = |row: &Value| {
        let is = |name: &str| row[name].as_bool().unwrap();
        (text(&row["city"]), is("is_default_shipping"), is("is_default_billing"))
    };
    list.ok().as_array().unwrap().iter().map(row).collect()
}

fn row(city: &str, shipping: bool, billing: bool) -> (String, bool, bool) {
    (city.to_owned(), shipping, billing)
}

/// An address in this town with more fields.
fn address_with(city: &str, more: Value) -> Value {
    let mut body = address(city);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test(start_paused = true)]
async fn somebody_moves_house() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    assert_eq!(kept(&ann).await, []);

    let made = ann.keep_address("Springfield").await;
    let home = made.created().clone();
    assert_eq!(made.headers["location"], format!("/api/v1{}", path(&home)));
    let mut expected =
        address_with("Springfield", json!({ "is_default_shipping": true, "is_default_billing": true }));
    for name in ["id", "created_at", "updated_at"] {
        expected[name] = home[name].clone();
    }
    assert_eq!(home, expected);
    let shown = ann.get(&path(&home)).await;
    assert_eq!((shown.ok(), &shown.headers["etag"]), (&home, &made.headers["etag"]));

    // The second address is not a default until it is made one.
    shop.clock.advance(std::time::Duration::from_secs(5));
    let office = ann.keep_address("Shelbyville").await.created().clone();
    assert_eq!(kept(&ann).await, [row("Springfield", true, true), row("Shelbyville", false, false)]);
    let shipping = json!({ "type": "shipping" });
    let set = ann.call("PUT", &format!("{}/default", path(&office)), Some(shipping)).await;
    assert_eq!(set.ok()["is_default_shipping"], true);
    assert_eq!(kept(&ann).await, [row("Springfield", false, true), row("Shelbyville", true, false)]);

    // A replacement removes the fields that it leaves out, except the defaults.
    let mut moved = address("Ogdenville");
    moved.as_object_mut().unwrap().remove("state");
    let replaced = ann.call("PUT", &path(&home), Some(moved)).await;
    assert_eq!((&replaced.ok()["state"], &replaced.ok()["id"]), (&Value::Null, &home["id"]));
    assert_eq!(replaced.ok()["created_at"], home["created_at"]);
    assert_ne!(replaced.ok()["updated_at"], home["updated_at"]);
    assert_eq!(kept(&ann).await, [row("Ogdenville", false, true), row("Shelbyville", true, false)]);
    let both =
        address_with("Ogdenville", json!({ "is_default_shipping": true, "is_default_billing": false }));
    ann.call("PUT", &path(&home), Some(both)).await.ok();
    assert_eq!(kept(&ann).await, [row("Ogdenville", true, false), row("Shelbyville", false, false)]);

    let gone = ann.call("DELETE", &path(&home), None).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));
    ann.call("DELETE", &path(&home), None).await.refused(404, &[("NOT_FOUND", "")]);
    ann.get(&path(&home)).await.refused(404, &[("NOT_FOUND", "")]);
    assert_eq!(kept(&ann).await, [row("Shelbyville", false, false)]);
}

#[tokio::test(start_paused = true)]
async fn every_bad_field_of_an_address_is_named_at_once() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let home = ann.keep_address("Springfield").await.created().clone();
    let bad = json!({
        "name": "A", "phone": "1", "street1": "", "street2": 5, "postal_code": "x".repeat(21),
        "country": "usa",
        "is_default_shipping": "yes", "id": "adr_00000000000000000000000000",
    });
    let faults = [
        ("UNKNOWN_FIELD", "id"),
        ("TOO_SHORT", "name"),
        ("TOO_SHORT", "phone"),
        ("REQUIRED", "street1"),
        ("INVALID", "street2"),
        ("REQUIRED", "city"),
        ("TOO_LONG", "postal_code"),
        ("INVALID", "country"),
        ("INVALID", "is_default_shipping"),
    ];
    ann.post(BOOK, bad.clone()).await.refused(422, &faults);
    ann.call("PUT", &path(&home), Some(bad)).await.refused(422, &faults);
    let default = format!("{}/default", path(&home));
    ann.call("PUT", &default, Some(json!({ "type": "both" }))).await.refused(422, &[("INVALID", "type")]);
    ann.call("PUT", &default, Some(json!({}))).await.refused(422, &[("REQUIRED", "type")]);
    assert_eq!(ann.get(&path(&home)).await.ok(), &home);
}

#[tokio::test(start_paused = true)]
async fn an_address_of_somebody_else_looks_missing() {
    let shop = Shop::open();
    let (ann, eve) = (shop.member("ann", false).await, shop.member("eve", false).await);
    let home = ann.keep_address("Springfield").await.created().clone();
    eve.keep_address("Shelbyville").await.created();
    let bare = |answer: Answer| (answer.status, answer.body["detail"].clone(), answer.body["errors"].clone());
    for (method, below, body) in [
        ("GET", "", None),
        ("PUT", "", Some(address("Evesham"))),
        ("PUT", "/default", Some(json!({ "type": "billing" }))),
        ("DELETE", "", None),
    ] {
        let foreign = eve.call(method, &format!("{}{below}", path(&home)), body.clone()).await;
        foreign.refused(404, &[("NOT_FOUND", "")]);
        let nowhere = format!("{BOOK}/adr_00000000000000000000000000{below}");
        let missing = eve.call(method, &nowhere, body.clone()).await;
        assert_eq!(bare(foreign), bare(missing), "{method} {below}");
        // Guessing its version does not help either.
        let tag = [("if-match", "*")];
        eve.call_with(method, &nowhere, &tag, body).await.refused(404, &[("NOT_FOUND", "")]);
    }
    assert_eq!(ann.get(&path(&home)).await.ok(), &home);
    assert_eq!(kept(&eve).await, [row("Shelbyville", true, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_an_outdated_address_version_is_refused() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let made = ann.keep_address("Springfield").await;
    let (home, old) = (path(made.created()), made.headers["etag"].clone());
    let put = |tag: &str, city: &str| {
        let (ann, home, body) = (ann.clone(), home.clone(), address(city));
        let headers = [("if-match".to_owned(), tag.to_owned())];
        async move {
            let headers = headers.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
            ann.call_with("PUT", &home, &headers, Some(body)).await
        }
    };
    let new = put(&old, "Shelbyville").await.headers["etag"].clone();
    assert_ne!(new, old);
    for (method, below, body) in [
        ("PUT", "", Some(address("Ogdenville"))),
        ("PUT", "/default", Some(json!({ "type": "shipping" }))),
        ("DELETE", "", None),
    ] {
        let stale = ann.call_with(method, &format!("{home}{below}"), &[("if-match", &old)], body).await;
        stale.refused(412, &[("VERSION_MISMATCH", "")]);
    }
    assert_eq!(kept(&ann).await, [row("Shelbyville", true, true)]);

    // Of two requests with the same version, one is refused as outdated.
    shop.aws.interleave_by(11);
    let answers = together(["North", "South"].map(|city| put(&new, city))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);

    // When another address becomes the default, the answer for this one changes.
    let shown = ann.get(&home).await.headers["etag"].clone();
    let unchanged = ann.call_with("GET", &home, &[("if-none-match", &shown)], None).await;
    assert_eq!((unchanged.status, unchanged.body), (304, Value::Null));
    // Only reads are answered with 304, even if a write has changed nothing.
    let default = json!({ "type": "shipping" });
    let header = [("if-none-match", shown.as_str())];
    ann.call_with("PUT", &format!("{home}/default"), &header, Some(default)).await.ok();
    ann.post(BOOK, address_with("Ogdenville", json!({ "is_default_shipping": true }))).await.created();
    let changed = ann.call_with("GET", &home, &[("if-none-match", &shown)], None).await;
    assert_eq!(changed.ok()["is_default_shipping"], false);
    put(&shown, "Springfield").await.refused(412, &[("VERSION_MISMATCH", "")]);
}

#[tokio::test(start_paused = true)]
async fn ten_of_twenty_concurrent_addresses_are_kept() {
    for seed in 0..4 {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        shop.aws.interleave_by(seed);
        let towns: Vec<_> = (0..20).map(|number| format!("Town {number}")).collect();
        let mut made = 0;
        let mut waiting: Vec<_> = towns.iter().map(String::as_str).collect();
        // Requests that are answered with 503 are sent again.
        while !waiting.is_empty() {
            let answers = together(waiting.iter().map(|town| ann.keep_address(town))).await;
            made += answers.iter().filter(|answer| answer.status == 201).count();
            let busy = waiting.iter().zip(&answers).filter(|(_, answer)| answer.status == 503);
            let busy: Vec<_> = busy.map(|(town, _)| *town).collect();
            for refused in answers.iter().filter(|answer| !matches!(answer.status, 201 | 503)) {
                refused.refused(409, &[("ADDRESS_LIMIT", "")]);
            }
            waiting = busy;
        }
        let list = kept(&ann).await;
        let distinct: BTreeSet<_> = list.iter().map(|(town, ..)| town).collect();
        assert_eq!((made, list.len(), distinct.len()), (10, 10, 10));
        assert_eq!(list.iter().filter(|(_, shipping, billing)| *shipping && *billing).count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_many_concurrent_defaults_wins() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let mut paths = Vec::new();
    for town in ["North", "East", "South", "West"] {
        paths.push(path(ann.keep_address(town).await.created()));
    }
    shop.aws.interleave_by(7);
    let set = |path: &String| {
        let (ann, path) = (ann.clone(), format!("{path}/default"));
        async move { ann.call("PUT", &path, Some(json!({ "type": "shipping" }))).await }
    };
    for answer in together(paths.iter().map(set)).await {
        assert_eq!(answer.ok()["is_default_shipping"], true);
    }
    let list = kept(&ann).await;
    assert_eq!(list.iter().filter(|(_, shipping, _)| *shipping).count(), 1);
    assert_eq!(list[0], row("North", list[0].1, true));
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_is_lost_happens_once_and_is_reported() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    // The first write of each request is done, but its answer is lost.
    let lose = || {
        shop.aws.clear_calls();
        shop.aws.on(|call| match (call.operation.as_str(), call.nth) {
            ("PutItem", 1) => Fault::Timeout(When::After),
            _ => Fault::None,
        });
    };
    lose();
    let home = ann.keep_address("Springfield").await.created().clone();
    assert_eq!(shop.aws.calls().iter().filter(|call| call.info.operation == "PutItem").count(), 2);
    lose();
    let office = ann.keep_address("Shelbyville").await.created().clone();
    assert_eq!(kept(&ann).await, [row("Springfield", true, true), row("Shelbyville", false, false)]);

    lose();
    let tag = ann.get(&path(&home)).await.headers["etag"].clone();
    let replaced =
        ann.call_with("PUT", &path(&home), &[("if-match", &tag)], Some(address("Ogdenville"))).await;
    assert_eq!(replaced.ok()["city"], "Ogdenville");
    lose();
    assert_eq!(ann.call("DELETE", &path(&office), None).await.status, 204);
    assert_eq!(kept(&ann).await, [row("Ogdenville", true, true)]);
}

#[tokio::test(start_paused = true)]
async fn an_address_is_stored_once_when_a_lost_answer_is_retried_after_others() {
    for seed in 0..20 {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        shop.aws.interleave_by(seed);
        // Two answers are lost; the third try of the SDK has to succeed.
        shop.aws.on(|call| match (call.operation.as_str(), call.nth) {
            ("PutItem", 1 | 3) => Fault::Timeout(When::After),
            _ => Fault::None,
        });
        let towns = ["North", "East", "South", "West"];
        let answers = together(towns.map(|town| ann.keep_address(town))).await;
        shop.aws.no_faults();
        for answer in &answers {
            assert_eq!(answer.status, 201, "seed {seed}: {:#}", answer.body);
        }
        let mut list: Vec<_> = kept(&ann).await.into_iter().map(|(town, ..)| town).collect();
        list.sort_unstable();
        assert_eq!(list, ["East", "North", "South", "West"], "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn under_any_fault_an_address_is_stored_at_most_once() {
    for seed in 0..40_usize {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        shop.aws.random_faults(seed as u64, [0.05, 0.15, 0.30, 0.60][seed % 4]);
        shop.aws.interleave_by(seed as u64);
        let towns: Vec<_> = (0..6).map(|number| format!("Town {number}")).collect();
        let answers = together(towns.iter().map(|town| ann.keep_address(town))).await;
        shop.aws.no_faults();
        let list = kept(&ann).await;
        for (town, answer) in towns.iter().zip(&answers) {
            let times = list.iter().filter(|(kept, ..)| kept == town).count();
            // A 201 means that it is stored once; after a 503 it may be stored.
            match answer.status {
                201 => assert_eq!(times, 1, "seed {seed}, {town}"),
                503 => assert!(times <= 1, "seed {seed}, {town}"),
                _ => panic!("seed {seed}, {town}: {:#}", answer.body),
            }
        }
        assert!(list.iter().filter(|(_, shipping, _)| *shipping).count() <= 1, "seed {seed}");
    }
}

/// A buyer with a lamp in the cart.
async fn about_to_buy() -> (Shop, Person, String) {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    (shop, ann, products[0].clone())
}

/// A checkout of the cart that names an address, or none.
fn to(id: Option<&Value>) -> Value {
    match id {
        Some(id) => json!({ "payment_method": "pm_sandbox_ok", "shipping_address_id": id }),
        None => json!({ "payment_method": "pm_sandbox_ok" }),
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_goes_to_the_address_that_it_names_or_to_the_default_one() {
    let (shop, ann, lamp) = about_to_buy().await;
    let home = ann.keep_address("Springfield").await.created()["id"].clone();
    let office = ann.keep_address("Shelbyville").await.created()["id"].clone();
    let with = |body: Value, field: &str, city: &str| {
        let mut body = body;
        body[field] = address(city);
        body
    };
    let elsewhere = with(to(None), "shipping_address", "Ogdenville");
    let cases = [
        (to(None), "Springfield", "Springfield"),
        (to(Some(&office)), "Shelbyville", "Springfield"),
        (elsewhere.clone(), "Ogdenville", "Springfield"),
        (with(to(Some(&office)), "billing_address", "Brockway"), "Shelbyville", "Brockway"),
        (with(elsewhere.clone(), "billing_address", "Brockway"), "Ogdenville", "Brockway"),
    ];
    // The bill goes to the default billing address or, without one, to the shipping address.
    let none_for_bills =
        [(to(Some(&office)), "Shelbyville", "Shelbyville"), (elsewhere, "Ogdenville", "Ogdenville")];
    for (place, (body, shipping, billing)) in cases.into_iter().chain(none_for_bills).enumerate() {
        if place == 5 {
            let path = format!("{BOOK}/{}", text(&home));
            let refuse = address_with("Springfield", json!({ "is_default_billing": false }));
            ann.call("PUT", &path, Some(refuse)).await.ok();
        }
        let id = text(&ann.post("/orders", body).await.created()["id"]);
        let order = ann.order(&id).await.ok().clone();
        assert_eq!(order["shipping_address"], address(shipping));
        assert_eq!(order["billing_address"], address(billing));
        ann.add_to_cart(&lamp, 1).await.ok();
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_without_an_address_to_go_to_is_refused() {
    let (shop, ann, _) = about_to_buy().await;
    let eve = shop.member("eve", false).await;
    let foreign = eve.keep_address("Evesham").await.created()["id"].clone();
    ann.post("/orders", to(None)).await.refused(422, &[("REQUIRED", "shipping_address")]);
    let refuse = address_with("Springfield", json!({ "is_default_shipping": false }));
    let home = ann.post(BOOK, refuse).await.created()["id"].clone();
    // The default billing address is not used for shipping.
    ann.post("/orders", to(None)).await.refused(422, &[("REQUIRED", "shipping_address")]);

    let nowhere = json!("adr_00000000000000000000000000");
    for unknown in [&foreign, &nowhere, &json!("adr_1"), &json!(5)] {
        ann.post("/orders", to(Some(unknown))).await.refused(422, &[("INVALID", "shipping_address_id")]);
    }
    let mut both = purchase();
    both["shipping_address_id"] = home;
    ann.post("/orders", both).await.refused(422, &[("INVALID", "shipping_address_id")]);
    assert_eq!(ann.get("/cart").await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_checkout_is_the_same_order_even_if_the_address_changed() {
    let (shop, ann, lamp) = about_to_buy().await;
    let home = ann.keep_address("Springfield").await.created().clone();
    for (number, (body, key)) in [
        (to(Some(&home["id"])), None),
        (to(None), None),
        (to(Some(&home["id"])), Some("attempt-1")),
        (to(None), Some("attempt-2")),
    ]
    .into_iter()
    .enumerate()
    {
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let town = ann.get(&path(&home)).await.ok()["city"].clone();
        let first = ann.call_with("POST", "/orders", &headers, Some(body.clone())).await.created().clone();
        ann.call("PUT", &path(&home), Some(address(&format!("Town {number}")))).await.ok();
        let again = ann.call_with("POST", "/orders", &headers, Some(body)).await;
        assert_eq!((again.created(), again.headers["idempotent-replayed"].as_str()), (&first, "true"));
        let order = ann.order(&text(&first["id"])).await;
        assert_eq!(order.ok()["shipping_address"]["city"], town);
        ann.add_to_cart(&lamp, 1).await.ok();
    }
    let body = to(Some(&home["id"]));
    let first = ann.post("/orders", body.clone()).await.created().clone();
    assert_eq!(ann.call("DELETE", &path(&home), None).await.status, 204);
    assert_eq!(ann.post("/orders", body).await.created(), &first);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_parcel_goes_to_the_address_as_it_was_changed_a_moment_ago() {
    let (shop, ann, _) = about_to_buy().await;
    let home = ann.keep_address("Springfield").await.created().clone();
    shop.aws.set_lag(testkit::Lag::UntilCaughtUp);
    ann.call("PUT", &path(&home), Some(address("Shelbyville"))).await.ok();
    assert_eq!(kept(&ann).await, [row("Shelbyville", true, true)]);
    let order = text(&ann.post("/orders", to(None)).await.created()["id"]);
    assert_eq!(ann.order(&order).await.ok()["shipping_address"]["city"], "Shelbyville");
    shop.drain_queues().await;
}
