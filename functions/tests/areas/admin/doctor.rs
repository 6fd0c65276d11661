//! The doctor: a right shop has no findings, and each fault is found and named.

mod variants;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::orders::debt::RETRY_SPAN;
use serde_json::json;
use shop::{Report, Rule, examine};
use table::Table;

use crate::shop::people::Person;
use crate::shop::world::{Shop, together};

const STOCK: i64 = 50;
const BUDGET: u64 = 10_000;

/// A shop after a day, with orders that were delivered, were cancelled, wait for their seller, or are never
/// paid.
struct Clinic {
    shop: Shop,
    lamp: String,
    store: String,
    ann: Person,
    arrived: String,
    cancelled: String,
    waiting: String,
    unpaid: String,
}

impl Clinic {
    async fn open() -> Self {
        let (shop, lamps) = Shop::with_products(&[("lamp", 15_00, STOCK)]).await;
        shop.may_leave_messages();
        let potter = shop.member("potter", false).await;
        potter.post("/stores", json!({ "name": "By hand", "fulfilment": "manual" })).await.created();
        let category = shop.guest().get("/categories").await.ok()[0]["id"].clone();
        let price = json!({ "amount": 20_00, "currency": "USD" });
        let vase =
            json!({ "name": "A vase", "sku": "v", "price": price, "category_id": category, "stock": STOCK });
        let vase = potter.post("/products", vase).await.created()["id"].as_str().unwrap().to_owned();
        let (ann, ben) = (shop.shopper("ann").await, shop.member("ben", false).await);
        let lamp = lamps[0].clone();
        let store = shop.guest().get(&format!("/products/{lamp}")).await.ok()["store_id"].clone();

        let arrived = buy(&ann, &[(&lamp, 2)]).await;
        shop.drain_queues().await;
        let cancelled = buy(&ann, &[(&lamp, 3), (&vase, 1)]).await;
        shop.work_off("payments").await.unwrap();
        ann.call("POST", &format!("/orders/{cancelled}/cancel"), None).await.ok();
        shop.drain_queues().await;
        let waiting = buy(&ann, &[(&vase, 4)]).await;
        shop.drain_queues().await;
        // A buyer whose account was deleted leaves an order without a contact.
        buy(&ben, &[(&lamp, 1)]).await;
        shop.drain_queues().await;
        let password = json!({ "password": crate::shop::people::PASSWORD });
        shop.again(&ben).call("DELETE", "/users/me", Some(password)).await.data(204);
        shop.drain_queues().await;
        let ann = shop.again(&ann);
        let unpaid = buy(&ann, &[(&lamp, 5)]).await;
        shop.aws.queue("payments").purge();
        shop.clock.advance(Duration::from_mins(2));
        let store = store.as_str().unwrap().to_owned();
        Self { shop, lamp, store, ann, arrived, cancelled, waiting, unpaid }
    }

    fn table(&self) -> Client {
        Client::new(&self.shop.aws.quiet_config())
    }

    async fn examine(&self) -> Report {
        examine(&self.shop.table(), BUDGET, |_| {}).await.unwrap()
    }

    /// Changes items directly in the table, examines the shop, and puts the items back.
    async fn with(&self, plants: &[Plant]) -> Report {
        let mut before = Vec::new();
        for plant in plants {
            before.push(plant.set(&self.table()).await);
        }
        let report = self.examine().await;
        for (plant, before) in plants.iter().zip(before) {
            plant.restore(&self.table(), before).await;
        }
        report
    }
}

async fn buy(buyer: &Person, lines: &[(&str, u32)]) -> String {
    let mut purchase = crate::shop::people::purchase();
    purchase["items"] = lines
        .iter()
        .map(|(product, quantity)| json!({ "product_id": product, "quantity": quantity }))
        .collect();
    let key = format!("{}-{}", buyer.id.len(), fastrand::u64(..));
    let placed = buyer.call_with("POST", "/orders", &[("idempotency-key", &key)], Some(purchase)).await;
    placed.created()["id"].as_str().unwrap().to_owned()
}

type Item = std::collections::HashMap<String, AttributeValue>;

/// A change of an item: an update expression with one value, or its deletion.
struct Plant {
    key: (String, String),
    update: Option<(&'static str, AttributeValue)>,
}

impl Plant {
    fn key(&self) -> Item {
        let (pk, sk) = self.key.clone();
        [("pk".to_owned(), AttributeValue::S(pk)), ("sk".to_owned(), AttributeValue::S(sk))].into()
    }

    /// Makes the change, and returns the item as it was.
    async fn set(&self, table: &Client) -> Option<Item> {
        let get = table.get_item().table_name("Table").set_key(Some(self.key())).consistent_read(true);
        let before = get.send().await.unwrap().item;
        match &self.update {
            Some((expression, value)) => {
                let update = table.update_item().table_name("Table").set_key(Some(self.key()));
                let update = update.update_expression(*expression);
                let update = match expression.contains(":v") {
                    true => update.expression_attribute_values(":v", value.clone()),
                    false => update,
                };
                let names = ["status", "entry", "total", "values"];
                let used = names.into_iter().filter(|name| expression.contains(&format!("#{name}")));
                let update = used
                    .fold(update, |update, name| update.expression_attribute_names(format!("#{name}"), name));
                update.send().await.unwrap();
            }
            None => {
                table.delete_item().table_name("Table").set_key(Some(self.key())).send().await.unwrap();
            }
        }
        before
    }

    async fn restore(&self, table: &Client, before: Option<Item>) {
        match before {
            Some(item) => {
                table.put_item().table_name("Table").set_item(Some(item)).send().await.unwrap();
            }
            None => {
                table.delete_item().table_name("Table").set_key(Some(self.key())).send().await.unwrap();
            }
        }
    }
}

fn set(pk: String, sk: &str, update: &'static str, value: AttributeValue) -> Plant {
    Plant { key: (pk, sk.to_owned()), update: Some((update, value)) }
}

fn gone(pk: String, sk: &str) -> Plant {
    Plant { key: (pk, sk.to_owned()), update: None }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_consistent_shop_has_no_findings() {
    let clinic = Box::pin(Clinic::open()).await;
    let report = clinic.examine().await;
    assert_eq!(report.findings, [], "{report}");
    assert!(report.finished, "{report}");
    assert_eq!((report.products, report.orders, report.pointers), (2, 5, 6), "{report}");
    assert!((20..100).contains(&report.used), "{report}");

    // The doctor respects its budget, reads no whole table, and limits every page.
    let aws = &clinic.shop.aws;
    let table = Table::new(Client::new(&aws.config_for("doctor")), "Table", clinic.shop.clock.clock());
    aws.clear_calls();
    let counted = examine(&table, BUDGET, |_| {}).await.unwrap();
    assert_eq!(counted.used.to_string(), aws.units().read().ceil().to_string());
    let calls = aws.calls();
    assert!(calls.iter().all(|call| ["Query", "BatchGetItem"].contains(&call.info.operation.as_str())));
    assert!(calls.iter().all(|call| call.info.operation != "Query" || !call.info.request["Limit"].is_null()));
    let cut_off = examine(&table, 5, |_| {}).await.unwrap();
    assert!(!cut_off.finished && cut_off.used < 5 + 20 && cut_off.breaches() == 0, "{cut_off}");
}

#[tokio::test(start_paused = true)]
async fn a_shop_with_traffic_during_the_check_has_no_findings() {
    let clinic = Box::pin(Clinic::open()).await;
    let aws = &clinic.shop.aws;
    for seed in 0..4 {
        let (mut buyers, seller) = (Vec::new(), clinic.shop.find("seller").await);
        for number in 0..6 {
            buyers.push(clinic.shop.member(&format!("buyer-{seed}-{number}"), false).await);
        }
        aws.interleave_by(seed);
        let table = Table::new(Client::new(&aws.config_for("doctor")), "Table", clinic.shop.clock.clock());
        let life = together(buyers.iter().enumerate().map(|(place, buyer)| {
            let (shop, lamp, seller) = (&clinic.shop, clinic.lamp.as_str(), &seller);
            async move {
                let order = buy(buyer, &[(lamp, 1)]).await;
                if place % 2 == 0 {
                    buyer.call("POST", &format!("/orders/{order}/cancel"), None).await.ok();
                }
                shop.work_off("payments").await.unwrap();
                shop.work_off("warehouse").await.unwrap();
                let delta = json!({ "delta": if place % 2 == 0 { 2 } else { -1 } });
                seller.post(&format!("/products/{lamp}/stock"), delta).await.ok();
            }
        }));
        let (report, _) = tokio::join!(examine(&table, BUDGET, |_| {}), life);
        let report = report.unwrap();
        assert!(report.finished && report.breaches() == 0, "seed {seed}\n{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_a_stale_read_only_is_not_reported() {
    let clinic = Box::pin(Clinic::open()).await;
    let plant = set(format!("ORDER#{}", clinic.arrived), "HEAD", "SET version = :v", number(99));
    let before = plant.set(&clinic.table()).await;
    clinic.shop.aws.set_lag(testkit::Lag::UntilCaughtUp);
    plant.restore(&clinic.table(), before).await;
    // A quiet client never gets old data.
    let aws = &clinic.shop.aws;
    let table = Table::new(Client::new(&aws.config_for("doctor")), "Table", clinic.shop.clock.clock());
    aws.clear_calls();
    let report = examine(&table, BUDGET, |_| {}).await.unwrap();
    assert!(aws.calls().iter().any(|call| call.stale));
    assert_eq!(report.findings, [], "{report}");
}

/// The changes, the rules that they break, and a part of the finding's text.
type Case = (Vec<Plant>, &'static [Rule], &'static str);

fn orders(clinic: &Clinic) -> Vec<Case> {
    let order = |id: &str| format!("ORDER#{id}");
    let Clinic { arrived, cancelled, waiting, store, .. } = clinic;
    let (arrived, cancelled, waiting) = (order(arrived), order(cancelled), order(waiting));
    let lines = "lines are 3000, the subtotal is 1";
    let pointer = clinic.pointer(&clinic.arrived);
    let own = format!("STORE#{store}");
    vec![
        (vec![set(arrived.clone(), "HEAD", "SET version = :v", text("x"))], &[Rule::Readable], "OrderHead"),
        (vec![gone(arrived.clone(), "SNAPSHOT")], &[Rule::Parts, Rule::Stock], "it has no snapshot"),
        (vec![gone(arrived.clone(), "HEAD")], &[Rule::Parts], "it has no head"),
        (vec![gone(arrived.clone(), "CONTACT")], &[Rule::Parts], "its contact is missing"),
        (vec![set(own.clone(), "STORE", "REMOVE look_key", number(0))], &[Rule::Names], "lookalikes"),
        (vec![gone(own.clone(), &pointer)], &[Rule::Parts], "it is not in the list of sto_"),
        (
            vec![gone(arrived.clone(), "HEAD"), gone(arrived.clone(), "SNAPSHOT")],
            &[Rule::Parts, Rule::Stock],
            "it is not there, and its buyer has paid",
        ),
        (
            vec![set(arrived.clone(), "SNAPSHOT", "SET shopper = :v", text(&clinic.nobody()))],
            &[Rule::Parts],
            "another buyer",
        ),
        (
            vec![set(arrived.clone(), "HEAD", "SET version = :v", number(99))],
            &[Rule::Timeline],
            "version 99 of 7 events",
        ),
        (
            vec![set(arrived.clone(), "SNAPSHOT", "SET totals.subtotal = :v", number(1))],
            &[Rule::Totals],
            lines,
        ),
        (
            vec![set(arrived.clone(), "SNAPSHOT", "SET totals.tax = :v", number(1))],
            &[Rule::Totals],
            "it adds up to",
        ),
        (vec![set(waiting.clone(), "HEAD", "REMOVE due", number(0))], &[Rule::Due], "not in the due index"),
        (vec![set(waiting.clone(), "HEAD", "REMOVE due, due_at", number(0))], &[Rule::Due], "it owes seller"),
        (
            vec![set(waiting, "HEAD", "SET due_at = :v", number(9_000_000_000_000))],
            &[Rule::Due],
            "is due only at 2255",
        ),
        (vec![set(cancelled, "HEAD", "SET due_at = :v", number(1))], &[Rule::Due], "it owes nothing"),
    ]
}

fn money_and_goods(clinic: &Clinic) -> Vec<Case> {
    let Clinic { arrived, cancelled, unpaid, lamp, store, .. } = clinic;
    let entry = |kind: &str, name: &str| format!("SANDBOX#{kind}#{name}");
    let (paid, refund) = (entry("PAYMENT", arrived), entry("REFUND", cancelled));
    let label = |order: &str| entry("LABEL", &format!("{order}#{store}"));
    let product = format!("PRODUCT#{lamp}");
    let is = "SET #entry = :v";
    vec![
        (vec![gone(paid, "ENTRY")], &[Rule::Payment], "it is paid, but nothing was captured"),
        (vec![set(refund.clone(), "ENTRY", is, text("1"))], &[Rule::Payment], "1 was refunded of"),
        (vec![gone(refund, "ENTRY")], &[Rule::Payment], "but nothing was refunded"),
        (vec![gone(entry("PAYMENT", cancelled), "ENTRY")], &[Rule::Payment], "but nothing was captured"),
        (
            vec![set(entry("REFUND", arrived), "ENTRY", is, text("8540"))],
            &[Rule::Payment],
            "it was refunded, but is not cancelled",
        ),
        (
            vec![
                set(format!("ORDER#{cancelled}"), "HEAD", "SET payment.#status = :v", text("failed")),
                gone(entry("REFUND", cancelled), "ENTRY"),
            ],
            &[Rule::Timeline, Rule::Payment],
            "its money was captured, but it is cancelled without a refund",
        ),
        (vec![set(label(cancelled), "ENTRY", is, text("TRK1"))], &[Rule::Label], "TRK1 was bought for sto_"),
        (vec![set(label(arrived), "ENTRY", is, text("TRK2"))], &[Rule::Label], "but its parcel has TRK"),
        (
            vec![set(product.clone(), "STOCK", "SET on_hand = :v", number(-1))],
            &[Rule::Stock],
            "-1 are on hand",
        ),
        (vec![set(product.clone(), "STOCK", "SET on_hand = :v", number(41))], &[Rule::Stock], "1 missing"),
        (vec![set(product.clone(), "STOCK", "SET on_hand = :v", number(43))], &[Rule::Stock], "1 too many"),
        (
            vec![set(
                product.clone(),
                "STOCK",
                "SET received = :v, on_hand = on_hand + :v",
                number(STOCK + 1),
            )],
            &[Rule::Stock],
            "its movements add up to 50, not to 51",
        ),
        (
            vec![set(product.clone(), "STOCK", "SET price = :v", number(1))],
            &[Rule::Stock],
            "shown at 1500 but sold at 1",
        ),
        (vec![gone(product, "PRODUCT")], &[Rule::Stock], "has no product or stock"),
        (
            vec![set(format!("USER#{}", clinic.ann.id), "USER", "SET version = :v", text("x"))],
            &[Rule::Readable],
            "User",
        ),
        (
            vec![set(format!("ORDER#{unpaid}"), "HEAD", "SET attempts = :v", number(8))],
            &[Rule::Overdue],
            "payment since",
        ),
    ]
}

impl Clinic {
    /// The sort key of the pointer to an order.
    fn pointer(&self, order: &str) -> String {
        let items = self.shop.aws.items("Table");
        let keys = items.iter().filter(|item| item["pk"]["S"] == format!("STORE#{}", self.store));
        let mut keys = keys.filter_map(|item| item["sk"]["S"].as_str());
        keys.find(|sk| sk.ends_with(order)).unwrap().to_owned()
    }

    fn nobody(&self) -> String {
        self.ann.id.replace(|digit: char| digit.is_ascii_digit(), "0")
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_found_and_named() {
    let clinic = Box::pin(Clinic::open()).await;
    clinic.shop.clock.advance(RETRY_SPAN);
    assert_eq!(clinic.examine().await.findings, []);
    let mut named = Vec::new();
    for (plants, rules, said) in orders(&clinic).into_iter().chain(money_and_goods(&clinic)) {
        let report = clinic.with(&plants).await;
        let mut found: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        found.dedup();
        found.sort_unstable();
        assert_eq!(found, rules, "{said}\n{report}");
        assert!(report.findings.iter().any(|finding| finding.detail.contains(said)), "{said}\n{report}");
        assert_eq!(report.breaches() > 0, rules.iter().any(|rule| rule.is_breach()), "{report}");
        named.extend(rules);
    }
    assert_eq!(clinic.examine().await.findings, []);
    // Mails become late by time alone.
    clinic
        .shop
        .table()
        .owe_notice(clinic.ann.id.parse().unwrap(), domain::account::Notice::Welcome)
        .await
        .unwrap();
    clinic.shop.clock.advance(Duration::from_hours(25));
    let report = clinic.examine().await;
    let late: Vec<_> = report.findings.iter().filter(|finding| finding.rule == Rule::Mails).collect();
    assert_eq!((late.len(), late[0].subject.as_str()), (1, clinic.ann.id.as_str()), "{report}");
    named.push(Rule::Mails);
    for rule in Rule::ALL {
        assert!(named.contains(&rule), "nothing breaks {rule}");
    }
}
