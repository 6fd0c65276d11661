//! Operating the chain: dead letters, their reasons, and redrives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::messages::MOST_BODY;
use domain::messages::QUEUES;
use domain::orders::debt::{MOST_ATTEMPTS, RETRY_SPAN};
use serde_json::{Value, json};
use testkit::{Fault, Service, When};

use crate::shop::people::Person;
use crate::shop::world::{Shop, dead_letters_of, together};

const STOCK: i64 = 100;
const NOBODYS: &str = "ord_00000000000000000000000000";

/// A shop with a lamp, a buyer and an operator.
struct Desk {
    shop: Shop,
    lamp: String,
    ann: Person,
    operator: Person,
}

impl Desk {
    async fn open() -> Self {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
        let (ann, operator) = (shop.member("ann", false).await, shop.member("operator", true).await);
        Self { shop, lamp: products[0].clone(), ann, operator }
    }

    /// An order before any step of the chain.
    async fn order(&self) -> String {
        let ann = self.shop.again(&self.ann);
        ann.add_to_cart(&self.lamp, 1).await.ok();
        ann.place_order().await.created()["id"].as_str().unwrap().to_owned()
    }

    async fn status(&self, order: &str) -> Value {
        self.shop.again(&self.ann).order(order).await.ok()["status"].clone()
    }

    /// A queue as the operator sees it.
    async fn queue(&self, name: &str) -> Value {
        let queues = self.shop.again(&self.operator).get("/admin/queues").await;
        let queues = queues.ok().as_array().unwrap().clone();
        let names: Vec<_> = queues.iter().map(|queue| queue["name"].as_str().unwrap()).collect();
        assert_eq!(names, QUEUES);
        queues.into_iter().find(|queue| queue["name"] == name).unwrap()
    }

    async fn redrive(&self, path: &str) -> Value {
        let operator = self.shop.again(&self.operator);
        operator.call("POST", &format!("/admin/{path}/redrive"), None).await.data(202).clone()
    }

    /// The sweeper runs every 10 minutes, and the workers try.
    async fn hours_pass(&self, hours: u32) {
        for _ in 0..hours * 6 {
            self.shop.clock.advance(Duration::from_mins(10));
            drop(self.shop.sweep().await);
            for queue in QUEUES {
                let _ = self.shop.work_off(queue).await;
            }
        }
    }

    /// Empties the queues and their dead letters.
    fn lose_everything(&self) {
        for queue in QUEUES {
            self.shop.aws.queue(queue).purge();
        }
        self.shop.forget_dead_letters();
    }

    async fn overdue(&self) -> Value {
        let list = self.shop.again(&self.operator).get("/admin/orders?overdue=true").await;
        list.ok().clone()
    }

    /// Asserts that every order is delivered, and was charged, labelled and mailed about once.
    async fn all_arrived(&self, orders: &[String]) {
        for order in orders {
            assert_eq!(self.status(order).await, "delivered");
        }
        assert_eq!(self.shop.ledger("PAYMENT"), vec!["captured"; orders.len()]);
        assert_eq!(self.shop.ledger("LABEL").len(), orders.len());
        assert_eq!(self.shop.ledger("REFUND").len(), 0);
        let mails = self.shop.mails(&self.ann.email);
        assert_eq!(mails.len(), 4 * orders.len(), "{mails:?}");
        assert_eq!(mails.iter().collect::<BTreeSet<_>>().len(), mails.len(), "{mails:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_runs_out_of_time_returns_what_it_has_not_done() {
    let desk = Desk::open().await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(desk.order().await);
    }
    let payments = desk.shop.aws.queue("payments").take_due(desk.shop.clock.now());
    // Each message takes seconds, and all ten take longer than the worker may run.
    desk.shop.aws.set_delay(Some(Duration::from_secs(1)));
    let began = tokio::time::Instant::now();
    let again = desk.shop.deliver("payments", &payments).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!((1..10).contains(&again.len()), "{again:?}");
    let mut paid = 0;
    for order in &orders {
        paid += usize::from(desk.status(order).await == "paid");
    }
    assert_eq!(paid + again.len(), 10);
    desk.shop.aws.set_delay(None);
    desk.lose_everything();
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_bad_message_is_dead_lettered_alone_with_its_reason() {
    let desk = Desk::open().await;
    let Desk { shop, .. } = &desk;
    let (doomed, fine) = (desk.order().await, desk.order().await);
    let payments = shop.aws.queue("payments");
    let padding = "x".repeat(MOST_BODY);
    let bad = [
        ("{".to_owned(), "malformed: EOF while parsing"),
        ("{}".to_owned(), "malformed: missing field `v`"),
        (
            json!({ "v": 1, "order": "usr_1" }).to_string(),
            "malformed: INVALID: must be an id such as ord_01k9zq4n8p2v6x3c5b7d9f1g2h",
        ),
        (json!({ "v": 9, "order": NOBODYS }).to_string(), "version 9 is not known"),
        (json!({ "v": 1, "order": fine, "padding": padding }).to_string(), "too long: 4"),
        (json!({ "v": 1, "order": NOBODYS }).to_string(), "there is no such order"),
    ];
    for (body, _) in &bad {
        payments.send(body);
    }
    let panics = doomed.clone();
    shop.aws.on(move |call| {
        let of = format!("ORDER#{panics}");
        let is_doomed = call.request["ExpressionAttributeValues"][":partition"]["S"] == of;
        assert!(&*call.caller != "take-payment" || !is_doomed, "this panics on purpose");
        Fault::None
    });
    assert_eq!(shop.aws.queue("payments").len(), 8);
    shop.drain_queues().await;
    shop.aws.no_faults();

    // The good one did not wait for the others.
    assert_eq!(desk.status(&fine).await, "delivered");
    let queue = desk.queue("payments").await;
    assert_eq!(queue["given_up"], 7);
    let letters = queue["dead_letters"].as_array().unwrap();
    let reason = |body: &str| {
        let start = body.get(..body.len().min(256)).unwrap();
        let letter = letters.iter().find(|letter| letter["body"] == start);
        letter.unwrap_or_else(|| panic!("{body} is not there"))["reason"].as_str().unwrap().to_owned()
    };
    for (body, expected) in &bad {
        assert!(reason(body).starts_with(expected), "{} is not {expected}", reason(body));
    }
    assert_eq!(reason(&format!(r#"{{"v":1,"order":"{doomed}"}}"#)), "the handler panicked");
    // Looking at dead letters hides nothing.
    assert_eq!(desk.queue("payments").await["dead_letters"].as_array().unwrap().len(), 7);

    // One no longer panics; the others fail for ever and come back.
    assert_eq!(desk.redrive("queues/payments").await, json!({ "moved": 7, "more": false }));
    shop.drain_queues().await;
    assert_eq!(shop.dead_letters().len(), 6);
    shop.forget_dead_letters();
    desk.all_arrived(&[doomed, fine]).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_over_a_message_leaves_no_reason_and_loses_nothing() {
    let desk = Desk::open().await;
    let order = desk.order().await;
    desk.shop.aws.on(|call| match &*call.caller {
        "take-payment" => Fault::Crash(When::Before),
        _ => Fault::None,
    });
    desk.shop.drain_queues().await;
    let queue = desk.queue("payments").await;
    let letter = &queue["dead_letters"][0];
    assert_eq!((&queue["given_up"], &letter["reason"]), (&json!(1), &Value::Null), "{letter:#}");
    assert_eq!(letter["request_id"], "gateway-1");
    desk.shop.aws.no_faults();
    desk.redrive("queues/payments").await;
    desk.shop.drain_queues().await;
    desk.all_arrived(&[order]).await;
}

#[tokio::test(start_paused = true)]
async fn a_note_that_cannot_be_written_stops_no_dead_letter() {
    let desk = Desk::open().await;
    desk.shop.aws.queue("payments").send("{");
    desk.shop.aws.on(|call| match call.operation.as_str() {
        "PutItem" => Fault::Hang(When::Before),
        _ => Fault::None,
    });
    desk.shop.drain_queues().await;
    assert_eq!(desk.shop.dead_letters().len(), 1);
    desk.shop.aws.no_faults();
    assert_eq!(desk.queue("payments").await["dead_letters"][0]["reason"], Value::Null);
    desk.shop.forget_dead_letters();
}

#[tokio::test(start_paused = true)]
async fn a_redrive_after_a_fix_finishes_every_order_and_does_nothing_twice() {
    let workers = [
        ("payments", "take-payment"),
        ("warehouse", "pack-order"),
        ("shipping", "ship-parcel"),
        ("delivery", "deliver-parcel"),
        ("notifications", "send-mail"),
    ];
    for (queue, worker) in workers {
        let desk = Desk::open().await;
        let Desk { shop, .. } = &desk;
        let mut orders = Vec::new();
        for _ in 0..3 {
            orders.push(desk.order().await);
        }
        shop.aws.on(move |call| match call.operation.as_str() {
            "UpdateItem" if &*call.caller == worker => Fault::Refuse(400, "AccessDeniedException"),
            _ => Fault::None,
        });
        shop.drain_queues().await;
        let given_up = desk.queue(queue).await;
        let count = given_up["given_up"].as_u64().unwrap();
        assert!(count >= 3, "{queue}: {given_up:#}");
        for letter in given_up["dead_letters"].as_array().unwrap() {
            assert!(letter["reason"].as_str().unwrap().contains("AccessDenied"), "{letter:#}");
            assert_eq!(letter["request_id"], "gateway-1");
        }

        shop.aws.no_faults();
        // Two operators at once, and then one of them again.
        shop.aws.interleave_by(5);
        let path = format!("queues/{queue}");
        let moved = together([desk.redrive(&path), desk.redrive(&path)]).await;
        let moved: u64 = moved.iter().map(|moved| moved["moved"].as_u64().unwrap()).sum();
        assert_eq!(moved, count, "{queue}");
        assert_eq!(desk.redrive(&path).await, json!({ "moved": 0, "more": false }));
        assert!(
            shop.aws.queue(queue).all().iter().all(|message| message.attributes.contains_key("request_id"))
        );
        shop.drain_queues().await;
        desk.all_arrived(&orders).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_redrive_that_is_cut_off_leaves_what_it_moved_or_a_second_copy() {
    for when in [When::Before, When::After] {
        let desk = Desk::open().await;
        let Desk { shop, operator, .. } = &desk;
        let order = desk.order().await;
        shop.aws.on(|call| match &*call.caller {
            "take-payment" => Fault::Throttle,
            _ => Fault::None,
        });
        shop.drain_queues().await;
        shop.aws.on(move |call| match call.operation.as_str() {
            "DeleteMessage" => Fault::Crash(when),
            _ => Fault::None,
        });
        let token = shop.again(operator).header("authorization").to_owned();
        let path = "/api/v1/admin/queues/payments/redrive";
        let cut_off = shop.try_call("POST", path, &[("authorization", token.as_str())], None).await;
        assert!(cut_off.is_err());
        shop.aws.no_faults();
        let left = shop.aws.queue(&dead_letters_of("payments")).len();
        assert_eq!((shop.aws.queue("payments").len(), left), (1, usize::from(when == When::Before)));
        // The copy is hidden for 30 seconds.
        assert_eq!(desk.redrive("queues/payments").await["moved"], 0);
        shop.drain_queues().await;
        shop.clock.advance(Duration::from_secs(30));
        assert_eq!(desk.redrive("queues/payments").await["moved"], left);
        shop.drain_queues().await;
        desk.all_arrived(&[order]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_redrive_moves_100_letters_and_says_whether_some_are_left() {
    let desk = Desk::open().await;
    let Desk { shop, operator, .. } = &desk;
    let dead = shop.aws.queue(&dead_letters_of("warehouse"));
    (0..130).for_each(|_| dead.send("{"));
    assert_eq!(desk.queue("warehouse").await["given_up"], 130);
    assert_eq!(desk.redrive("queues/warehouse").await, json!({ "moved": 100, "more": true }));
    // One letter cannot be sent back now, so it stays.
    shop.aws.on(|call| match call.operation.as_str() {
        "SendMessage" if call.nth == 1 => Fault::Refuse(400, "InvalidMessageContents"),
        _ => Fault::None,
    });
    shop.aws.clear_calls();
    assert_eq!(desk.redrive("queues/warehouse").await, json!({ "moved": 29, "more": true }));
    shop.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.redrive("queues/warehouse").await, json!({ "moved": 1, "more": false }));
    assert_eq!((dead.len(), shop.aws.queue("warehouse").len()), (0, 130));
    shop.aws.queue("warehouse").purge();

    let nowhere = operator.call("POST", "/admin/queues/lost/redrive", None).await;
    nowhere.refused(404, &[("NOT_FOUND", "")]);
    shop.aws.on(|call| match call.service {
        Service::Sqs => Fault::Throttle,
        _ => Fault::None,
    });
    operator.get("/admin/queues").await.refused(503, &[("TRY_AGAIN", "")]);
    operator.call("POST", "/admin/queues/payments/redrive", None).await.refused(503, &[("TRY_AGAIN", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_stuck_order_names_its_debt_and_goes_on_after_a_redrive() {
    let mut stuck = BTreeMap::new();
    for (worker, debt, end) in [
        ("take-payment", "settlement", "cancelled"),
        ("pack-order", "packing", "delivered"),
        ("ship-parcel", "shipping", "delivered"),
        ("deliver-parcel", "handover", "delivered"),
        ("send-mail", "mail", "delivered"),
    ] {
        let desk = Desk::open().await;
        let Desk { shop, .. } = &desk;
        let order = desk.order().await;
        shop.aws.on(move |call| match &*call.caller {
            caller if caller == worker => Fault::Throttle,
            _ => Fault::None,
        });
        // Nobody pays for two hours, so the first order is cancelled. The reminders take four hours more.
        desk.hours_pass(30).await;
        shop.aws.no_faults();
        desk.lose_everything();
        let rows = desk.overdue().await;
        let row = &rows[0];
        assert_eq!((&row["id"], &row["overdue"]["debt"]), (&json!(order), &json!(debt)), "{rows:#}");
        assert_eq!(row["overdue"]["attempts"], MOST_ATTEMPTS);
        assert_eq!(row["overdue"].get("store_id").is_some(), !["settlement", "mail"].contains(&debt));
        stuck.insert(debt, row["overdue"]["since"].clone());

        // Twice, as after a lost answer. Then the order owes nothing, and a third redrive changes nothing.
        for _ in 0..2 {
            assert_eq!(desk.redrive(&format!("orders/{order}")).await, Value::Null);
        }
        for _ in 0..3 {
            shop.sweep().await.unwrap();
            shop.drain_queues().await;
            shop.clock.advance(RETRY_SPAN);
        }
        assert_eq!(desk.overdue().await, json!([]), "{debt}");
        assert_eq!(desk.status(&order).await, end, "{debt}");
        assert!(shop.owes_nothing().await, "{debt}");
        desk.redrive(&format!("orders/{order}")).await;
        shop.sweep().await.unwrap();
        let charged = shop.ledger("PAYMENT");
        assert_eq!(charged, [if debt == "settlement" { "voided" } else { "captured" }]);
        let mails = shop.mails(&desk.ann.email);
        assert_eq!(mails.iter().collect::<BTreeSet<_>>().len(), mails.len(), "{mails:?}");
        let operator = shop.again(&desk.operator);
        let nobodys = operator.call("POST", &format!("/admin/orders/{NOBODYS}/redrive"), None).await;
        nobodys.refused(404, &[("NOT_FOUND", "")]);
    }
    assert_eq!(stuck.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_redrive_sends_the_mails_of_a_user_that_were_given_up() {
    let desk = Desk::open().await;
    let Desk { shop, .. } = &desk;
    shop.aws.on(|call| if call.service == Service::Ses { Fault::Throttle } else { Fault::None });
    let ben = shop.shopper("ben").await;
    desk.hours_pass(30).await;
    shop.aws.no_faults();
    desk.lose_everything();
    // All reminders are used up.
    desk.hours_pass(30).await;
    assert_eq!(shop.mails(&ben.email), Vec::<String>::new());
    for _ in 0..2 {
        desk.redrive(&format!("users/{}", ben.id)).await;
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
    }
    assert_eq!(shop.mails(&ben.email), ["Welcome to the shop"]);
    let nobody = shop.again(&desk.operator);
    let nobody = nobody.call("POST", "/admin/users/usr_00000000000000000000000000/redrive", None).await;
    nobody.refused(404, &[("NOT_FOUND", "")]);
}
