//! The cost of operating the chain, of moving orders by hand, and of payments by Stripe.

use domain::orders::debt::{COMPLETE_AFTER, RETRY_SPAN};
use serde_json::json;
use testkit::Fault;

use super::{Ledger, Most, Row};
use crate::areas::fulfilment::stripe::ASKS_THE_BUYER;
use crate::shop::people::purchase;
use crate::shop::placed::Placed;
use crate::shop::world::Shop;

/// A sweep that finds nothing to do.
pub const NOTHING_LATE: &str = "sweep: nothing is late";
/// The sweeper's first visit, 6 minutes after the checkout of an order that was not held up.
pub const DUE_TIME_CORRECTED: &str = "sweep: an order is not late";
/// The sweeper's second visit.
pub const COMPLETED: &str = "sweep: an order is completed, 14 days after it has arrived";

/// All rows.
pub async fn rows() -> Vec<Row> {
    let ledgers = [
        Box::pin(operating()).await,
        Box::pin(by_the_clock()).await,
        Box::pin(by_hand()).await,
        Box::pin(real_money()).await,
    ];
    ledgers.into_iter().flat_map(|ledger| ledger.rows).collect()
}

/// How operators look at dead letters and redrive them, and what the schedule costs.
async fn operating() -> Ledger {
    let order = Placed::in_shop(Shop::open(), "pm_sandbox_ok").await;
    let shop = &order.shop;
    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    let operator = shop.member("operator", true).await;
    let [queue, stuck, user] = [
        "/admin/queues/payments/redrive".to_owned(),
        format!("/admin/orders/{}/redrive", order.order),
        format!("/admin/users/{}/redrive", order.ann.id),
    ];
    // Every environment is warm, and every key set is read.
    shop.sweep().await.unwrap();
    for path in ["/admin/queues", "/admin/orders?overdue=true"] {
        operator.get(path).await.ok();
    }
    for path in [&queue, &stuck, &user] {
        operator.call("POST", path, None).await.data(202);
    }
    shop.sweep().await.unwrap();
    shop.aws.on(|call| match &*call.caller {
        "take-payment" if call.operation == "UpdateItem" => Fault::Refuse(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    shop.drain_queues().await;
    shop.aws.no_faults();

    ledger.count("queues, with a dead letter", Most(3, 2.0, 0.0), operator.get("/admin/queues")).await;
    ledger
        .count("list of overdue orders", Most(3, 2.0, 0.0), operator.get("/admin/orders?overdue=true"))
        .await;
    let redrive = operator.call("POST", &queue, None);
    ledger.count("redrive of a dead letter", Most(5, 1.0, 0.0), redrive).await;
    ledger.count("redrive of an order", Most(3, 2.0, 4.0), operator.call("POST", &stuck, None)).await;
    ledger.count("redrive of a user's mails", Most(3, 2.0, 4.0), operator.call("POST", &user, None)).await;
    ledger.count("sweep: an order is late", Most(6, 4.0, 4.0), shop.sweep()).await;
    order.settle().await;
    // An hour later nothing is late any more, and every due time is right.
    shop.clock.advance(RETRY_SPAN);
    shop.sweep().await.unwrap();
    ledger.count(NOTHING_LATE, Most(4, 2.0, 0.0), shop.sweep()).await;
    ledger
}

/// The sweeper's work for an order without problems.
async fn by_the_clock() -> Ledger {
    let order = Placed::in_shop(Shop::open(), "pm_sandbox_ok").await;
    let shop = &order.shop;
    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    shop.clock.advance(RETRY_SPAN);
    ledger.count(DUE_TIME_CORRECTED, Most(3, 4.0, 4.0), shop.sweep()).await;
    shop.clock.advance(COMPLETE_AFTER);
    ledger.count(COMPLETED, Most(5, 5.0, 6.0), shop.sweep()).await;
    assert_eq!(order.status().await, "completed");
    shop.drain_queues().await;
    ledger
}

/// A seller's move, and a buyer's confirmation that everything has arrived.
async fn by_hand() -> Ledger {
    let shop = Shop::open();
    shop.sell("potter", &[("vase", 9_00, 9)]).await;
    let lamp = shop.sell_by_hand("seller", "lamp", 9).await;
    let (ann, seller) = (shop.member("ann", false).await, shop.find("seller").await);
    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    let mut body = purchase();
    body["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    let key = [("idempotency-key", "one")];
    let order = ann.call_with("POST", "/orders", &key, Some(body)).await.created()["id"].clone();
    let order = order.as_str().unwrap();
    let (status, complete) = (format!("/orders/{order}/status"), format!("/orders/{order}/complete"));
    let payment = format!("/orders/{order}/payment");
    let moved = async |to: &str| {
        let moved = json!({ "status": to });
        seller.call("PUT", &status, Some(moved)).await
    };
    // Every environment is warm, and every key set is read.
    ann.call("POST", &complete, None).await.data(409);
    moved("processing").await.data(409);
    ann.get(&payment).await.ok();
    shop.drain_queues().await;

    ledger.count("payment of an order", Most(1, 2.0, 0.0), ann.get(&payment)).await;
    ledger.count("a seller's move", Most(3, 3.0, 4.0), moved("processing")).await;
    for to in ["shipping", "shipped", "delivered"] {
        moved(to).await.ok();
    }
    shop.drain_queues().await;
    let completed = ann.call("POST", &complete, None);
    ledger.count("a buyer completes an order", Most(2, 1.0, 4.0), completed).await;
    ledger
}

/// The cost of payments by Stripe, beside its calls, which use no units.
async fn real_money() -> Ledger {
    let order = Placed::in_shop(Shop::with_stripe(), ASKS_THE_BUYER).await;
    let mut ledger = Ledger { shop: order.shop.clone(), rows: Vec::new() };
    let payment = format!("/orders/{}/payment", order.order);
    order.shop.start("take-payment").await;
    order.hears(&json!({ "type": "nothing.of.ours" })).await;
    order.ann.get(&payment).await.ok();

    let first = order.shop.work_off("payments");
    ledger.count("take payment by Stripe, and the bank asks", Most(3, 1.5, 4.0), first).await;
    ledger.count("what the buyer has to do", Most(1, 2.0, 0.0), order.ann.get(&payment)).await;
    let intent = order.intent();
    assert!(order.shop.aws.stripe().authenticate(intent["id"].as_str().unwrap(), true));
    let event = order.event("payment_intent.succeeded");
    ledger.count("event of Stripe", Most(0, 0.0, 0.0), order.hears(&event)).await;
    let second = order.shop.work_off("payments");
    ledger.count("take payment by Stripe, once the bank agrees", Most(2, 1.5, 4.0), second).await;
    order.settle().await;
    ledger
}
