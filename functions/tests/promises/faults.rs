//! Faults: nothing is lost, and nothing happens twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::messages::QUEUES;
use domain::orders::debt::{COMPLETE_AFTER, PAY_WITHIN, RETRY_SPAN};
use serde_json::json;
use testkit::{Call, Fault, Lag, Service, When};

use crate::contract::template::observed;
use crate::shop::people::{PASSWORD, purchase};
use crate::shop::placed::{Placed, STOCK};
use crate::shop::world::{Shop, seeds, together};

async fn placed(method: &str) -> Placed {
    Placed::in_shop(Shop::open(), method).await
}

impl Placed {
    /// Asserts that the order was delivered, charged once, labelled once, and that every mail was sent.
    async fn arrived(&self) {
        assert_eq!(self.status().await, "delivered");
        assert_eq!(self.available().await, STOCK - 2);
        assert_eq!(self.shop.ledger("PAYMENT"), ["captured"]);
        assert_eq!(self.shop.ledger("LABEL").len(), 1);
        assert_eq!(self.shop.ledger("REFUND").len(), 0);
        let mails: BTreeSet<_> = self.shop.mails(&self.ann.email).into_iter().collect();
        assert_eq!(mails.len(), 4, "{mails:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_publish_is_found_overdue_and_repeated() {
    for lost in ["place-order", "take-payment", "pack-order", "ship-parcel", "deliver-parcel"] {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
        shop.aws.on(move |call| match call.service {
            Service::Sqs if &*call.caller == lost => Fault::Drop,
            _ => Fault::None,
        });
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 2).await.ok();
        let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
        shop.drain_queues().await;
        let placed = Placed { shop: shop.clone(), ann, lamp: products[0].clone(), order };
        assert_ne!(placed.shop.mails(&placed.ann.email).len(), 4, "{lost} has nothing to lose");

        shop.aws.no_faults();
        // Two sweeps after the due time are enough.
        for _ in 0..2 {
            shop.clock.advance(RETRY_SPAN);
            shop.sweep().await.unwrap();
            shop.drain_queues().await;
        }
        placed.arrived().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_write_that_meets_a_transaction_is_retried() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    shop.aws.clear_calls();
    shop.aws.on(|call| match &*call.operation {
        "UpdateItem" if call.nth % 2 == 1 => Fault::Conflict(0),
        _ => Fault::None,
    });
    ann.call("DELETE", "/auth/sessions", None).await.data(204);
    let refused = shop.aws.calls().iter().filter(|call| call.fault != Fault::None).count();
    assert!(refused > 0, "no write met a transaction");
}

/// Every call of the chain for one order, and every place before or after one where a process can crash.
async fn points() -> (Vec<Call>, Vec<(usize, When)>) {
    let clean = placed("pm_sandbox_ok").await;
    clean.shop.aws.clear_calls();
    clean.shop.drain_queues().await;
    let calls = clean.shop.aws.calls();
    clean.arrived().await;
    assert!(calls.len() > 30, "{} calls", calls.len());
    let points = (1..=calls.len()).flat_map(|call| [(call, When::Before), (call, When::After)]).collect();
    (calls, points)
}

/// Asserts that an order is delivered although processes crash at these points; returns how many mails its
/// buyer has got.
async fn arrives_in_spite_of(points: &[(usize, When)], lag: Lag) -> usize {
    let order = placed("pm_sandbox_ok").await;
    order.shop.aws.set_lag(lag);
    order.shop.aws.clear_calls();
    for (call, when) in points {
        order.shop.aws.fault_nth(*call, Fault::Crash(*when));
    }
    order.settle().await;
    // A process that crashed early may make fewer calls than the number of the second crash.
    order.shop.aws.no_faults();
    order.shop.aws.set_lag(Lag::None);
    order.arrived().await;
    order.shop.mails(&order.ann.email).len()
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_or_after_any_call_of_the_chain_changes_nothing_in_the_end() {
    let (calls, points) = points().await;
    println!("{} calls, {} points", calls.len(), points.len());
    for (call, when) in points {
        // Every second time reads also lag.
        let lag = if call % 2 == 0 { Lag::Calls(3) } else { Lag::None };
        let mails = arrives_in_spite_of(&[(call, when)], lag).await;
        let crashed = &calls[call - 1];
        // A second copy is sent only after a crash between the provider's acceptance and our record of it.
        let accepted = crashed.info.service == Service::Ses && when == When::After;
        let unrecorded = &*crashed.info.caller == "send-mail" && when == When::Before;
        assert!(mails == 4 || (mails == 5 && (accepted || unrecorded)), "{mails} mails, {crashed} {when:?}");
    }
}

/// `cargo crashes`
#[tokio::test(start_paused = true)]
#[ignore = "takes ten minutes"]
async fn two_crashes_around_any_calls_of_the_chain_do_not_change_the_end() {
    let (calls, points) = points().await;
    let pairs: Vec<_> =
        (0..points.len()).flat_map(|one| (one + 1..points.len()).map(move |two| (one, two))).collect();
    println!("{} calls, {} points, {} pairs", calls.len(), points.len(), pairs.len());
    for (number, (one, two)) in pairs.into_iter().enumerate() {
        if number % 100 == 0 {
            println!("{number}");
        }
        let lag = if number % 2 == 0 { Lag::Calls(3) } else { Lag::None };
        let mails = arrives_in_spite_of(&[points[one], points[two]], lag).await;
        assert!((4..=6).contains(&mails), "{mails} mails, {:?} {:?}", points[one], points[two]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_or_after_any_call_of_a_checkout_makes_one_order() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 99)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 2).await.ok();
    shop.aws.clear_calls();
    ann.place_order().await.created();
    let calls = shop.aws.calls().len();
    shop.drain_queues().await;

    for (point, when) in (1..=calls).flat_map(|call| [(call, When::Before), (call, When::After)]) {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 2).await.ok();
        shop.aws.clear_calls();
        shop.aws.fault_nth(point, Fault::Crash(when));
        let crashed = ann.try_place_order().await;
        assert!(crashed.is_err(), "call {point} {when:?} is not made");
        // The buyer got no answer, and sends the request again.
        let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
        let placed = Placed { shop, ann, lamp: products[0].clone(), order };
        placed.settle().await;
        placed.arrived().await;
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_and_shuffled_messages_end_like_each_message_once() {
    for (seed, copies) in (0..).zip(2..=5) {
        let order = placed("pm_sandbox_ok").await;
        order.shop.drain_queues_shuffled(seed, copies).await;
        order.settle().await;
        order.arrived().await;
        let mails = order.shop.mails(&order.ann.email).len();
        assert_eq!(mails, 4, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn database_faults_delay_orders_and_lose_none() {
    for seed in 0..12 {
        let order = placed("pm_sandbox_ok").await;
        let rate = [0.01, 0.05, 0.15, 0.30][seed % 4];
        order.shop.aws.random_faults(seed as u64, rate);
        for _ in 0..4 {
            for queue in QUEUES {
                let _ = order.shop.work_off(queue).await;
            }
        }
        order.shop.aws.no_faults();
        order.settle().await;
        println!("seed {seed}, rate {rate}");
        order.arrived().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_pays_is_cancelled_after_two_hours() {
    let order = placed("pm_sandbox_ok").await;
    order.shop.aws.queue("payments").purge();
    // The bank does not answer for two hours.
    order.shop.aws.on(|call| if observed::is_sandbox(call) { Fault::Throttle } else { Fault::None });
    let mut passed = Duration::ZERO;
    while passed < PAY_WITHIN + Duration::from_mins(130) {
        order.shop.clock.advance(Duration::from_mins(5));
        passed += Duration::from_mins(5);
        drop(order.shop.sweep().await);
        for queue in QUEUES {
            let _ = order.shop.work_off(queue).await;
        }
    }
    assert_eq!(order.status().await, "cancelled");
    assert_eq!(order.available().await, STOCK);
    order.shop.aws.no_faults();
    order.shop.aws.queue("payments").purge();
    order.shop.forget_dead_letters();

    // The bank answers again: nothing was captured, and nothing ever will be.
    order.shop.remind(&order.order);
    order.settle().await;
    let shown = order.shown().await;
    assert_eq!((&shown["status"], &shown["payment_status"]), (&json!("cancelled"), &json!("failed")));
    assert_eq!(order.shop.ledger("PAYMENT"), ["voided"]);
    assert_eq!(order.available().await, STOCK);
}

#[tokio::test(start_paused = true)]
async fn money_that_comes_after_the_cancel_is_refunded() {
    let order = placed("pm_sandbox_ok").await;
    // The bank takes the money, but the worker dies before it can record that, and its message is lost.
    order.shop.aws.on(|call| match (&*call.caller, call.operation.as_str()) {
        ("take-payment", "UpdateItem") => Fault::Crash(When::Before),
        _ => Fault::None,
    });
    let _ = order.shop.work_off("payments").await;
    assert_eq!(order.shop.ledger("PAYMENT"), ["captured"]);
    order.shop.aws.no_faults();
    order.shop.aws.queue("payments").purge();
    order.shop.clock.advance(PAY_WITHIN + RETRY_SPAN);
    // The sweeper retries the payment before the order expires; this message is lost, too.
    order.shop.sweep().await.unwrap();
    assert_eq!(order.status().await, "pending");
    order.shop.aws.queue("payments").purge();
    order.shop.clock.advance(Duration::from_mins(2));
    order.shop.sweep().await.unwrap();
    order.settle().await;
    let shown = order.shown().await;
    assert_eq!((&shown["status"], &shown["payment_status"]), (&json!("cancelled"), &json!("refunded")));
    assert_eq!(order.shop.ledger("REFUND"), ["8540"]);
    assert_eq!(order.available().await, STOCK);
}

#[tokio::test(start_paused = true)]
async fn one_of_a_concurrent_payment_and_expiry_wins() {
    let mut ends = BTreeMap::new();
    for seed in seeds(24) {
        let order = placed("pm_sandbox_ok").await;
        let Placed { shop, .. } = &order;
        // The message comes exactly when the two hours are over, and so does the sweeper, which has sent a
        // reminder before.
        shop.clock.advance(RETRY_SPAN);
        shop.sweep().await.unwrap();
        shop.clock.advance(PAY_WITHIN.saturating_sub(RETRY_SPAN));
        shop.aws.interleave_by(seed);
        let late = async |turns: u64| {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        let pay = async {
            late(seed % 5 * 8).await;
            shop.work_off("payments").await.unwrap();
        };
        let expire = async {
            late(seed / 5 * 4).await;
            shop.sweep().await.unwrap();
        };
        tokio::join!(pay, expire);
        order.settle().await;

        let shown = order.shown().await;
        let (payments, refunds) = (shop.ledger("PAYMENT"), shop.ledger("REFUND"));
        let end = (shown["status"].as_str().unwrap(), shown["payment_status"].as_str().unwrap());
        match end {
            ("delivered", "paid") => order.arrived().await,
            ("cancelled", "refunded") => assert_eq!((payments.len(), refunds), (1, vec!["8540".to_owned()])),
            ("cancelled", "failed") => assert_eq!((payments, refunds.len()), (vec!["voided".to_owned()], 0)),
            end => panic!("seed {seed}: {end:?}"),
        }
        let left = if end.0 == "cancelled" { STOCK } else { STOCK - 2 };
        assert_eq!(order.available().await, left, "seed {seed}");
        let parcels = usize::from(end.0 == "delivered");
        assert_eq!(shop.ledger("LABEL").len(), parcels, "seed {seed}");
        *ends.entry(format!("{end:?}")).or_insert(0) += 1;
    }
    println!("{ends:?}");
    assert_eq!(ends.len(), 3, "it is paid, paid too late, or not paid at all: {ends:?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_paid_while_it_expires_stays_paid() {
    let order = placed("pm_sandbox_ok").await;
    let Placed { shop, .. } = &order;
    shop.clock.advance(RETRY_SPAN);
    shop.sweep().await.unwrap();
    shop.clock.advance(PAY_WITHIN.saturating_sub(RETRY_SPAN));
    // The sweeper has found the order unpaid, and reads all of it to return its stock. That read hangs while
    // the order is paid.
    let pk = format!("ORDER#{}", order.order);
    let hung = Arc::new(AtomicBool::new(false));
    let seen = hung.clone();
    shop.aws.on(move |call| {
        let whole = call.request["ExpressionAttributeValues"][":partition"]["S"] == pk;
        match &*call.caller {
            "sweep-overdue" if whole && !seen.swap(true, Ordering::Relaxed) => Fault::Hang(When::Before),
            _ => Fault::None,
        }
    });
    let pay = async {
        while !hung.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        shop.work_off("payments").await.unwrap();
    };
    let (swept, ()) = tokio::join!(shop.sweep(), pay);
    swept.unwrap();
    assert_eq!(order.status().await, "paid");
    order.settle().await;
    order.arrived().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivered_order_is_complete_after_two_weeks() {
    let order = placed("pm_sandbox_ok").await;
    order.settle().await;
    order.arrived().await;
    order.shop.clock.advance(RETRY_SPAN);
    order.shop.sweep().await.unwrap();
    order.shop.clock.advance(COMPLETE_AFTER);
    order.shop.sweep().await.unwrap();
    assert_eq!(order.status().await, "completed");
    assert!(order.shop.owes_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn a_bad_message_is_dead_lettered_alone() {
    let order = placed("pm_sandbox_ok").await;
    let ok = order.shop.aws.queue("payments");
    for body in
        ["{", "{}", r#"{"v":9,"order":"ord_00000000000000000000000000"}"#, r#"{"v":1,"order":"usr_1"}"#]
    {
        ok.send(body);
    }
    // An order that does not exist may still appear, so the message is retried and then dead-lettered.
    ok.send(r#"{"v":1,"order":"ord_00000000000000000000000000"}"#);
    order.shop.drain_queues().await;
    order.arrived().await;
    assert_eq!(order.shop.dead_letters().len(), 5);
    assert!(order.shop.dead_letters().iter().all(|message| message.receive_count == 5));
    order.shop.forget_dead_letters();
}

#[tokio::test(start_paused = true)]
async fn an_order_that_always_fails_gets_a_bounded_number_of_reminders() {
    let order = placed("pm_sandbox_ok").await;
    order.shop.may_leave_messages();
    order.shop.aws.on(|call| if observed::is_sandbox(call) { Fault::Throttle } else { Fault::None });
    let mut reminders = Vec::new();
    for _ in 0..2 {
        order.shop.aws.clear_calls();
        for _ in 0..100 {
            order.shop.clock.advance(Duration::from_mins(10));
            drop(order.shop.sweep().await);
        }
        let sent = order.shop.aws.calls().into_iter().filter(|call| call.info.service == Service::Sqs);
        reminders.push(sent.count());
    }
    // The payment, then the settlement and the mail of the cancellation, each at most 8 times. Then the order
    // waits for a person.
    assert!((8..=8 + 2 * 8 + 2).contains(&reminders[0]) && reminders[1] == 0, "{reminders:?}");
}

#[tokio::test(start_paused = true)]
async fn an_add_whose_answer_is_lost_counts_once() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
    let ann = shop.member("ann", false).await;
    shop.aws.on(|call| match (&*call.caller, call.operation.as_str(), call.nth) {
        ("add-to-cart", "UpdateItem", 1) => Fault::Timeout(When::After),
        _ => Fault::None,
    });
    shop.aws.clear_calls();
    assert_eq!(ann.add_to_cart(&products[0], 2).await.ok()["items"][0]["quantity"], 2);
    let adds = shop.aws.calls().into_iter().filter(|call| call.info.operation == "UpdateItem");
    assert_eq!(adds.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn lagging_reads_cause_no_wrong_order() {
    let shop = Shop::open();
    // From here on every eventually consistent read shows the empty shop of before.
    shop.aws.set_lag(Lag::UntilCaughtUp);
    let products = shop.sell("seller", &[("lamp", 15_00, STOCK)]).await;
    shop.shopper("ann").await;
    let ann = shop.log_in("ann@example.com").await;
    ann.add_to_cart(&products[0], 2).await.ok();
    assert_eq!(ann.get("/cart").await.ok()["items"].as_array().unwrap().len(), 1);
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;
    let placed = Placed { shop: shop.clone(), ann, lamp: products[0].clone(), order };
    assert_eq!(placed.status().await, "delivered");
    assert_eq!(placed.available().await, STOCK - 2);
    assert_eq!(shop.mails("ann@example.com").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_and_a_worker_that_race_keep_every_debt_in_the_index() {
    let order = placed("pm_sandbox_ok").await;
    order.shop.may_leave_messages();
    let (table, id) = (order.shop.table_of("sweep-overdue"), order.order.parse().unwrap());
    let seen = table.order_head(id).await.unwrap().unwrap();
    let paid = seen.paid("pay_1", table.now()).unwrap();
    let later = seen.due_at.map(|at| at + COMPLETE_AFTER);

    // The worker is faster: the sweeper's change was computed from an older head.
    let moved = table.write_change(&seen, &paid).await.unwrap().unwrap();
    assert!(!table.remind_order(&seen, later, 0).await.unwrap());
    // The sweeper is faster: the worker must not assume that the due time in the index is unchanged.
    assert!(table.remind_order(&moved, later, 0).await.unwrap());
    let part = *moved.fulfilments.keys().next().unwrap();
    let packed = moved.moved(part, domain::orders::Status::Processing, table.now()).unwrap();
    assert_eq!(table.write_change(&moved, &packed).await.unwrap(), None);
    let now = table.order_head(id).await.unwrap().unwrap();
    assert!(table.write_change(&now, &packed).await.unwrap().unwrap().due_at < later);
}

#[tokio::test(start_paused = true)]
async fn one_of_two_concurrent_sweepers_sends_the_reminder() {
    // Both have read the order, the user or the erasure before either writes.
    for partition in ["ORDER#", "USER#", "ERASURE#"] {
        let order = placed("pm_sandbox_ok").await;
        let (shop, ann) = (&order.shop, &order.ann);
        shop.shopper("ben").await;
        let gone = shop.member("gone", false).await;
        gone.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
        let queues = ["payments", "notifications", "erasures"].map(|name| shop.aws.queue(name));
        queues.iter().for_each(testkit::Queue::purge);
        shop.clock.advance(RETRY_SPAN);
        let (late, early) = shop.meanwhile((partition, "due_at"), shop.sweep(), shop.sweep()).await;
        late.and(early).unwrap();
        for queue in queues {
            assert_eq!(queue.all().len(), 1, "{partition}: {}", queue.name());
        }
        shop.drain_queues().await;
        assert_eq!(shop.mails(&ann.email).len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_is_asked_for_many_times_is_sent_once() {
    let order = placed("pm_sandbox_ok").await;
    let (shop, ann) = (&order.shop, &order.ann);
    shop.shopper("ben").await;
    shop.work_off("payments").await.unwrap();
    let queue = shop.aws.queue("notifications");
    let mails = queue.take_due(shop.clock.now());
    assert_eq!(mails.len(), 2, "a welcome and a confirmation");
    // By several workers at the same time, and by one after the others.
    shop.aws.interleave_by(3);
    together((0..4).map(|_| shop.deliver("notifications", &mails))).await;
    assert_eq!(shop.deliver("notifications", &mails).await.unwrap(), Vec::<String>::new());
    assert_eq!((shop.mails(&ann.email).len(), shop.mails("ben@example.com").len()), (1, 1));
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkout_reads_a_store_consistently_that_a_cheap_read_misses() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
    let seller = shop.find("seller").await;
    let store = seller.get("/users/me").await.ok()["store_id"].as_str().unwrap().to_owned();
    let by_hand = json!({ "fulfilment": "manual" });
    seller.call("PATCH", &format!("/stores/{store}"), Some(by_hand)).await.ok();
    let ann = shop.member("ann", false).await;
    let mut body = purchase();
    body["items"] = json!([{ "product_id": products[0], "quantity": 1 }]);
    shop.aws.rewrite(|call, request| {
        let batch = &mut request["RequestItems"]["Table"];
        let is_cheap = batch["ConsistentRead"] != json!(true);
        if call.operation == "BatchGetItem" && is_cheap && batch["Keys"][0]["sk"]["S"] == "STORE" {
            batch["Keys"][0]["pk"]["S"] = json!("STORE#sto_00000000000000000000000000");
        }
    });
    let placed = ann.call_with("POST", "/orders", &[("idempotency-key", "attempt-1")], Some(body)).await;
    shop.aws.no_rewrite();
    let order = placed.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;
    // Only its seller packs the part of a manual store.
    assert_eq!(ann.order(&order).await.ok()["status"], "paid");
}

#[tokio::test(start_paused = true)]
async fn an_order_with_a_stuck_mail_is_still_completed() {
    let order = placed("pm_sandbox_ok").await;
    order.shop.aws.on(|call| if call.service == Service::Ses { Fault::Throttle } else { Fault::None });
    for _ in 0..60 {
        for queue in QUEUES {
            let _ = order.shop.work_off(queue).await;
        }
        order.shop.clock.advance(Duration::from_mins(5));
        drop(order.shop.sweep().await);
    }
    assert_eq!(order.status().await, "delivered");
    order.shop.aws.no_faults();
    order.shop.aws.queue("notifications").purge();
    order.shop.forget_dead_letters();

    order.shop.clock.advance(COMPLETE_AFTER);
    order.shop.sweep().await.unwrap();
    order.settle().await;
    assert_eq!(order.status().await, "completed");
    assert_eq!(order.shop.mails(&order.ann.email).len(), 4);
}
