//! Carts: a cart holds what the answers said, under concurrent changes and lost answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use testkit::{CallInfo, Fault, When};

use crate::shop::people::{PASSWORD, Person, login};
use crate::shop::world::{Answer, Shop, together};

/// What a cart holds.
type Held = BTreeMap<String, i64>;

/// The lines of a cart, or of a change's answer.
#[track_caller]
fn held(answer: &Answer) -> Held {
    let line =
        |line: &Value| (line["product_id"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap());
    answer.ok()["items"].as_array().unwrap().iter().map(line).collect()
}

fn lines<const N: usize>(lines: [(&String, i64); N]) -> Held {
    lines.into_iter().map(|(product, quantity)| (product.clone(), quantity)).collect()
}

const NOBODYS: &str = "prd_00000000000000000000000000";
const DAY: Duration = Duration::from_hours(24);

/// A shop that sells lamps and desks, and a buyer and a guest with two lamps each.
async fn with_carts() -> (Shop, Vec<String>, [Person; 2]) {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 500), ("desk", 99_00, 500)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 2).await.ok();
    let guest = shop.guest_with_cart(&products[0]).await;
    guest.add_to_cart(&products[0], 1).await.ok();
    (shop, products, [ann, guest])
}

#[tokio::test(start_paused = true)]
async fn a_cart_is_changed_line_by_line_and_cleared() {
    let (_shop, products, people) = with_carts().await;
    let [lamp, desk] = [&products[0], &products[1]];
    for person in people {
        person.add_to_cart(desk, 1).await.ok();
        assert_eq!(held(&person.set_in_cart(lamp, 99).await), lines([(lamp, 99), (desk, 1)]));
        assert_eq!(held(&person.set_in_cart(lamp, 1).await), lines([(lamp, 1), (desk, 1)]));
        assert_eq!(held(&person.set_in_cart(desk, 0).await), lines([(lamp, 1)]));
        person.add_to_cart(desk, 3).await.ok();
        assert_eq!(held(&person.remove_from_cart(lamp).await), lines([(desk, 3)]));
        assert_eq!(held(&person.get("/cart").await), lines([(desk, 3)]));
        person.clear_cart().await.data(204);
        assert_eq!(held(&person.get("/cart").await), Held::new());
        person.clear_cart().await.data(204);
        assert_eq!(held(&person.add_to_cart(lamp, 1).await), lines([(lamp, 1)]));
        // Removing the last line also leaves an empty cart.
        assert_eq!(held(&person.remove_from_cart(lamp).await), Held::new());
        assert_eq!(held(&person.add_to_cart(desk, 2).await), lines([(desk, 2)]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_line_is_missing_and_a_bad_quantity_is_refused() {
    let (shop, products, people) = with_carts().await;
    let (lamp, desk) = (&products[0], &products[1]);
    for person in people.iter().chain([&shop.guest(), &shop.guest_with_token(&"x".repeat(43))]) {
        for product in [desk.as_str(), NOBODYS, "desk", "prd_"] {
            person.set_in_cart(product, 1).await.refused(404, &[("NOT_FOUND", "")]);
            person.set_in_cart(product, 0).await.refused(404, &[("NOT_FOUND", "")]);
            person.remove_from_cart(product).await.refused(404, &[("NOT_FOUND", "")]);
        }
        for quantity in [-1, 100, 1_000_000_000, i64::MAX] {
            person.set_in_cart(lamp, quantity).await.refused(422, &[("OUT_OF_RANGE", "quantity")]);
        }
        let path = format!("/cart/items/{lamp}");
        person.call("PATCH", &path, Some(json!({}))).await.refused(422, &[("REQUIRED", "quantity")]);
        let half = json!({ "quantity": 1.5, "price": 1 });
        let faults = [("UNKNOWN_FIELD", "price"), ("INVALID", "quantity")];
        person.call("PATCH", &path, Some(half)).await.refused(422, &faults);
    }
    for nobody in [shop.guest(), shop.guest_with_token(&"x".repeat(43))] {
        nobody.clear_cart().await.data(204);
        assert_eq!(held(&nobody.get("/cart").await), Held::new());
    }
    assert_eq!(held(&people[0].get("/cart").await), lines([(lamp, 2)]));
}

#[tokio::test(start_paused = true)]
async fn the_version_of_a_cart_rises_with_every_change_and_never_restarts() {
    let (shop, products, [ann, _]) = with_carts().await;
    let lamp = &products[0];
    let mut seen = 0;
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for answer in [
            ann.add_to_cart(lamp, 2).await,
            ann.set_in_cart(lamp, 2).await,
            ann.remove_from_cart(lamp).await,
            ann.add_to_cart(lamp, 1).await,
        ] {
            let version = answer.ok()["version"].as_i64().unwrap();
            assert!(version > seen, "{version} after {seen}");
            seen = version;
        }
        ann.clear_cart().await.data(204);
        ann.add_to_cart(lamp, 1).await.ok();
        // The same checkout of the same cart places another order each time.
        orders.insert(ann.place_order().await.created()["id"].to_string());
        let guest = shop.guest_with_cart(lamp).await;
        guest.post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
    }
    assert_eq!(orders.len(), 3);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkout_repeated_after_a_clear_is_the_same_order() {
    let (shop, _, [ann, _]) = with_carts().await;
    let order = ann.place_order().await.created()["id"].clone();
    ann.clear_cart().await.data(204);
    assert_eq!(ann.place_order().await.created()["id"], order);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_cannot_choose_the_token_of_a_cart() {
    let (shop, products, _) = with_carts().await;
    let lamp = &products[0];
    let planted = "a-token-that-somebody-else-knows-xxxxxxxxxx";
    assert_eq!(planted.len(), 43);
    let cookie = format!("cart={planted}");
    for header in [("x-cart-token", planted), ("cookie", cookie.as_str())] {
        let item = json!({ "product_id": lamp, "quantity": 2 });
        let added = shop.guest().call_with("POST", "/cart/items", &[header], Some(item)).await;
        assert_eq!(held(&added), lines([(lamp, 2)]));
        let token = &added.headers["x-cart-token"];
        assert_ne!(token, planted);
        assert!(added.cookies[0].starts_with(&format!("cart={token}; HttpOnly; Secure;")));
        assert_eq!(held(&shop.guest_with_token(planted).get("/cart").await), Held::new());
        // The new token works from now on, and no other token is issued for it.
        let again = shop.guest_with_token(token).add_to_cart(lamp, 1).await;
        assert_eq!(held(&again), lines([(lamp, 3)]));
        assert!(!again.headers.contains_key("x-cart-token") && again.cookies.is_empty());
    }
}

/// Asserts that a token opens nothing any more.
async fn is_dead(guest: &Person, products: &[String]) {
    for product in products {
        guest.set_in_cart(product, 1).await.refused(404, &[("NOT_FOUND", "")]);
        guest.remove_from_cart(product).await.refused(404, &[("NOT_FOUND", "")]);
    }
    guest.clear_cart().await.data(204);
    assert_eq!(held(&guest.get("/cart").await), Held::new());
    let added = guest.add_to_cart(&products[1], 1).await;
    assert_eq!(held(&added), lines([(&products[1], 1)]));
    assert_ne!(added.headers["x-cart-token"], guest.header("x-cart-token"));
    assert_eq!(held(&guest.get("/cart").await), Held::new());
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_merged_cart_is_dead() {
    let (shop, products, [ann, guest]) = with_carts().await;
    guest.post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
    is_dead(&guest, &products).await;
    let empty = shop.guest_with_cart(&products[0]).await;
    empty.remove_from_cart(&products[0]).await.ok();
    let merged = empty.post("/auth/login", login(&ann.email, PASSWORD)).await;
    assert!(merged.cookies.iter().any(|cookie| cookie.starts_with("cart=;")), "{:?}", merged.cookies);
    is_dead(&empty, &products).await;
    // Also long after, when TTL has deleted the items.
    shop.clock.advance(DAY);
    let carts = || shop.aws.items("Table").iter().filter(|item| item["sk"]["S"] == "CART").count();
    let before = carts();
    shop.aws.sweep_ttl();
    assert_eq!(carts(), before - 2);
    is_dead(&guest, &products).await;
    assert_eq!(held(&shop.again(&ann).get("/cart").await), lines([(&products[0], 4)]));
}

#[tokio::test(start_paused = true)]
async fn an_anonymous_cart_lives_for_thirty_days_after_its_last_change() {
    let (shop, products, [_, guest]) = with_carts().await;
    let (lamp, desk) = (&products[0], &products[1]);
    for change in 0..5 {
        shop.clock.advance(29 * DAY);
        match change {
            0 => guest.set_in_cart(lamp, 5).await.data(200),
            1 => guest.add_to_cart(desk, 1).await.data(200),
            2 => guest.remove_from_cart(desk).await.data(200),
            3 => guest.clear_cart().await.data(204),
            _ => guest.add_to_cart(lamp, 1).await.data(200),
        };
    }
    assert_eq!(held(&guest.get("/cart").await), lines([(lamp, 1)]));
    // Reading does not extend its life.
    shop.clock.advance(30 * DAY);
    is_dead(&guest, &products).await;
}

#[tokio::test(start_paused = true)]
async fn a_browser_holds_its_cart_for_as_long_as_the_cart_lives() {
    let (shop, products, [ann, guest]) = with_carts().await;
    let [lamp, desk] = [products[0].as_str(), products[1].as_str()];
    let token = guest.header("x-cart-token");
    let shown = format!("theme=dark; cart={token}");
    let browser = async |method: &str, path: &str, body: Option<Value>| {
        shop.guest().call_with(method, path, &[("cookie", &shown)], body).await
    };
    let line = |product: &str| format!("/cart/items/{product}");
    for (method, path, body) in [
        ("POST", "/cart/items".to_owned(), Some(json!({ "product_id": desk, "quantity": 2 }))),
        ("PATCH", line(desk), Some(json!({ "quantity": 1 }))),
        ("DELETE", line(desk), None),
        ("DELETE", "/cart".to_owned(), None),
    ] {
        shop.clock.advance(29 * DAY);
        let changed = browser(method, &path, body).await;
        assert!(matches!(changed.status, 200 | 204), "{method} {path}: {:#}", changed.body);
        // 30 days, as on the first day.
        let cookie = format!("cart={token}; HttpOnly; Secure; SameSite=Lax; Path=/api/v1; Max-Age=2592000");
        assert_eq!(changed.cookies, [cookie], "{method} {path}");
        assert!(!changed.headers.contains_key("x-cart-token"));
    }
    // Neither a read nor a refused change renews the cookie. A native client has no cookie.
    assert_eq!(browser("GET", "/cart", None).await.cookies, Vec::<String>::new());
    assert_eq!(browser("DELETE", &line(desk), None).await.cookies, Vec::<String>::new());
    assert_eq!(guest.add_to_cart(lamp, 1).await.cookies, Vec::<String>::new());
    // A signed-in user changes their own cart.
    let both = [("cookie", shown.as_str())];
    let item = json!({ "product_id": lamp, "quantity": 1 });
    let own = shop.again(&ann).call_with("POST", "/cart/items", &both, Some(item)).await;
    assert_eq!((held(&own), own.cookies.len()), (lines([(&products[0], 3)]), 0));
}

/// Changes a product's stock item directly in the table.
pub async fn edit_stock(shop: &Shop, product: &str, attribute: &str, value: AttributeValue) {
    let client = aws_sdk_dynamodb::Client::new(&shop.aws.quiet_config());
    let key = AttributeValue::S(format!("PRODUCT#{product}"));
    let edit = client.update_item().table_name("Table").key("pk", key);
    let edit = edit.key("sk", AttributeValue::S("STOCK".to_owned()));
    let edit = edit.update_expression("SET #attribute = :value");
    let edit = edit.expression_attribute_names("#attribute", attribute);
    edit.expression_attribute_values(":value", value).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_cart_view_flags_changed_lines() {
    for case in 0..16 {
        let [dearer, short, inactive, closed] = [1, 2, 4, 8].map(|bit| case & bit > 0);
        let (shop, lamps) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
        let vases = shop.sell("potter", &[("vase", 10_00, 9)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&lamps[0], 3).await.ok();
        ann.add_to_cart(&vases[0], 1).await.ok();
        if dearer {
            edit_stock(&shop, &lamps[0], "price", AttributeValue::N("1600".to_owned())).await;
        }
        if short {
            edit_stock(&shop, &lamps[0], "on_hand", AttributeValue::N("2".to_owned())).await;
        }
        if inactive {
            edit_stock(&shop, &lamps[0], "sellable", AttributeValue::Bool(false)).await;
        }
        if closed {
            let seller = shop.find("seller").await;
            seller.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
            shop.drain_queues().await;
        }

        let view = ann.get("/cart").await;
        let view = view.ok();
        let line =
            view["items"].as_array().unwrap().iter().find(|line| line["product_id"] == lamps[0].as_str());
        let line = line.unwrap();
        let gone = inactive || closed;
        let flags = ["price_changed", "short", "unavailable"].map(|flag| line[flag].as_bool().unwrap());
        assert_eq!(flags, [dearer && !gone, short && !gone, gone], "case {case}");
        let price = if dearer { 16_00 } else { 15_00 };
        assert_eq!(line["price"]["amount"], if gone { Value::Null } else { json!(price) });
        assert_eq!(view["subtotal"]["amount"], 10_00 + if gone { 0 } else { 3 * price }, "case {case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_product_of_a_closed_store_cannot_be_added() {
    let (shop, products, [ann, _]) = with_carts().await;
    let vases = shop.sell("potter", &[("vase", 10_00, 9)]).await;
    ann.add_to_cart(&vases[0], 1).await.ok();
    let potter = shop.find("potter").await;
    potter.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    shop.drain_queues().await;
    // An instance that has not read the store before refuses at once, and every other one within five
    // minutes.
    ann.elsewhere().add_to_cart(&vases[0], 1).await.refused(404, &[("NOT_FOUND", "")]);
    shop.clock.advance(Duration::from_mins(5));
    ann.add_to_cart(&vases[0], 1).await.refused(404, &[("NOT_FOUND", "")]);
    // The line can still be removed.
    ann.set_in_cart(&vases[0], 2).await.ok();
    assert_eq!(held(&ann.remove_from_cart(&vases[0]).await), lines([(&products[0], 2)]));
    assert_eq!(held(&ann.add_to_cart(&products[0], 1).await), lines([(&products[0], 3)]));
}

#[tokio::test(start_paused = true)]
async fn a_cart_with_too_large_a_total_is_shown_without_totals() {
    let (shop, products, [ann, _]) = with_carts().await;
    edit_stock(&shop, &products[0], "price", AttributeValue::N(i64::MAX.to_string())).await;
    let view = ann.get("/cart").await;
    assert_eq!(held(&view), lines([(&products[0], 2)]));
    assert_eq!(view.ok()["items"][0]["price"]["amount"], i64::MAX);
    assert_eq!(view.ok().get("total"), None);
    ann.place_order().await.refused(409, &[("TOTAL_TOO_LARGE", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_product_that_was_just_created_is_shown_as_on_sale() {
    let (shop, _, [ann, _]) = with_carts().await;
    shop.aws.set_lag(testkit::Lag::UntilCaughtUp);
    let vases = shop.sell("potter", &[("vase", 10_00, 9)]).await;
    ann.add_to_cart(&vases[0], 1).await.ok();
    let view = ann.get("/cart").await;
    let lines = view.ok()["items"].as_array().unwrap();
    assert!(lines.iter().all(|line| line["unavailable"] == false), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_cart_hold_under_concurrent_adds() {
    let names: Vec<_> = (0..53).map(|number| format!("lamp{number:02}")).collect();
    let products: Vec<_> = names.iter().map(|name| (name.as_str(), 1_00, 500)).collect();
    let (shop, products) = Shop::with_products(&products).await;
    for seed in 0..4 {
        let person = match seed % 2 {
            0 => shop.member(&format!("ann{seed}"), false).await,
            _ => shop.guest_with_cart(&products[0]).await,
        };
        shop.aws.interleave_by(seed);
        let answers = together(products.iter().map(|product| person.add_to_cart(product, 1))).await;
        let full = answers.iter().filter(|answer| answer.status == 409);
        full.clone().for_each(|answer| answer.refused(409, &[("CART_FULL", "")]));
        assert_eq!(full.count(), 3);
        let cart = held(&person.get("/cart").await);
        assert_eq!(cart.len(), 50);

        let (product, before) = cart.last_key_value().unwrap();
        let adds = together((0..20).map(|_| person.add_to_cart(product, 7))).await;
        let added = adds.iter().filter(|answer| answer.status == 200).count();
        adds.iter()
            .filter(|answer| answer.status != 200)
            .for_each(|answer| answer.refused(422, &[("OUT_OF_RANGE", "quantity")]));
        let room = (99 - before) / 7;
        assert_eq!(added, usize::try_from(room).unwrap(), "seed {seed}");
        assert_eq!(held(&person.get("/cart").await)[product], before + room * 7);
    }
}

/// The next change of a cart by `caller` gets this fault.
fn lose_a_change(shop: &Shop, caller: &'static str, operation: &'static str, fault: Fault) {
    let lost = Arc::new(AtomicBool::new(false));
    let of_a_cart = |call: &CallInfo| {
        let mut partitions = call.touches.iter().filter_map(|touch| touch.partition());
        partitions.any(|pk| pk.starts_with("CART#"))
    };
    shop.aws.on(move |call| {
        let this = &*call.caller == caller && call.operation == operation && of_a_cart(call);
        if this && !lost.swap(true, Ordering::Relaxed) { fault.clone() } else { Fault::None }
    });
}

/// Waits until the change that the test breaks is made or lost.
async fn once_lost(shop: &Shop) {
    while !shop.aws.calls().iter().any(|call| call.fault != Fault::None) {
        tokio::task::yield_now().await;
    }
}

const CHANGES: [&str; 4] = ["add-to-cart", "set-quantity", "remove-from-cart", "clear-cart"];

/// Changes a cart in one of four ways.
async fn change(person: &Person, change: &str, product: &str) -> Answer {
    match change {
        "add-to-cart" => person.add_to_cart(product, 5).await,
        "set-quantity" => person.set_in_cart(product, 7).await,
        "remove-from-cart" => person.remove_from_cart(product).await,
        _ => person.clear_cart().await,
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_with_a_lost_answer_happens_once_among_other_changes() {
    for name in CHANGES {
        for fault in [Fault::Timeout(When::After), Fault::Hang(When::After), Fault::Fail(When::After)] {
            let (shop, products, people) = with_carts().await;
            let (lamp, desk) = (&products[0], &products[1]);
            for person in people {
                shop.aws.clear_calls();
                lose_a_change(&shop, name, "UpdateItem", fault.clone());
                let other_tab = async {
                    once_lost(&shop).await;
                    // A repeat of the lost change would undo these: 3 more, removed and added again, and one
                    // of another product.
                    person.add_to_cart(lamp, 3).await.ok();
                    person.remove_from_cart(lamp).await.ok();
                    person.add_to_cart(lamp, 1).await.ok();
                    person.add_to_cart(desk, 1).await.ok()["version"].as_i64().unwrap()
                };
                let (answer, version) = tokio::join!(change(&person, name, lamp), other_tab);
                assert!(matches!(answer.status, 200 | 204), "{name}: {:#}", answer.body);
                let view = person.get("/cart").await;
                assert_eq!(held(&view), lines([(lamp, 1), (desk, 1)]), "{name}, {fault:?}");
                assert_eq!(view.ok()["version"], version, "{name}, {fault:?}");
                shop.aws.no_faults();
                let updates = shop.aws.calls().into_iter().filter(|call| &*call.info.caller == name);
                assert!(updates.filter(|call| call.info.operation == "UpdateItem").count() >= 2);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_add_of_a_guest_whose_answer_is_lost_opens_one_cart() {
    let (shop, products, _) = with_carts().await;
    for fault in [Fault::Timeout(When::After), Fault::Hang(When::After), Fault::Fail(When::After)] {
        lose_a_change(&shop, "add-to-cart", "UpdateItem", fault);
        let added = shop.guest().add_to_cart(&products[0], 2).await;
        let guest = shop.guest_with_token(&added.headers["x-cart-token"]);
        assert_eq!(held(&guest.get("/cart").await), lines([(&products[0], 2)]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bought_line_does_not_come_back_by_a_lost_change() {
    for name in ["add-to-cart", "set-quantity"] {
        let (shop, products, [ann, _]) = with_carts().await;
        shop.aws.clear_calls();
        lose_a_change(&shop, name, "UpdateItem", Fault::Hang(When::After));
        let buy = async {
            once_lost(&shop).await;
            ann.place_order().await
        };
        let (changed, order) = tokio::join!(change(&ann, name, &products[0]), buy);
        changed.ok();
        assert_eq!(order.created()["lines"][0]["quantity"], 7);
        assert_eq!(held(&ann.get("/cart").await), Held::new(), "{name}");
        shop.drain_queues().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_merged_line_is_not_added_again_by_a_lost_add() {
    let (shop, products, [ann, guest]) = with_carts().await;
    shop.aws.clear_calls();
    lose_a_change(&shop, "add-to-cart", "UpdateItem", Fault::Hang(When::After));
    let sign_in = async {
        once_lost(&shop).await;
        guest.post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
    };
    let (added, ()) = tokio::join!(guest.add_to_cart(&products[0], 5), sign_in);
    added.ok();
    assert!(!added.headers.contains_key("x-cart-token"));
    assert_eq!(held(&ann.get("/cart").await), lines([(&products[0], 2 + 2 + 5)]));
}

#[tokio::test(start_paused = true)]
async fn a_cart_that_changes_after_it_was_priced_is_not_checked_out() {
    for name in CHANGES {
        let (shop, products, [ann, _]) = with_carts().await;
        let other_tab = change(&ann, name, &products[0]);
        let (order, changed) = shop.meanwhile(("CART#", "version"), ann.place_order(), other_tab).await;
        assert!(matches!(changed.status, 200 | 204), "{name}");
        order.refused(409, &[("CART_CHANGED", "")]);
        let left = match name {
            "add-to-cart" | "set-quantity" => lines([(&products[0], 7)]),
            _ => Held::new(),
        };
        assert_eq!(held(&ann.get("/cart").await), left, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_waits_for_a_transaction_on_the_cart() {
    for name in CHANGES {
        let (shop, products, [ann, _]) = with_carts().await;
        lose_a_change(&shop, name, "UpdateItem", Fault::Conflict(0));
        let status = change(&ann, name, &products[0]).await.status;
        assert!(matches!(status, 200 | 204), "{name}: {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_added_during_a_checkout_is_bought_once_or_stays() {
    for seed in 0..12 {
        let (shop, products, [ann, _]) = with_carts().await;
        shop.aws.interleave_by(seed);
        let mut random = fastrand::Rng::with_seed(seed);
        // Some answers of changes are lost; no change is refused because of it.
        shop.aws.on(move |call| match &*call.caller {
            "add-to-cart" if call.operation == "UpdateItem" && call.nth % 3 == 1 => {
                Fault::Timeout(When::After)
            }
            _ => Fault::None,
        });
        let (mut added, mut orders) = (2, BTreeMap::new());
        for _ in 0..4 {
            let adds = together((0..random.usize(1..4)).map(|_| ann.add_to_cart(&products[0], 1)));
            let checkouts = together((0..random.usize(1..4)).map(|_| ann.place_order()));
            let (adds, checkouts) = tokio::join!(adds, checkouts);
            assert!(adds.iter().all(|answer| answer.status == 200), "seed {seed}");
            added += i64::try_from(adds.len()).unwrap();
            for order in checkouts.iter().filter(|answer| answer.status == 201) {
                let order = order.created();
                orders.insert(order["id"].to_string(), order["lines"][0]["quantity"].as_i64().unwrap());
            }
        }
        let left = held(&ann.get("/cart").await).get(&products[0]).copied().unwrap_or_default();
        assert_eq!(orders.values().sum::<i64>() + left, added, "seed {seed}: {orders:?}");
        shop.aws.no_faults();
        shop.drain_queues().await;
    }
}

/// An action of a browser tab.
#[derive(Clone, Debug)]
enum Act {
    Add(usize, i64),
    Set(usize, i64),
    Remove(usize),
    Clear,
    /// Signs in with the token of a guest who has this many of a product.
    Merge(usize, i64),
}

/// The outcome, as the caller knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Done,
    Refused,
    /// It may have happened or not.
    Nothing,
}

impl Act {
    fn random(random: &mut fastrand::Rng) -> Self {
        let product = random.usize(..3);
        match random.u32(..16) {
            0..7 => Self::Add(product, random.i64(1..60)),
            7..10 => Self::Set(product, random.i64(0..=99)),
            10..13 => Self::Remove(product),
            13..15 => Self::Clear,
            _ => Self::Merge(product, random.i64(1..60)),
        }
    }

    async fn run(&self, ann: &Person, guest: Option<&Person>, products: &[String]) -> Told {
        let answer = match self {
            Self::Add(product, quantity) => ann.add_to_cart(&products[*product], *quantity).await,
            Self::Set(product, quantity) => ann.set_in_cart(&products[*product], *quantity).await,
            Self::Remove(product) => ann.remove_from_cart(&products[*product]).await,
            Self::Clear => ann.clear_cart().await,
            Self::Merge(..) => guest.unwrap().post("/auth/login", login(&ann.email, PASSWORD)).await,
        };
        let merged = || answer.cookies.iter().any(|cookie| cookie.starts_with("cart=;"));
        match (self, answer.status) {
            (Self::Merge(..), 200) if !merged() => Told::Nothing,
            (_, 200 | 204) => Told::Done,
            (_, 404 | 422) => Told::Refused,
            (_, 503) => Told::Nothing,
            (_, status) => panic!("{self:?}: {status} {:#}", answer.body),
        }
    }

    /// The cart after the action; `None` if the cart refuses it.
    fn after(&self, mut cart: Held, products: &[String]) -> Option<Held> {
        let id = |product: &usize| products[*product].clone();
        match self {
            Self::Add(product, quantity) => {
                let line = cart.entry(id(product)).or_default();
                *line += quantity;
                (*line <= 99).then_some(cart)
            }
            Self::Set(product, 0) | Self::Remove(product) => cart.remove(&id(product)).map(|_| cart),
            Self::Set(product, quantity) => {
                *cart.get_mut(&id(product))? = *quantity;
                Some(cart)
            }
            Self::Clear => Some(Held::new()),
            Self::Merge(product, quantity) => {
                let line = cart.entry(id(product)).or_default();
                *line = (*line + quantity).min(99);
                Some(cart)
            }
        }
    }
}

/// Whether these actions, in some order, turn one cart into the other, each with its outcome.
fn explains(acts: &[(Act, Told)], cart: &Held, end: &Held, products: &[String]) -> bool {
    if acts.is_empty() {
        return cart == end;
    }
    (0..acts.len()).any(|first| {
        let mut others = acts.to_vec();
        let (act, told) = others.remove(first);
        let goes_on = |cart: &Held| explains(&others, cart, end, products);
        match (act.after(cart.clone(), products), told) {
            (Some(after), Told::Done) => goes_on(&after),
            (None, Told::Refused | Told::Nothing) => goes_on(cart),
            (Some(after), Told::Nothing) => goes_on(&after) || goes_on(cart),
            (Some(_), Told::Refused) | (None, Told::Done) => false,
        }
    })
}

#[tokio::test(start_paused = true)]
async fn two_carts_merged_at_once_into_a_new_one_are_both_kept() {
    let (shop, products) = Shop::with_products(&[("lamp", 1_00, 5), ("desk", 1_00, 5)]).await;
    let ann = shop.member("ann", false).await;
    let guests = [shop.guest_with_cart(&products[0]).await, shop.guest_with_cart(&products[1]).await];
    let [first, second] =
        guests.each_ref().map(|guest| guest.post("/auth/login", login(&ann.email, PASSWORD)));
    let (late, early) = shop.meanwhile(("CART#", "version"), first, second).await;
    late.ok();
    early.ok();
    assert_eq!(held(&ann.get("/cart").await), lines([(&products[0], 1), (&products[1], 1)]));
}

#[tokio::test(start_paused = true)]
async fn the_cart_of_several_tabs_is_explained_by_some_order_of_their_actions() {
    for seed in 0..40 {
        let stocked = [("lamp", 1_00, 500), ("desk", 1_00, 500), ("sofa", 1_00, 500)];
        let (shop, products) = Shop::with_products(&stocked).await;
        let ann = shop.member("ann", false).await;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut before = Held::new();
        shop.aws.interleave_by(seed);
        for round in 0..12 {
            let acts: Vec<_> = (0..random.usize(1..5)).map(|_| Act::random(&mut random)).collect();
            let mut guests = Vec::new();
            for act in &acts {
                guests.push(match act {
                    Act::Merge(product, quantity) => {
                        let guest = shop.guest_with_cart(&products[*product]).await;
                        guest.set_in_cart(&products[*product], *quantity).await.ok();
                        Some(guest)
                    }
                    _ => None,
                });
            }
            if seed % 4 != 0 {
                shop.aws
                    .random_faults(seed * 100 + round, [0.05, 0.15, 0.3][usize::try_from(seed % 3).unwrap()]);
            }
            let told = together(
                acts.iter().zip(&guests).map(|(act, guest)| act.run(&ann, guest.as_ref(), &products)),
            );
            let told = told.await;
            shop.aws.no_faults();
            let after = held(&ann.get("/cart").await);
            let acts: Vec<_> = acts.into_iter().zip(told).collect();
            assert!(
                explains(&acts, &before, &after, &products),
                "seed {seed}, round {round}: {before:?} became {after:?} by {acts:?}"
            );
            before = after;
        }
    }
}
