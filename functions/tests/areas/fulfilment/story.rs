//! The whole life of an order, in process.

use std::time::Duration;

use domain::messages::QUEUES;
use serde_json::json;

use crate::shop::people::purchase;
use crate::shop::world::{Shop, TRACE};

#[tokio::test(start_paused = true)]
async fn an_order_travels_from_cart_to_doorstep() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.shopper("ann").await;

    ann.add_to_cart(&products[0], 2).await.ok();
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;

    // 2 × 15.00 + 18 % tax + 50.00 shipping
    let answer = ann.order(&order).await;
    let shown = answer.ok();
    assert_eq!(shown["status"], "delivered");
    assert_eq!(shown["payment_status"], "paid");
    assert_eq!(shown["total"], json!({ "amount": 85_40, "currency": "USD" }));
    let events: Vec<_> =
        shown["timeline"].as_array().unwrap().iter().map(|event| event["event"].clone()).collect();
    assert_eq!(events, ["pending", "paid", "processing", "shipping", "labelled", "shipped", "delivered"],);
    let number = shown["number"].as_str().unwrap();
    assert_eq!(
        shop.mails(&ann.email),
        [
            "Welcome to the shop".to_owned(),
            format!("Order {number} is confirmed"),
            format!("Order {number} is packed"),
            format!("Order {number} is on its way"),
            format!("Order {number} was delivered"),
        ]
    );
    assert_eq!(ann.get("/cart").await.ok()["items"], json!([]));
    assert_eq!(shop.guest().get(&format!("/products/{}", products[0])).await.ok()["available"], 1);
}

#[tokio::test(start_paused = true)]
async fn every_message_carries_its_request_id() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 10)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    ann.call_with("POST", "/orders", &[("x-request-id", "click-7")], Some(purchase())).await.created();
    let mut messages = 0;
    for _ in 0..4 {
        for queue in QUEUES {
            for message in shop.aws.queue(queue).all() {
                assert_eq!(message.attributes["request_id"].value, "click-7", "{message:?}");
                assert_eq!(message.trace_header.as_deref(), Some(TRACE), "{message:?}");
                messages += 1;
            }
            shop.work_off(queue).await.unwrap();
        }
    }
    assert!(messages >= 7, "{messages}");
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn two_purchases_in_a_row_are_two_orders() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 30)]).await;
    let ann = shop.shopper("ann").await;
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..2 {
        ann.add_to_cart(&products[0], 1).await.ok();
        orders.insert(ann.place_order().await.created()["id"].to_string());
    }
    assert_eq!(orders.len(), 2);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_purchase_is_not_answered_with_the_one_before() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 1)]).await;
    let ann = shop.shopper("ann").await;
    ann.add_to_cart(&products[0], 1).await.ok();
    let order = ann.place_order().await.created()["id"].clone();
    // The answer is lost, and the same request comes again: it gets the same order.
    let again = ann.place_order().await;
    assert_eq!((&again.created()["id"], again.headers["idempotent-replayed"].as_str()), (&order, "true"));
    // Another lamp is another checkout, and none is left.
    ann.add_to_cart(&products[0], 1).await.ok();
    ann.place_order().await.refused(409, &[("OUT_OF_STOCK", &products[0])]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_cart_refilled_or_with_a_cancelled_order_buys_nothing() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    for cancels in [true, false] {
        let ann = shop.member(if cancels { "ann" } else { "ben" }, false).await;
        ann.add_to_cart(&products[0], 1).await.ok();
        let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
        if cancels {
            ann.call("POST", &format!("/orders/{order}/cancel"), None).await.ok();
        } else {
            ann.add_to_cart(&products[0], 1).await.ok();
            ann.remove_from_cart(&products[0]).await.ok();
        }
        ann.place_order().await.refused(409, &[("CART_EMPTY", "")]);
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_cart_forgets_its_last_order_after_ten_minutes() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 1)]).await;
    let ann = shop.shopper("ann").await;
    ann.add_to_cart(&products[0], 1).await.ok();
    ann.place_order().await.created();
    let mut other = purchase();
    other["payment_method"] = json!("pm_sandbox_slow");
    ann.post("/orders", other).await.refused(409, &[("CART_EMPTY", "")]);
    shop.clock.advance(Duration::from_mins(10));
    ann.place_order().await.refused(409, &[("CART_EMPTY", "")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_purchase_is_never_answered_with_the_one_before() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 30), ("desk", 99_00, 1)]).await;
    let ann = shop.shopper("ann").await;
    let mut body = purchase();
    body["expected_total"] = json!({ "amount": 67_70, "currency": "USD" });
    ann.add_to_cart(&products[0], 1).await.ok();
    let first = ann.post("/orders", body.clone()).await.created()["id"].clone();
    // A repeat finds the cart empty, and gets the first answer.
    assert_eq!(ann.post("/orders", body.clone()).await.created()["id"], first);

    // The same request with another cart is another checkout.
    ann.add_to_cart(&products[0], 2).await.ok();
    ann.post("/orders", body).await.refused(409, &[("CART_CHANGED", "")]);
    ann.place_order().await.created();
    ann.add_to_cart(&products[1], 2).await.ok();
    ann.place_order().await.refused(409, &[("OUT_OF_STOCK", &products[1])]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn one_key_is_one_order_and_another_request_under_it_is_refused() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 30)]).await;
    let ann = shop.shopper("ann").await;
    let mut body = purchase();
    body["items"] = json!([{ "product_id": products[0], "quantity": 3 }]);
    let key = [("idempotency-key", "attempt-1")];

    ann.call("POST", "/orders", Some(body.clone())).await.refused(400, &[("MALFORMED", "")]);
    let first = ann.call_with("POST", "/orders", &key, Some(body.clone())).await;
    let again = ann.call_with("POST", "/orders", &key, Some(body.clone())).await;
    assert_eq!(first.created(), again.created());
    assert_eq!(again.headers["idempotent-replayed"], "true");
    body["items"][0]["quantity"] = json!(4);
    let other = ann.call_with("POST", "/orders", &key, Some(body)).await;
    other.refused(422, &[("IDEMPOTENCY_KEY_REUSED", "")]);
    shop.drain_queues().await;
    assert_eq!(shop.guest().get(&format!("/products/{}", products[0])).await.ok()["available"], 27);
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_cancels_the_order_and_gives_the_stock_back() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.shopper("ann").await;
    ann.add_to_cart(&products[0], 3).await.ok();
    let mut body = purchase();
    body["payment_method"] = json!("pm_sandbox_declined");
    let order = ann.post("/orders", body).await.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;
    let answer = ann.order(&order).await;
    assert_eq!(
        (&answer.ok()["status"], &answer.ok()["payment_status"]),
        (&json!("cancelled"), &json!("failed"))
    );
    assert_eq!(shop.guest().get(&format!("/products/{}", products[0])).await.ok()["available"], 3);
    assert!(shop.mails(&ann.email).last().unwrap().ends_with("was cancelled"));
}

#[tokio::test(start_paused = true)]
async fn a_flaky_and_a_slow_bank_are_paid_in_the_end() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.shopper("ann").await;
    for method in ["pm_sandbox_flaky", "pm_sandbox_slow"] {
        ann.add_to_cart(&products[0], 1).await.ok();
        let mut body = purchase();
        body["payment_method"] = json!(method);
        let order = ann.post("/orders", body).await.created()["id"].as_str().unwrap().to_owned();
        shop.drain_queues().await;
        assert_eq!(ann.order(&order).await.ok()["status"], "delivered", "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cart_of_two_stores_is_one_order_with_a_parcel_of_each() {
    let (shop, lamps) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let desks = shop.sell("joiner", &[("desk", 99_00, 3)]).await;
    let ann = shop.shopper("ann").await;
    ann.add_to_cart(&lamps[0], 1).await.ok();
    ann.add_to_cart(&desks[0], 1).await.ok();
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    shop.aws.interleave_by(2);
    shop.drain_queues().await;

    let answer = ann.order(&order).await;
    let shown = answer.ok();
    // 114.00 + 18 % tax + one shipping fee
    assert_eq!((&shown["status"], &shown["total"]["amount"]), (&json!("delivered"), &json!(184_52)));
    assert_eq!(shown["fulfilments"].as_array().unwrap().len(), 2);
    assert_eq!(shown["timeline"].as_array().unwrap().len(), 2 + 2 * 5);
    assert_eq!(shop.ledger("LABEL").len(), 2);
    // The welcome, one confirmation, and three mails about each parcel.
    assert_eq!(shop.mails(&ann.email).len(), 1 + 1 + 2 * 3);
}

#[tokio::test(start_paused = true)]
async fn orders_of_a_manual_store_are_left_to_the_seller() {
    let shop = Shop::open();
    let seller = shop.member("seller", false).await;
    seller.post("/stores", json!({ "name": "By hand", "fulfilment": "manual" })).await.created();
    let admin = shop.member("admin", true).await;
    let category = admin.post("/categories", json!({ "name": "Lamps" })).await.created()["id"].clone();
    let lamp = json!({
        "name": "Lamp", "sku": "l", "price": { "amount": 1, "currency": "USD" },
        "category_id": category, "stock": 1,
    });
    let lamp = seller.post("/products", lamp).await.created()["id"].as_str().unwrap().to_owned();
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&lamp, 1).await.ok();
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;
    // Even after a week of sweeps only the seller moves it, and it is not stuck either.
    for _ in 0..7 {
        shop.clock.advance(Duration::from_hours(24));
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
    }
    let head = shop.table().order_head(order.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((format!("{:?}", head.status()), head.attempts), ("Paid".to_owned(), 0));
}
