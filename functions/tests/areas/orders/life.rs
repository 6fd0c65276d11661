//! Orders after checkout: who sees them, who moves them, and what a cancellation returns.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::ids::OrderId;
use domain::messages::QUEUES;
use domain::orders::debt::{COMPLETE_AFTER, LOOK_AGAIN, RETRY_SPAN, SELLER_MOVES_WITHIN};
use domain::orders::{Happened, OrderHead, PaymentStatus, Status};
use domain::stores::Mode;
use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::contract::template::observed;
use crate::shop::people::{PASSWORD, Person, id, purchase};
use crate::shop::world::{Answer, Shop, seeds, together};

const STOCK: i64 = 2000;

/// A shop with a lamp of an automatic store, a vase of a manual one, and a buyer.
struct Market {
    shop: Shop,
    ann: Person,
    lamp: String,
    vase: String,
}

impl Market {
    async fn open() -> Self {
        let (shop, lamps) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
        let vase = shop.sell_by_hand("potter", "vase", STOCK).await;
        let ann = shop.member("ann", false).await;
        Self { shop, ann, lamp: lamps[0].clone(), vase }
    }

    /// An order of one unit each, before any step of the chain.
    async fn order(&self, products: &[&String]) -> String {
        for product in products {
            self.ann.add_to_cart(product, 1).await.ok();
        }
        id(self.ann.place_order().await.created())
    }

    /// An order that is paid, and no further.
    async fn paid(&self, products: &[&String]) -> String {
        let order = self.order(products).await;
        self.shop.work_off("payments").await.unwrap();
        order
    }

    async fn seller(&self) -> Person {
        self.shop.find("seller").await
    }

    async fn potter(&self) -> Person {
        self.shop.find("potter").await
    }

    async fn available(&self, product: &str) -> Value {
        self.shop.guest().get(&format!("/products/{product}")).await.ok()["available"].clone()
    }

    async fn head(&self, order: &str) -> OrderHead {
        self.shop.table().order_head(order.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Runs the chain and the sweeper until nothing is owed, then compares every timeline with its order.
    async fn settle(&self) {
        for _ in 0..40 {
            self.shop.drain_queues().await;
            if self.shop.owes_nothing().await {
                return self.timelines_tell_the_truth().await;
            }
            self.shop.clock.advance(Duration::from_mins(1));
            drop(self.shop.sweep().await);
        }
        panic!("it does not come to rest");
    }

    /// Asserts that every timeline explains its order.
    async fn timelines_tell_the_truth(&self) {
        for item in self.shop.aws.items("Table") {
            if item["sk"]["S"] == "HEAD" {
                let order = item["pk"]["S"].as_str().unwrap().split_once('#').unwrap().1;
                let head = self.head(order).await;
                assert_eq!(head.contradiction(), None, "{head:?}");
            }
        }
    }
}

/// The ids of a page, and the cursor of the next one.
fn page(answer: &Answer) -> (Vec<String>, Option<String>) {
    let next = answer.body["meta"]["pagination"]["next_cursor"].as_str().map(str::to_owned);
    (answer.ok().as_array().unwrap().iter().map(id).collect(), next)
}

#[tokio::test(start_paused = true)]
async fn a_buyer_sees_their_own_orders_newest_first() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, vase } = &market;
    let mut placed = Vec::new();
    for products in [vec![lamp], vec![lamp, vase], vec![vase]] {
        placed.insert(0, market.order(&products).await);
        shop.clock.advance(Duration::from_secs(1));
    }
    let ben = shop.member("ben", false).await;
    ben.add_to_cart(lamp, 1).await.ok();
    let bens = id(ben.place_order().await.created());

    let list = ann.get("/orders").await;
    assert_eq!(page(&list), (placed.clone(), None));
    // 35.00 + 18 % tax + 50.00 shipping
    let row = &list.ok()[1];
    let shown = ann.order(&placed[1]).await.ok().clone();
    assert_eq!(
        (&row["total"], &row["line_count"]),
        (&json!({ "amount": 91_30, "currency": "USD" }), &json!(2))
    );
    for field in ["id", "number", "status", "payment_status", "total", "created_at", "updated_at"] {
        assert_eq!(row[field], shown[field], "{field}");
    }
    assert_eq!(page(&ben.get("/orders").await).0, [bens]);

    ann.cancel(&placed[1]).await.ok();
    assert_eq!(page(&ann.get("/orders?status=cancelled").await).0, [placed[1].clone()]);
    assert_eq!(page(&ann.get("/orders?status=pending").await).0, [placed[0].clone(), placed[2].clone()]);
    assert_eq!(page(&ann.get("/orders?status=shipped").await).0, Vec::<String>::new());

    let (_, next) = page(&ann.get("/orders?limit=1").await);
    let next = next.unwrap();
    assert_eq!(page(&ann.get(&format!("/orders?limit=1&cursor={next}")).await).0, [placed[1].clone()]);
    ben.get(&format!("/orders?cursor={next}")).await.refused(400, &[("MALFORMED", "cursor")]);
    let filtered = format!("/orders?status=pending&cursor={next}");
    ann.get(&filtered).await.refused(400, &[("MALFORMED", "cursor")]);
    ann.get("/orders?limit=1&limit=2").await.refused(422, &[("INVALID", "limit")]);
    ann.get("/orders?status=lost&limit=0&page=1")
        .await
        .refused(422, &[("UNKNOWN_FIELD", "page"), ("INVALID", "status"), ("OUT_OF_RANGE", "limit")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn walking_the_lists_shows_each_order_once_while_others_are_placed() {
    let market = Market::open().await;
    let (seller, admin) = (market.seller().await, market.shop.member("admin", true).await);
    let mut placed = BTreeSet::new();
    for number in 0..13 {
        placed.insert(market.order(&[&market.lamp]).await);
        // Some are of the same instant.
        market.shop.clock.advance(Duration::from_millis(number % 2));
    }
    for (person, list) in lists(&market.ann, &seller, &admin) {
        let (mut seen, mut path) = (Vec::new(), format!("{list}?limit=3"));
        loop {
            let (ids, next) = page(&person.get(&path).await);
            seen.extend(ids);
            let Some(next) = next else { break };
            path = format!("{list}?limit=3&cursor={next}");
            market.order(&[&market.lamp]).await;
            market.shop.clock.advance(Duration::from_millis(1));
        }
        let all: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!(all.len(), seen.len(), "{list}");
        assert!(placed.is_subset(&all), "{list}");
        // Orders placed during the walk are newer than its position.
        placed = page(&person.get(&format!("{list}?limit=100")).await).0.into_iter().collect();
    }
    market.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_by_status_shows_each_such_order_once_among_many_others() {
    let market = Market::open().await;
    let mut cancelled = BTreeSet::new();
    // Two of 17 at the very end, so that whole pages hold none of them.
    for number in 0..17 {
        let order = market.order(&[&market.lamp]).await;
        market.shop.clock.advance(Duration::from_millis(1));
        if matches!(number, 0 | 2) {
            market.ann.cancel(&order).await.ok();
            cancelled.insert(order);
        }
    }
    let (seller, admin) = (market.seller().await, market.shop.member("admin", true).await);
    let (potter, malformed) = (market.potter().await, &[("MALFORMED", "cursor")]);
    for (person, list) in lists(&market.ann, &seller, &admin) {
        let (mut seen, mut short, mut next) = (Vec::new(), 0, Some(String::new()));
        while let Some(cursor) = next {
            let from = if cursor.is_empty() { cursor } else { format!("&cursor={cursor}") };
            let (ids, after) = page(&person.get(&format!("{list}?status=cancelled&limit=2{from}")).await);
            short += usize::from(ids.is_empty() && after.is_some());
            seen.extend(ids);
            next = after;
        }
        assert!(short >= 5, "{list}: {short} empty pages went on");
        // A cursor is valid only for its caller and its filters.
        let (_, next) = page(&person.get(&format!("{list}?limit=2")).await);
        let next = next.unwrap();
        person.get(&format!("{list}?status=paid&cursor={next}")).await.refused(400, malformed);
        for other in [&market.ann, &potter].into_iter().filter(|other| other.id != person.id) {
            let answer = other.get(&format!("{list}?cursor={next}")).await;
            assert!(matches!(answer.status, 400 | 403), "{list}: {}", answer.status);
        }
        assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (2, cancelled.clone()), "{list}");
    }
    market.shop.drain_queues().await;
}

/// Everybody who has a list of orders.
fn lists<'a>(buyer: &'a Person, seller: &'a Person, admin: &'a Person) -> Vec<(&'a Person, &'static str)> {
    vec![(buyer, "/orders"), (seller, "/seller/orders"), (admin, "/admin/orders")]
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_gives_back_stock_and_money_once() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, vase } = &market;
    let order = market.paid(&[lamp, vase]).await;
    assert_eq!(market.available(lamp).await, STOCK - 1);

    let path = format!("/orders/{order}/cancel");
    ann.post(&path, json!({ "reason": "x".repeat(2001), "when": "now" }))
        .await
        .refused(422, &[("UNKNOWN_FIELD", "when"), ("TOO_LONG", "reason")]);
    let cancelled = ann.post(&path, json!({ "reason": "Two are\ntoo many." })).await;
    assert_eq!(
        (&cancelled.ok()["status"], &cancelled.ok()["cancel_reason"]),
        (&json!("cancelled"), &json!("Two are\ntoo many."))
    );
    // A repeat with any reason gets the order as it is.
    let again = ann.post(&path, json!({ "reason": "Another." })).await;
    assert_eq!((again.ok(), &again.headers["etag"]), (cancelled.ok(), &cancelled.headers["etag"]));
    // Nothing waits for the sweeper.
    shop.drain_queues().await;
    assert_eq!(shop.ledger("REFUND"), ["9130"]);
    market.settle().await;

    let shown = ann.order(&order).await;
    assert_eq!(
        (&shown.ok()["status"], &shown.ok()["payment_status"]),
        (&json!("cancelled"), &json!("refunded"))
    );
    assert_eq!(shown.ok()["cancel_reason"], "Two are\ntoo many.");
    assert_eq!(shop.ledger("REFUND"), ["9130"]);
    assert_eq!(market.available(lamp).await, STOCK);
    assert_eq!(market.available(vase).await, STOCK);
    let mails = shop.mails(&ann.email);
    assert_eq!(mails.iter().filter(|subject| subject.ends_with("was cancelled")).count(), 1, "{mails:?}");
    assert_eq!(market.potter().await.order(&order).await.ok()["cancel_reason"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_outdated_version_cannot_cancel_or_complete_an_order() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, .. } = &market;
    let stale = &[("VERSION_MISMATCH", "")];
    let tries = async |person: &Person, order: &str, what: &str, tag: &str| {
        person.call_with("POST", &format!("/orders/{order}/{what}"), &[("if-match", tag)], None).await
    };
    let order = market.order(&[lamp]).await;
    let seen = ann.order(&order).await.headers["etag"].clone();
    shop.work_off("payments").await.unwrap();
    let before = market.head(&order).await;
    let admin = shop.member("admin", true).await;
    for person in [ann, &admin] {
        tries(person, &order, "cancel", &seen).await.refused(412, stale);
    }
    assert_eq!(market.head(&order).await, before);
    let now = admin.order(&order).await.headers["etag"].clone();
    let cancelled = tries(ann, &order, "cancel", &now).await;
    assert_eq!(cancelled.ok()["status"], "cancelled");
    // The answer was lost, and the same request comes again.
    assert_eq!(tries(ann, &order, "cancel", &now).await.ok(), cancelled.ok());
    market.settle().await;

    let order = market.order(&[lamp]).await;
    let seen = ann.order(&order).await.headers["etag"].clone();
    shop.drain_queues().await;
    let ann = shop.again(ann);
    tries(&ann, &order, "complete", &seen).await.refused(412, stale);
    assert_eq!(market.head(&order).await.status(), Status::Delivered);
    let now = ann.order(&order).await.headers["etag"].clone();
    let completed = tries(&ann, &order, "complete", &now).await;
    assert_eq!(completed.ok()["status"], "completed");
    assert_eq!(tries(&ann, &order, "complete", &now).await.ok(), completed.ok());
}

#[tokio::test(start_paused = true)]
async fn a_hundred_cancels_at_once_restock_and_refund_once() {
    let market = Market::open().await;
    let order = market.paid(&[&market.lamp]).await;
    market.shop.aws.interleave_by(17);
    let answers = together((0..100).map(|_| market.ann.cancel(&order))).await;
    assert!(answers.iter().all(|answer| answer.ok()["status"] == "cancelled"));
    market.settle().await;
    assert_eq!(market.available(&market.lamp).await, STOCK);
    assert_eq!(market.shop.ledger("REFUND"), ["6770"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_shipped_or_cancelled_at_any_time_of_the_cancel() {
    let mut ends = BTreeMap::new();
    for seed in seeds(24).map(|seed| usize::try_from(seed).unwrap()) {
        let market = Market::open().await;
        let Market { shop, ann, lamp, .. } = &market;
        let order = market.order(&[lamp]).await;
        // The cancellation meets the payment, the packing, the claim or a later step.
        let steps = ["payments", "warehouse", "shipping", "delivery"];
        let (done, ahead) = steps.split_at(seed % steps.len());
        for queue in done {
            shop.work_off(queue).await.unwrap();
        }
        shop.aws.interleave_by(seed as u64);
        let chain = async {
            for queue in ahead {
                shop.work_off(queue).await.unwrap();
            }
        };
        let cancel = async {
            for _ in 0..seed / 4 {
                tokio::task::yield_now().await;
            }
            ann.cancel(&order).await
        };
        let ((), answer) = tokio::join!(chain, cancel);
        market.settle().await;

        let head = market.head(&order).await;
        let refunds = shop.ledger("REFUND").len();
        let captured = shop.ledger("PAYMENT") == ["captured"];
        let labels = shop.ledger("LABEL").len();
        let left = market.available(lamp).await.as_i64().unwrap();
        if answer.status == 200 {
            assert_eq!((head.status(), left, labels), (Status::Cancelled, STOCK, 0), "seed {seed}");
            assert_eq!(refunds, usize::from(captured), "seed {seed}");
            let given_back = if captured { PaymentStatus::Refunded } else { PaymentStatus::Failed };
            assert_eq!(head.payment.status, given_back, "seed {seed}");
        } else {
            answer.refused(409, &[("INVALID_TRANSITION", "")]);
            assert_eq!((head.status(), left, labels), (Status::Delivered, STOCK - 1, 1), "seed {seed}");
            assert_eq!((refunds, captured), (0, true), "seed {seed}");
        }
        *ends.entry((head.status(), captured)).or_insert(0) += 1;
    }
    println!("{ends:?}");
    assert_eq!(ends.len(), 3, "it is cancelled unpaid, cancelled paid, and delivered: {ends:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_crashes_or_whose_answer_is_lost_at_any_call_ends_like_one() {
    let market = Market::open().await;
    let order = market.paid(&[&market.lamp]).await;
    market.shop.aws.clear_calls();
    market.ann.cancel(&order).await.ok();
    let calls = market.shop.aws.calls().len();
    market.shop.drain_queues().await;
    assert!(calls >= 3, "{calls} calls");

    let faults = |when| [Fault::Crash(when), Fault::Timeout(when), Fault::Hang(when)];
    let faults: Vec<_> = [When::Before, When::After].into_iter().flat_map(faults).collect();
    for (point, fault) in (1..=calls).flat_map(|call| faults.iter().map(move |fault| (call, fault.clone()))) {
        let market = Market::open().await;
        let order = market.paid(&[&market.lamp]).await;
        market.shop.aws.clear_calls();
        market.shop.aws.fault_nth(point, fault.clone());
        let path = format!("/api/v1/orders/{order}/cancel");
        let token = market.ann.header("authorization").to_owned();
        let headers = [("authorization", token.as_str())];
        let first = market.shop.try_call("POST", &path, &headers, None).await;
        if let Ok(answer) = &first {
            assert!(matches!(answer.status, 200 | 503), "call {point} {fault:?}: {:#}", answer.body);
        }
        // A caller who got no answer asks again.
        if first.is_err() || first.is_ok_and(|answer| answer.status == 503) {
            market.ann.cancel(&order).await.ok();
        }
        market.settle().await;
        let head = market.head(&order).await;
        assert_eq!((head.status(), head.payment.status), (Status::Cancelled, PaymentStatus::Refunded));
        assert_eq!(market.available(&market.lamp).await, STOCK, "call {point} {fault:?}");
        assert_eq!(market.shop.ledger("REFUND"), ["6770"], "call {point} {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivered_order_is_completed_by_its_buyer() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, vase } = &market;
    let order = market.paid(&[lamp, vase]).await;
    ann.complete(&order).await.refused(409, &[("INVALID_TRANSITION", "")]);
    shop.drain_queues().await;
    let (ann, potter) = (shop.again(ann), market.potter().await);
    // The lamp is delivered, but the vase is not even packed.
    ann.complete(&order).await.refused(409, &[("INVALID_TRANSITION", "")]);
    for status in ["processing", "shipping", "shipped", "delivered"] {
        potter.moves(&order, json!({ "status": status })).await.ok();
    }
    let completed = ann.complete(&order).await;
    assert_eq!(completed.ok()["status"], "completed");
    assert_eq!(ann.complete(&order).await.ok(), completed.ok());
    ann.cancel(&order).await.refused(409, &[("INVALID_TRANSITION", "")]);
    market.settle().await;

    // A part that is already complete does not hold up the rest.
    let order = market.paid(&[lamp, vase]).await;
    shop.drain_queues().await;
    let (ann, potter) = (shop.again(&ann), market.potter().await);
    for status in ["processing", "shipping", "shipped", "delivered", "completed"] {
        potter.moves(&order, json!({ "status": status })).await.ok();
    }
    assert_eq!(ann.complete(&order).await.ok()["status"], "completed");
    market.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_seller_moves_their_own_part_one_step_at_a_time() {
    use Happened::{Completed, Delivered, Labelled, Paid, Pending, Processing, Shipped, Shipping};

    let market = Market::open().await;
    let Market { shop, ann, lamp, vase } = &market;
    let order = market.paid(&[lamp, vase]).await;
    shop.drain_queues().await;
    let (seller, potter) = (market.seller().await, market.potter().await);
    let before = market.head(&order).await;
    let refused = &[("INVALID_TRANSITION", "")];
    seller.moves(&order, json!({ "status": "completed" })).await.refused(409, refused);
    potter.moves(&order, json!({ "status": "shipped" })).await.refused(409, refused);
    for status in ["pending", "cancelled", "completed"] {
        potter.moves(&order, json!({ "status": status })).await.refused(409, refused);
    }
    let lamps = before.fulfilments.keys().find(|store| before.fulfilments[store].status == Status::Delivered);
    let foreign = json!({ "status": "processing", "store_id": lamps.unwrap() });
    potter.moves(&order, foreign).await.refused(422, &[("INVALID", "store_id")]);
    let early = json!({ "status": "processing", "tracking_number": "T1" });
    potter.moves(&order, early).await.refused(422, &[("INVALID", "tracking_number")]);
    potter
        .moves(&order, json!({ "status": "lost", "tracking_number": "T\t1" }))
        .await
        .refused(422, &[("INVALID", "status"), ("INVALID", "tracking_number")]);
    assert_eq!(market.head(&order).await, before);

    let seen = potter.order(&order).await.headers["etag"].clone();
    let path = format!("/orders/{order}/status");
    let step = |status: &str| Some(json!({ "status": status }));
    let stale = [("if-match", "\"1\"")];
    potter
        .call_with("PUT", &path, &stale, step("processing"))
        .await
        .refused(412, &[("VERSION_MISMATCH", "")]);
    let fresh = [("if-match", seen.as_str())];
    let packed = potter.call_with("PUT", &path, &fresh, step("processing")).await;
    assert_eq!(packed.ok()["status"], "processing");
    // The answer was lost, and the same request comes again.
    let again = potter.call_with("PUT", &path, &fresh, step("processing")).await;
    assert_eq!(again.ok(), packed.ok());
    potter.moves(&order, json!({ "status": "shipping" })).await.ok();
    potter.moves(&order, json!({ "status": "shipped", "tracking_number": "POST 24" })).await.ok();
    // The seller corrects the number. Sending the same number again is not an event.
    for _ in 0..2 {
        let shipped =
            potter.moves(&order, json!({ "status": "shipped", "tracking_number": "POST 42" })).await;
        assert_eq!(shipped.ok()["fulfilment"]["tracking_number"], "POST 42");
    }
    potter.moves(&order, json!({ "status": "delivered" })).await.ok();
    potter.moves(&order, json!({ "status": "completed" })).await.ok();
    // No mail waits for the sweeper.
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email).len(), 1 + 2 * 3);
    market.settle().await;

    let after = market.head(&order).await;
    assert_eq!(after.fulfilments[lamps.unwrap()], before.fulfilments[lamps.unwrap()]);
    // One confirmation, and three mails about each parcel.
    let mails = shop.aws.mails_to(&ann.email);
    assert_eq!(mails.len(), 1 + 2 * 3);
    assert!(mails.iter().any(|mail| mail.text.contains("Its tracking number is POST 42.")));
    let events: Vec<_> =
        after.events_of(*after.fulfilments.keys().find(|store| Some(*store) != lamps).unwrap()).collect();
    let events: Vec<_> = events.iter().map(|event| event.to).collect();
    let sent = [Pending, Paid, Processing, Shipping, Labelled, Shipped, Labelled];
    assert_eq!(events, [sent.as_slice(), &[Delivered, Completed]].concat());
}

#[tokio::test(start_paused = true)]
async fn a_parcel_of_the_chain_is_not_handed_over_without_its_label() {
    let market = Market::open().await;
    let (shop, order) = (&market.shop, market.paid(&[&market.lamp]).await);
    let admin = shop.member("admin", true).await;
    for status in ["processing", "shipping"] {
        admin.moves(&order, json!({ "status": status })).await.ok();
    }
    for step in [json!({ "status": "shipped" }), json!({ "status": "shipping", "tracking_number": "T1" })] {
        admin.moves(&order, step).await.refused(409, &[("INVALID_TRANSITION", "")]);
    }
    shop.work_off("warehouse").await.unwrap();
    shop.clock.advance(RETRY_SPAN);
    market.settle().await;
    let head = market.head(&order).await;
    let label = shop.ledger("LABEL");
    assert_eq!(head.fulfilments.values().next().unwrap().tracking_number, label.first().cloned());
    let at = |what| head.timeline.iter().find(|event| event.to == what).unwrap().at;
    assert!(at(Happened::Delivered).since(at(Happened::Shipped)) >= Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_names_and_moves_any_part() {
    let market = Market::open().await;
    let Market { shop, lamp, vase, .. } = &market;
    let order = market.paid(&[lamp, vase]).await;
    let admin = shop.member("admin", true).await;
    let step = json!({ "status": "processing" });
    admin.moves(&order, step.clone()).await.refused(422, &[("REQUIRED", "store_id")]);
    let head = market.head(&order).await;
    for part in head.fulfilments.keys() {
        let step = json!({ "status": "processing", "store_id": part });
        admin.moves(&order, step).await.ok();
    }
    // The parts that the shop moves go on by themselves.
    shop.drain_queues().await;
    let (admin, head) = (shop.again(&admin), market.head(&order).await);
    let stands: BTreeSet<_> = head.fulfilments.values().map(|part| part.status).collect();
    assert_eq!(stands, [Status::Processing, Status::Delivered].into());
    let single = market.paid(&[vase]).await;
    assert_eq!(admin.moves(&single, step).await.ok()["status"], "processing");
    shop.drain_queues().await;
    assert_eq!(admin.cancel(&single).await.ok()["status"], "cancelled");
    admin.cancel(&order).await.refused(409, &[("INVALID_TRANSITION", "")]);
    admin.complete(&order).await.refused(404, &[("NOT_FOUND", "")]);
    shop.drain_queues().await;
    market.timelines_tell_the_truth().await;
}

#[tokio::test(start_paused = true)]
async fn a_party_sees_only_its_own_part_of_an_order() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, vase } = &market;
    let order = market.paid(&[lamp, vase]).await;
    let (seller, potter) = (market.seller().await, market.potter().await);
    for (person, own, other) in [(&seller, lamp, vase), (&potter, vase, lamp)] {
        let shown = person.order(&order).await.ok().clone();
        let listed = person.get("/seller/orders").await.ok()[0].clone();
        for body in [&shown, &listed] {
            let text = body.to_string();
            assert!(text.contains(own.as_str()) && !text.contains(other.as_str()), "{body:#}");
            assert!(!text.contains(&ann.email) && !text.contains(&ann.id), "{body:#}");
            for field in ["total", "tax", "shipping", "payment_method", "billing_address", "fulfilments"] {
                assert_eq!(body[field], Value::Null, "{field}");
            }
        }
        assert_eq!(
            (&shown["status"], &shown["shipping_address"]["city"]),
            (&json!("paid"), &json!("Springfield"))
        );
        assert_eq!(listed["shipping_address"], Value::Null);
    }
    assert_eq!(potter.order(&order).await.ok()["subtotal"]["amount"], 20_00);

    let missing = ann.order("ord_00000000000000000000000000").await;
    let (ben, rival) = (shop.member("ben", false).await, shop.member("rival", false).await);
    rival.open_store("Rivals").await;
    for stranger in [&ben, &rival] {
        let foreign = stranger.order(&order).await;
        foreign.refused(404, &[("NOT_FOUND", "")]);
        assert_eq!(foreign.body["detail"], missing.body["detail"]);
        stranger.cancel(&order).await.refused(404, &[("NOT_FOUND", "")]);
        stranger.complete(&order).await.refused(404, &[("NOT_FOUND", "")]);
    }
    rival.moves(&order, json!({ "status": "processing" })).await.refused(404, &[("NOT_FOUND", "")]);
    assert_eq!(page(&rival.get("/seller/orders").await).0, Vec::<String>::new());

    // A seller does not see events of another store's part.
    let before = potter.order(&order).await;
    shop.drain_queues().await;
    let (ann, potter) = (shop.again(ann), market.potter().await);
    let after = potter.order(&order).await;
    assert_eq!((after.ok(), &after.headers["etag"]), (before.ok(), &before.headers["etag"]));
    assert_eq!(market.seller().await.order(&order).await.ok()["shipping_address"], Value::Null);

    // A former administrator has a token that still says that they are one.
    let (admin, former) = (shop.member("admin", true).await, shop.member("former", true).await);
    assert_eq!(former.order(&order).await.ok(), ann.order(&order).await.ok());
    let demoted = json!({ "is_admin": false });
    admin.call("PATCH", &format!("/admin/users/{}", former.id), Some(demoted)).await.ok();
    former.order(&order).await.refused(404, &[("NOT_FOUND", "")]);
    former.cancel(&order).await.refused(404, &[("NOT_FOUND", "")]);
    former.moves(&order, json!({ "status": "processing" })).await.refused(403, &[("FORBIDDEN", "")]);
}

/// Who tries to move an order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Actor {
    Buyer,
    Seller,
    OtherSeller,
    Admin,
}

#[tokio::test(start_paused = true)]
async fn every_illegal_move_is_refused_and_changes_nothing() {
    use Actor::{Admin, Buyer, OtherSeller, Seller};
    let market = Market::open().await;
    market.shop.may_leave_messages();
    let Market { shop, ann, lamp, vase } = &market;
    let people = [
        (Buyer, ann.clone()),
        (Seller, market.potter().await),
        (OtherSeller, market.seller().await),
        (Admin, shop.member("admin", true).await),
    ];
    for from in Status::ALL {
        for (actor, person) in &people {
            let mut before = placed_at(&market, vase, from).await;
            let attempts =
                Status::ALL.map(Attempt::Move).into_iter().chain([Attempt::Cancel, Attempt::Complete]);
            for attempt in attempts {
                let what = format!("{actor:?}: {attempt:?} of what is {from}");
                let order = before.id.to_string();
                let answer = match attempt {
                    Attempt::Move(to) => person.moves(&order, json!({ "status": to })).await,
                    Attempt::Cancel => person.cancel(&order).await,
                    Attempt::Complete => person.complete(&order).await,
                };
                let after = market.head(&order).await;
                if let Some(to) = leads_to(*actor, from, attempt) {
                    assert_eq!((answer.status, after.status()), (200, to), "{what}: {:#}", answer.body);
                    assert_eq!(after.contradiction(), None, "{after:?}");
                } else {
                    // Callers without the right get 403 or 404; everything else is a conflict.
                    let theirs = match attempt {
                        Attempt::Move(_) => matches!(actor, Seller | Admin),
                        Attempt::Cancel => matches!(actor, Buyer | Admin),
                        Attempt::Complete => *actor == Buyer,
                    };
                    let refused =
                        if theirs { answer.status == 409 } else { matches!(answer.status, 403 | 404) };
                    assert!(refused, "{what}: {:#}", answer.body);
                    assert_eq!(after, before, "{what}");
                }
                if after != before {
                    before = placed_at(&market, vase, from).await;
                }
            }
        }
        // A worker makes only its own moves, whatever its message says. Of a manual store's order it only
        // settles the payment.
        for (product, by_hand) in [(lamp, false), (vase, true)] {
            for queue in ["payments", "warehouse", "shipping", "delivery"] {
                let before = placed_at(&market, product, from).await;
                let (order, store) = (before.id.to_string(), before.fulfilments.keys().next().unwrap());
                for queue in QUEUES {
                    shop.aws.queue(queue).purge();
                }
                shop.aws.queue(queue).send(&json!({ "v": 1, "order": order, "store": store }).to_string());
                shop.work_off(queue).await.unwrap();
                let after = market.head(&order).await;
                assert_eq!(after.contradiction(), None, "{after:?}");
                let legal = after.status() == from || from.may_become(after.status());
                let paid = (from, after.status()) == (Status::Pending, Status::Paid);
                let own = after.status() == from || paid || !by_hand;
                assert!(legal && own, "{queue}: {from} → {}", after.status());
            }
        }
    }
    for queue in QUEUES {
        shop.aws.queue(queue).purge();
    }
}

/// An attempted move.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Attempt {
    Move(Status),
    Cancel,
    Complete,
}

/// The status of a manual store's order after a successful attempt. An attempt that changes nothing succeeds
/// too.
fn leads_to(actor: Actor, from: Status, attempt: Attempt) -> Option<Status> {
    use Status::{Cancelled, Completed, Delivered, Paid, Pending, Processing};
    let step = |to: Status| from.may_become(to) && !matches!(to, Paid | Cancelled);
    match (attempt, actor) {
        (Attempt::Move(to), Actor::Seller | Actor::Admin) => (from == to || step(to)).then_some(to),
        (Attempt::Cancel, Actor::Buyer | Actor::Admin) => {
            matches!(from, Pending | Paid | Processing | Cancelled).then_some(Cancelled)
        }
        (Attempt::Complete, Actor::Buyer) => matches!(from, Delivered | Completed).then_some(Completed),
        _ => None,
    }
}

/// A new order of one product, brought to this status on the shortest path.
async fn placed_at(market: &Market, product: &str, status: Status) -> OrderHead {
    let mut body = purchase();
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    let key = market.shop.aws.items("Table").len().to_string();
    let answer = market.ann.call_with("POST", "/orders", &[("idempotency-key", &key)], Some(body)).await;
    let order = id(answer.created());
    let (table, now) = (market.shop.table(), market.shop.clock.now());
    let mut head = market.head(&order).await;
    let part = *head.fulfilments.keys().next().unwrap();
    while head.status() != status {
        let change = match (head.status(), status) {
            (Status::Pending, Status::Cancelled) => head.cancelled(now).unwrap(),
            (Status::Pending, _) => head.paid("pay_1", now).unwrap(),
            (Status::Shipping, _) if head.fulfilments[&part].tracking_number.is_none() => {
                head.labelled(part, "T1", now, now).unwrap()
            }
            (Status::Shipping, _) if head.fulfilments[&part].mode == Mode::Automatic => {
                head.handed_over(part, now, now).unwrap()
            }
            (at, _) => {
                let next =
                    Status::ALL.into_iter().find(|next| at.may_become(*next) && *next != Status::Cancelled);
                head.moved(part, next.unwrap(), now).unwrap()
            }
        };
        head = table.write_change(&head, &change).await.unwrap().unwrap();
    }
    head
}

#[tokio::test(start_paused = true)]
async fn moves_of_two_sellers_and_a_cancel_at_once_each_count_or_are_refused() {
    for seed in seeds(12) {
        let market = Market::open().await;
        let cups = market.shop.sell_by_hand("turner", "cup", STOCK).await;
        let order = market.paid(&[&market.vase, &cups]).await;
        let (potter, turner) = (market.potter().await, market.shop.find("turner").await);
        market.shop.aws.interleave_by(seed);
        let walk = async |person: &Person| {
            let mut last = "paid";
            for status in ["processing", "shipping", "shipped"] {
                let answer = person.moves(&order, json!({ "status": status })).await;
                if answer.status != 200 {
                    answer.refused(409, &[("INVALID_TRANSITION", "")]);
                    break;
                }
                last = status;
            }
            last
        };
        let cancel = async {
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            market.ann.cancel(&order).await
        };
        let (one, two, cancelled) = tokio::join!(walk(&potter), walk(&turner), cancel);
        market.shop.drain_queues().await;
        market.timelines_tell_the_truth().await;
        let stands: BTreeSet<_> =
            market.head(&order).await.fulfilments.values().map(|part| part.status).collect();
        if cancelled.status == 200 {
            assert!(![one, two].contains(&"shipping") && ![one, two].contains(&"shipped"), "seed {seed}");
            assert_eq!(stands, [Status::Cancelled].into(), "seed {seed}");
        } else {
            cancelled.refused(409, &[("INVALID_TRANSITION", "")]);
            assert_eq!((one, two, stands), ("shipped", "shipped", [Status::Shipped].into()), "seed {seed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_of_a_deleted_buyer_is_kept_for_accounting() {
    let market = Market::open().await;
    let Market { shop, ann, lamp, .. } = &market;
    let order = market.paid(&[lamp]).await;
    shop.drain_queues().await;
    let ann = shop.again(ann);
    ann.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    for _ in 0..3 {
        shop.drain_queues().await;
        shop.clock.advance(Duration::from_mins(25));
        shop.sweep().await.unwrap();
    }
    shop.drain_queues().await;
    let id: OrderId = order.parse().unwrap();
    assert_eq!(shop.table().order_now(id).await.unwrap().unwrap().contact, None);

    let (seller, admin) = (market.seller().await, shop.member("admin", true).await);
    assert_eq!(seller.order(&order).await.ok()["status"], "delivered");
    assert_eq!(page(&seller.get("/seller/orders").await).0, [order.as_str()]);
    assert_eq!(admin.order(&order).await.ok()["shipping_address"], Value::Null);
    admin.cancel(&order).await.refused(409, &[("INVALID_TRANSITION", "")]);
    assert_eq!(admin.moves(&order, json!({ "status": "completed" })).await.ok()["status"], "completed");
    shop.clock.advance(COMPLETE_AFTER);
    shop.sweep().await.unwrap();
    market.timelines_tell_the_truth().await;
}

#[tokio::test(start_paused = true)]
async fn an_administrator_finds_every_order_and_those_that_are_overdue() {
    let market = Market::open().await;
    let Market { shop, lamp, vase, .. } = &market;
    let smooth = market.paid(&[lamp]).await;
    shop.drain_queues().await;
    let waiting = market.paid(&[vase]).await;
    let both = market.paid(&[lamp, vase]).await;
    let ours = shop.member("admin", true).await;
    let everything = page(&ours.get("/admin/orders").await).0;
    assert_eq!(everything.iter().collect::<BTreeSet<_>>(), [&smooth, &waiting, &both].into());
    assert_eq!(page(&ours.get("/admin/orders?status=delivered").await).0, [smooth.as_str()]);
    ours.get("/admin/orders?overdue=perhaps").await.refused(422, &[("INVALID", "overdue")]);
    let overdue = async || {
        for _ in 0..2 {
            shop.sweep().await.unwrap();
            shop.drain_queues().await;
        }
        page(&shop.again(&ours).get("/admin/orders?overdue=true").await)
            .0
            .into_iter()
            .collect::<BTreeSet<_>>()
    };
    shop.clock.advance(RETRY_SPAN);
    assert_eq!(overdue().await, BTreeSet::new());
    shop.clock.advance(SELLER_MOVES_WITHIN);
    assert_eq!(overdue().await, [waiting.clone(), both.clone()].into());
    // It stays in the list until it moves, however long that takes.
    for _ in 0..9 {
        shop.clock.advance(LOOK_AGAIN);
        shop.sweep().await.unwrap();
        shop.aws.sweep_ttl();
    }
    market.potter().await.moves(&waiting, json!({ "status": "processing" })).await.ok();
    assert_eq!(overdue().await, [both.clone()].into());
    // The other part is still completed by time alone.
    shop.clock.advance(COMPLETE_AFTER);
    overdue().await;
    let stands: BTreeSet<_> = market.head(&both).await.fulfilments.values().map(|part| part.status).collect();
    assert_eq!(stands, [Status::Paid, Status::Completed].into());

    // Neither payment nor settlement works, so the order is stuck.
    let ann = shop.again(&market.ann);
    let market = Market { shop: shop.clone(), ann, lamp: lamp.clone(), vase: vase.clone() };
    let stuck = market.order(&[lamp]).await;
    shop.aws.on(|call| if observed::is_sandbox(call) { Fault::Throttle } else { Fault::None });
    for _ in 0..200 {
        shop.clock.advance(Duration::from_mins(10));
        drop(shop.sweep().await);
        for queue in QUEUES {
            let _ = shop.work_off(queue).await;
        }
    }
    shop.aws.no_faults();
    for queue in QUEUES {
        shop.aws.queue(queue).purge();
    }
    shop.forget_dead_letters();
    assert!(overdue().await.contains(&stuck));
    // An operator redrives it.
    shop.remind(&stuck);
    shop.drain_queues().await;
    assert!(!overdue().await.contains(&stuck));
    market.timelines_tell_the_truth().await;
}
