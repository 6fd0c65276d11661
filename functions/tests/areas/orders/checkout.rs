//! Checkout: many at once, repeats, lost answers, and the largest order.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::orders::Status;
use domain::orders::debt::RETRY_SPAN;
use serde_json::{Value, json};
use testkit::{Fault, Service, When};

use crate::areas::cart::carts::edit_stock;
use crate::shop::people::{Person, address, id, purchase};
use crate::shop::world::{Answer, Shop, seeds, together};

const BUYERS: i64 = 200;

/// Tries to buy these items, under a key.
async fn buy(buyer: &Person, key: &str, items: &[(&str, i64)], method: &str) -> Answer {
    let mut body = purchase();
    let item = |(product, quantity): &(&str, i64)| json!({ "product_id": product, "quantity": quantity });
    body["items"] = items.iter().map(item).collect();
    body["payment_method"] = json!(method);
    buyer.call_with("POST", "/orders", &[("idempotency-key", key)], Some(body)).await
}

async fn available(shop: &Shop, product: &str) -> i64 {
    let page = shop.guest().get(&format!("/products/{product}")).await;
    page.ok()["available"].as_i64().unwrap()
}

async fn crowd(shop: &Shop) -> Vec<Person> {
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        buyers.push(shop.member(&format!("buyer{number}"), false).await);
    }
    buyers
}

/// Makes three of four transactions conflict with another one, each at another item: the embedded table has
/// no conflicts of its own.
fn jostle(shop: &Shop) {
    shop.aws.on(|call| match call.transaction_items() {
        items if items > 0 && call.nth % 4 != 0 => Fault::Conflict(call.nth % items),
        _ => Fault::None,
    });
}

/// All buyers try at the same time, and retry after a 503. Returns the placed orders by the number of their
/// buyer; all others were refused because too little is left.
async fn rush(product: &str, attempt: impl AsyncFn(usize) -> Answer) -> BTreeMap<usize, Value> {
    let mut placed = BTreeMap::new();
    let mut ahead: Vec<_> = (0..usize::try_from(BUYERS).unwrap()).collect();
    for _ in 0..10 {
        let answers = together(ahead.iter().map(|buyer| attempt(*buyer))).await;
        let mut again = Vec::new();
        for (buyer, answer) in ahead.into_iter().zip(answers) {
            match answer.status {
                201 => drop(placed.insert(buyer, answer.created().clone())),
                503 => {
                    answer.refused(503, &[("TRY_AGAIN", "")]);
                    assert_eq!(answer.headers["retry-after"], "1");
                    again.push(buyer);
                }
                _ => answer.refused(409, &[("OUT_OF_STOCK", product)]),
            }
        }
        if again.is_empty() {
            return placed;
        }
        ahead = again;
    }
    panic!("still answered with 503: {ahead:?}");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_concurrent_buyers_get_exactly_the_stock() {
    let stocks = [("one", 15_00, 1), ("seven", 15_00, 7), ("fifty", 15_00, 50)];
    let (shop, products) = Shop::with_products(&stocks).await;
    let buyers = crowd(&shop).await;
    for ((name, _, stock), product) in stocks.into_iter().zip(&products) {
        // In this case the product is in everybody's cart.
        let by_cart = name == "seven";
        for buyer in buyers.iter().filter(|_| by_cart) {
            buyer.add_to_cart(product, 1).await.ok();
        }
        shop.aws.interleave_by(stock.unsigned_abs());
        jostle(&shop);
        let placed = rush(product, async |buyer| match by_cart {
            true => buyers[buyer].place_order().await,
            false => buy(&buyers[buyer], name, &[(product, 1)], "pm_sandbox_ok").await,
        });
        let placed = placed.await;
        shop.aws.no_faults();
        let orders: BTreeSet<_> = placed.values().map(id).collect();
        let placed = i64::try_from(orders.len()).unwrap();
        assert_eq!((placed, available(&shop, product).await), (stock, 0));
    }
    shop.drain_queues().await;
    for product in &products {
        assert_eq!(available(&shop, product).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_buyers_at_once_oversell_nothing_and_lose_nothing() {
    let stocks = [("one", 15_00, 1), ("seven", 15_00, 7), ("fifty", 15_00, 50)];
    let (shop, products) = Shop::with_products(&stocks).await;
    let buyers = crowd(&shop).await;
    let mut random = fastrand::Rng::with_seed(3);
    let mut ends = BTreeSet::new();
    for ((name, _, stock), product) in stocks.into_iter().zip(&products) {
        let wanted: Vec<_> = buyers.iter().map(|_| random.i64(1..=3)).collect();
        shop.aws.interleave_by(stock.unsigned_abs());
        jostle(&shop);
        let placed = rush(product, async |buyer| {
            let method = if buyer % 3 == 0 { "pm_sandbox_declined" } else { "pm_sandbox_ok" };
            buy(&buyers[buyer], name, &[(product, wanted[buyer])], method).await
        });
        let placed = placed.await;
        let sold: i64 = placed.keys().map(|buyer| wanted[*buyer]).sum();
        let left = available(&shop, product).await;
        assert_eq!((sold + left, left >= 0), (stock, true), "{name}");
        // No buyer is refused whose quantity was available until the end.
        let refused = wanted.iter().enumerate().filter(|(buyer, _)| !placed.contains_key(buyer));
        assert!(refused.map(|(_, wanted)| *wanted).min() > Some(left), "{name}: {left} left");

        // Some are declined, some are cancelled, and the others are sold.
        let cancels = placed.iter().filter(|(buyer, _)| *buyer % 5 == 1);
        together(cancels.map(async |(buyer, order)| {
            let path = format!("/orders/{}/cancel", id(order));
            buyers[*buyer].call("POST", &path, None).await.ok();
        }))
        .await;
        shop.aws.no_faults();
        shop.drain_queues().await;
        let mut kept = 0;
        for (buyer, order) in &placed {
            let head = shop.table().order_head(id(order).parse().unwrap()).await.unwrap().unwrap();
            ends.insert(head.status().to_string());
            kept += if head.status() == Status::Cancelled { 0 } else { wanted[*buyer] };
        }
        assert_eq!(available(&shop, product).await + kept, stock, "{name}");
    }
    assert_eq!(ends, ["cancelled", "delivered"].map(str::to_owned).into());
}

#[tokio::test(start_paused = true)]
async fn fifty_repeats_at_once_and_fifty_in_turn_are_one_order() {
    for (key, in_turn) in [(Some("monday"), 50), (None, 0)] {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 30)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 3).await.ok();
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let click = || ann.call_with("POST", "/orders", &headers, Some(purchase()));
        shop.aws.interleave_by(11);
        let mut answers = together((0..50).map(|_| click())).await;
        for _ in 0..in_turn {
            answers.push(click().await);
        }
        let fresh = answers.iter().filter(|answer| !answer.headers.contains_key("idempotent-replayed"));
        assert_eq!(fresh.count(), 1);
        assert!(answers.iter().all(|answer| answer.created() == answers[0].created()));
        shop.drain_queues().await;
        assert_eq!(available(&shop, &products[0]).await, 27);
        assert_eq!(ann.get("/orders").await.ok().as_array().unwrap().len(), 1);
        assert_eq!(shop.ledger("PAYMENT"), ["captured"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_always_shows_the_order_as_it_was_placed() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 30)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    let mut placed = Vec::new();
    for key in ["kept", "called-off"] {
        placed.push((key, buy(&ann, key, &[(lamp, 2)], "pm_sandbox_ok").await.created().clone()));
    }
    let repeats_show_the_same = async |ann: &Person| {
        for (key, order) in &placed {
            let again = buy(ann, key, &[(lamp, 2)], "pm_sandbox_ok").await;
            assert_eq!((again.created(), again.headers["idempotent-replayed"].as_str()), (order, "true"));
            assert_eq!(again.headers["location"], format!("/api/v1/orders/{}", id(order)));
            assert_eq!(
                (&again.created()["status"], &again.created()["payment_status"]),
                (&json!("pending"), &json!("pending"))
            );
        }
    };
    repeats_show_the_same(&ann).await;
    ann.call("POST", &format!("/orders/{}/cancel", id(&placed[1].1)), None).await.ok();
    repeats_show_the_same(&ann).await;
    shop.drain_queues().await;
    edit_stock(&shop, lamp, "price", AttributeValue::N("1600".to_owned())).await;
    edit_stock(&shop, lamp, "on_hand", AttributeValue::N("0".to_owned())).await;
    repeats_show_the_same(&shop.again(&ann)).await;
    shop.clock.advance(std::time::Duration::from_hours(400 * 24));
    shop.sweep().await.unwrap();
    shop.aws.sweep_ttl();
    let ann = shop.again(&ann);
    repeats_show_the_same(&ann).await;
    let other = buy(&ann, "kept", &[(lamp, 1)], "pm_sandbox_ok").await;
    other.refused(422, &[("IDEMPOTENCY_KEY_REUSED", "")]);
    shop.drain_queues().await;
    assert_eq!(ann.order(&id(&placed[0].1)).await.ok()["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn another_request_under_a_used_key_is_refused_before_anything_else() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    buy(&ann, "monday", &[(lamp, 3)], "pm_sandbox_ok").await.created();
    let items = json!([{ "product_id": lamp, "quantity": 3 }]);
    let address = address("Springfield");
    // Under another key each of these would be refused for another reason: an empty cart, another total,
    // nothing left, no address.
    for other in [
        purchase(),
        json!({
            "items": items, "shipping_address": address, "payment_method": "pm_sandbox_ok",
            "expected_total": { "amount": 1, "currency": "USD" },
        }),
        json!({ "items": items, "shipping_address": address, "payment_method": "pm_sandbox_declined" }),
        json!({ "items": items, "payment_method": "pm_sandbox_ok" }),
    ] {
        let under = |key: &'static str| {
            let (ann, other) = (&ann, other.clone());
            async move { ann.call_with("POST", "/orders", &[("idempotency-key", key)], Some(other)).await }
        };
        under("monday").await.refused(422, &[("IDEMPOTENCY_KEY_REUSED", "")]);
        let elsewhere = under("tuesday").await;
        assert!(matches!(elsewhere.status, 409 | 422), "{}", elsewhere.status);
        assert_ne!(elsewhere.body["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    }
    // The key belongs to ann only.
    let ben = shop.member("ben", false).await;
    buy(&ben, "monday", &[(lamp, 3)], "pm_sandbox_ok").await.refused(409, &[("OUT_OF_STOCK", lamp)]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn one_of_two_concurrent_requests_under_a_key_places_an_order() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 900)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    for seed in seeds(12) {
        shop.aws.interleave_by(seed);
        let key = seed.to_string();
        let answers = together([1, 2].map(|quantity| {
            let (ann, key) = (&ann, &key);
            async move { buy(ann, key, &[(lamp, quantity)], "pm_sandbox_ok").await }
        }))
        .await;
        let (placed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(placed.len(), 1, "seed {seed}");
        refused[0].refused(422, &[("IDEMPOTENCY_KEY_REUSED", "")]);
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_checkout_records_nothing() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    let table = || -> BTreeSet<String> {
        let items = shop.aws.items("Table").into_iter();
        let kept = items.filter(|item| !item["pk"]["S"].as_str().unwrap().starts_with("LIMIT#"));
        kept.map(|item| item.to_string()).collect()
    };
    let key = [("idempotency-key", "monday")];
    let tries = async |expected: &str, change: &dyn Fn(&mut Value)| {
        let before = table();
        let mut body = purchase();
        change(&mut body);
        let answer = ann.call_with("POST", "/orders", &key, Some(body)).await;
        assert_eq!(answer.body["errors"][0]["code"], expected, "{:#}", answer.body);
        assert!(table() == before, "{expected} has written something");
    };
    tries("CART_EMPTY", &|_| {}).await;
    tries("OUT_OF_STOCK", &|body| body["items"] = json!([{ "product_id": lamp, "quantity": 4 }])).await;
    ann.add_to_cart(lamp, 2).await.ok();
    let total = json!({ "amount": 1, "currency": "USD" });
    tries("CART_CHANGED", &|body| body["expected_total"] = total.clone()).await;
    tries("REQUIRED", &|body| drop(body.as_object_mut().unwrap().remove("shipping_address"))).await;
    edit_stock(&shop, lamp, "price", AttributeValue::N(i64::MAX.to_string())).await;
    tries("TOTAL_TOO_LARGE", &|_| {}).await;
    edit_stock(&shop, lamp, "price", AttributeValue::N("1500".to_owned())).await;
    // So the key is still free for another checkout.
    ann.call_with("POST", "/orders", &key, Some(purchase())).await.created();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkout_whose_answer_is_lost_at_any_call_is_one_order() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 900)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 2).await.ok();
    shop.aws.clear_calls();
    ann.place_order().await.created();
    let calls = shop.aws.calls().len();
    assert!(calls >= 5, "{calls} calls");

    let (mut bought, mut orders) = (2, BTreeSet::new());
    let faults = |when| [Fault::Timeout(when), Fault::Hang(when), Fault::Fail(when)];
    let faults: Vec<_> = [When::Before, When::After].into_iter().flat_map(faults).collect();
    for (point, fault) in (1..=calls).flat_map(|call| faults.iter().map(move |fault| (call, fault.clone()))) {
        ann.add_to_cart(&products[0], 2).await.ok();
        shop.aws.clear_calls();
        shop.aws.fault_nth(point, fault.clone());
        let first = ann.place_order().await;
        assert!(matches!(first.status, 201 | 503), "call {point} {fault:?}: {:#}", first.body);
        shop.aws.no_faults();
        let order = ann.place_order().await;
        assert!(first.status == 503 || first.created() == order.created(), "call {point} {fault:?}");
        assert!(orders.insert(id(order.created())), "call {point} {fault:?}");
        bought += 2;
        assert_eq!(available(&shop, &products[0]).await, 900 - bought, "call {point} {fault:?}");
    }

    // Even if no try of the transaction is answered, the table tells whether the order exists.
    for (when, expected) in [(When::Before, 503), (When::After, 201)] {
        ann.add_to_cart(&products[0], 2).await.ok();
        shop.aws.on(move |call| match call.operation.as_str() {
            "TransactWriteItems" => Fault::Timeout(when),
            _ => Fault::None,
        });
        let first = ann.place_order().await;
        assert_eq!(first.status, expected, "{when:?}: {:#}", first.body);
        shop.aws.no_faults();
        let order = ann.place_order().await;
        assert!(
            orders.insert(id(order.created())) && (expected == 503 || first.created() == order.created())
        );
    }
    assert_eq!(available(&shop, &products[0]).await, 900 - bought - 4);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_repeat_in_another_notation_is_found_despite_stale_reads() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    // From here on, eventually consistent reads do not show the order.
    shop.aws.set_lag(testkit::Lag::UntilCaughtUp);
    let order = ann.place_order().await.created().clone();
    let mut address = address("Springfield");
    address["name"] = json!("  Ann Buyer ");
    let words = format!(
        r#"{{ "shipping_address": {address:#}, "payment_method" : "pm_sandbox_ok", "items": null }}"#
    );
    let again = ann.raw("POST", "/orders", "application/json", &words).await;
    assert_eq!((again.created(), again.headers["idempotent-replayed"].as_str()), (&order, "true"));
    shop.aws.catch_up();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkout_that_keeps_losing_races_gets_503_within_five_seconds() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    shop.aws.on(|call| if call.transaction_items() > 0 { Fault::Conflict(0) } else { Fault::None });
    let began = tokio::time::Instant::now();
    let refused = ann.place_order().await;
    refused.refused(503, &[("TRY_AGAIN", "")]);
    assert_eq!(refused.headers["retry-after"], "1");
    let waited = began.elapsed();
    assert!((2..5).contains(&waited.as_secs()), "{waited:?}");
    shop.aws.no_faults();
    assert_eq!(ann.get("/orders").await.ok(), &json!([]));
    ann.place_order().await.created();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkout_that_cannot_publish_still_succeeds() {
    for fault in
        [Fault::Fail(When::Before), Fault::Throttle, Fault::Timeout(When::After), Fault::Hang(When::Before)]
    {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 1).await.ok();
        shop.aws.on(move |call| if call.service == Service::Sqs { fault.clone() } else { Fault::None });
        let order = id(ann.place_order().await.created());
        shop.aws.no_faults();
        shop.aws.queue("payments").purge();
        shop.clock.advance(RETRY_SPAN);
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
        assert_eq!(shop.again(&ann).order(&order).await.ok()["status"], "delivered");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_costs_what_its_goods_cost_when_it_is_placed() {
    let (shop, products) = Shop::with_products(&[("lamp", 10_00, 90)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    let price =
        async |cents: i64| edit_stock(&shop, lamp, "price", AttributeValue::N(cents.to_string())).await;
    let expecting = |amount: i64| {
        let mut body = purchase();
        body["expected_total"] = json!({ "amount": amount, "currency": "USD" });
        body
    };
    // A cart line is bought at today's price, unless the buyer says which price they have seen.
    ann.add_to_cart(lamp, 1).await.ok();
    price(20_00).await;
    ann.post("/orders", expecting(61_80)).await.refused(409, &[("CART_CHANGED", "")]);
    assert_eq!(ann.post("/orders", expecting(73_60)).await.created()["total"]["amount"], 73_60);
    ann.add_to_cart(lamp, 1).await.ok();
    price(30_00).await;
    assert_eq!(ann.place_order().await.created()["lines"][0]["price"]["amount"], 30_00);

    // The same holds if the price changes between its read and the order.
    for (body, refused) in [(purchase(), false), (expecting(85_40), true)] {
        price(30_00).await;
        ann.add_to_cart(lamp, 1).await.ok();
        let order = ann.post("/orders", body);
        let (order, ()) = shop.meanwhile(("CART#", "version"), order, price(40_00)).await;
        match refused {
            true => order.refused(409, &[("CART_CHANGED", "")]),
            false => assert_eq!(order.created()["total"]["amount"], 97_20),
        }
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_product_deleted_between_its_read_and_the_order_is_not_sold() {
    for (attribute, value, code) in [
        ("sellable", AttributeValue::Bool(false), "NO_LONGER_SOLD"),
        ("on_hand", AttributeValue::N("1".to_owned()), "OUT_OF_STOCK"),
    ] {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 2)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 2).await.ok();
        let edit = edit_stock(&shop, &products[0], attribute, value);
        let (order, ()) = shop.meanwhile(("CART#", "version"), ann.place_order(), edit).await;
        order.refused(409, &[(code, &products[0])]);
        assert_eq!(ann.get("/orders").await.ok(), &json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn given_items_are_limited_like_a_cart() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 300)]).await;
    let lamp = products[0].as_str();
    let ann = shop.member("ann", false).await;
    let tries = async |key: &str, items: &[(&str, i64)]| buy(&ann, key, items, "pm_sandbox_ok").await;
    tries("a", &[]).await.refused(422, &[("TOO_SHORT", "items")]);
    tries("a", &[(lamp, 1); 51]).await.refused(422, &[("TOO_LONG", "items")]);
    tries("a", &[(lamp, 50), (lamp, 50)]).await.refused(422, &[("OUT_OF_RANGE", "items")]);
    tries("a", &[(lamp, 0), (lamp, 100)])
        .await
        .refused(422, &[("OUT_OF_RANGE", "items[0].quantity"), ("OUT_OF_RANGE", "items[1].quantity")]);
    let nobodys = "prd_00000000000000000000000000";
    tries("a", &[(nobodys, 1)]).await.refused(409, &[("NO_LONGER_SOLD", nobodys)]);
    // A product that is named twice is one line.
    let order = tries("a", &[(lamp, 50), (lamp, 49)]).await.created().clone();
    let lines = order["lines"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["quantity"]), (1, &json!(99)));
    assert_eq!(available(&shop, lamp).await, 201);
    shop.drain_queues().await;
}

/// The bytes that DynamoDB counts for an item.
fn size(item: &Value) -> usize {
    fn of(value: &Value) -> usize {
        let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
        let text = |text: &Value| text.as_str().map_or(0, str::len);
        match (kind.as_str(), value) {
            ("S" | "B", value) => text(value),
            ("N", value) => text(value).div_ceil(2) + 1,
            ("M", Value::Object(entries)) => {
                3 + entries.iter().map(|(name, value)| name.len() + of(value) + 1).sum::<usize>()
            }
            ("L", Value::Array(entries)) => 3 + entries.iter().map(|value| of(value) + 1).sum::<usize>(),
            _ => 1,
        }
    }
    item.as_object().unwrap().iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// The size of an order's item with this sort key.
fn size_of(shop: &Shop, order: &str, sk: &str) -> usize {
    let items = shop.aws.items("Table");
    let item = items.iter().find(|item| item["pk"]["S"] == format!("ORDER#{order}") && item["sk"]["S"] == sk);
    size(item.unwrap())
}

/// The number of items of each transaction of a function.
fn transactions(shop: &Shop, caller: &str) -> Vec<usize> {
    let calls = shop.aws.calls().into_iter().filter(|call| &*call.info.caller == caller);
    calls.map(|call| call.info.transaction_items()).filter(|items| *items > 0).collect()
}

#[tokio::test(start_paused = true)]
async fn the_largest_order_is_one_transaction_and_each_seller_sees_their_part() {
    let shop = Shop::open();
    let mut products = Vec::new();
    for number in 0..21 {
        let names: Vec<_> = (0..3).map(|product| format!("product-{product}")).collect();
        let names: Vec<_> = names.iter().map(|name| (name.as_str(), 10_00 + number, 9)).collect();
        products.extend(shop.sell(&format!("seller{number:02}"), &names).await);
    }
    shop.drain_queues().await;
    let ann = shop.member("ann", false).await;
    let of_21: Vec<_> = products.iter().step_by(3).map(|product| (product.as_str(), 1)).collect();
    buy(&ann, "21", &of_21, "pm_sandbox_ok").await.refused(409, &[("TOO_MANY_STORES", "")]);

    // 50 products of 20 stores: three each of ten stores, and two each of the other ten.
    let chosen = products[..60].iter().enumerate().filter(|(place, _)| *place < 30 || place % 3 > 0);
    for (_, product) in chosen {
        ann.add_to_cart(product, 1).await.ok();
    }
    shop.aws.clear_calls();
    let placed = ann.place_order().await.created().clone();
    let order = id(&placed);
    assert_eq!(placed["lines"].as_array().unwrap().len(), 50);
    // Snapshot, contact, head, 20 pointers, the cart and 50 stocks; DynamoDB allows 100.
    assert_eq!(transactions(&shop, "place-order"), [3 + 20 + 1 + 50]);
    let at_first = size_of(&shop, &order, "HEAD");

    let mut parts = 0;
    for number in 0..20 {
        let seller = shop.find(&format!("seller{number:02}")).await;
        parts += seller.order(&order).await.ok()["subtotal"]["amount"].as_i64().unwrap();
    }
    assert_eq!(placed["subtotal"]["amount"], parts);
    let twin = placed["lines"].as_array().unwrap().iter().map(|line| line["product_id"].as_str().unwrap());
    let twin: Vec<_> = twin.map(|product| (product, 8)).collect();
    let twin = id(buy(&ann, "twin", &twin, "pm_sandbox_ok").await.created());
    ann.post(&format!("/orders/{twin}/cancel"), json!({ "reason": "x".repeat(2000) })).await.ok();
    // The head, 50 stocks, and the contact for the reason.
    assert_eq!(transactions(&shop, "cancel-order"), [1 + 50 + 1]);

    shop.drain_queues().await;
    let (ann, at_last) = (shop.again(&ann), size_of(&shop, &order, "HEAD"));
    assert_eq!(ann.order(&order).await.ok()["status"], "delivered");
    println!("the head has {at_first} bytes at first and {at_last} at last");
    assert!(at_first < 4096, "{at_first}");
    // Once delivered, the largest head is over the 4 KB of a read unit, and far below the limit of an item.
    assert!(at_last < 6 * 1024, "{at_last}");
    for product in products {
        let expected = if placed.to_string().contains(&product) { 8 } else { 9 };
        assert_eq!(available(&shop, &product).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_of_an_order_of_one_store_costs_one_write_unit_to_the_end() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.member("ann", false).await;
    let order = id(buy(&ann, "a", &[(&products[0], 1)], "pm_sandbox_ok").await.created());
    shop.drain_queues().await;
    let path = format!("/orders/{order}/complete");
    assert_eq!(shop.again(&ann).call("POST", &path, None).await.ok()["status"], "completed");
    let size = size_of(&shop, &order, "HEAD");
    println!("{size} bytes");
    assert!(size <= 1024, "{size}");
}
