//! A switched-off part waits, and later goes on where it stopped.

use std::time::Duration;

use domain::messages::QUEUES;
use domain::orders::debt::{PAY_WITHIN, RETRY_SPAN};
use serde_json::json;

use crate::contract::template;
use crate::shop::people::{Person, purchase};
use crate::shop::world::Shop;
use crate::tree;

async fn shop_with_a_lamp() -> (Shop, String, Person) {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 5)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 2).await.ok();
    (shop, products[0].clone(), ann)
}

#[tokio::test(start_paused = true)]
async fn while_checkout_is_off_carts_stay_and_known_orders_are_answered() {
    let (shop, lamp, ann) = shop_with_a_lamp().await;
    let key = [("idempotency-key", "before")];
    let mut bought = purchase();
    bought["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    let order = ann.call_with("POST", "/orders", &key, Some(bought.clone())).await.created()["id"].clone();

    let off = ann.of(&shop.redeployed(&[("CheckoutSwitch", "off")]));
    let refused = off.place_order().await;
    refused.refused(503, &[("TRY_AGAIN", "")]);
    assert_eq!(refused.headers["retry-after"], "60");
    let repeated = off.call_with("POST", "/orders", &key, Some(bought)).await;
    assert_eq!(repeated.created()["id"], order);
    assert_eq!(off.get("/cart").await.ok()["items"][0]["quantity"], 2);

    ann.place_order().await.created();
    shop.drain_queues().await;
}

/// A day of sweeps, every three minutes, with the workers of these queues switched off. Their messages are
/// lost, as they would be after the queue's four days.
async fn a_day_without(shop: &Shop, off: &[&str]) {
    for _ in 0..480 {
        shop.clock.advance(Duration::from_mins(3));
        shop.sweep().await.unwrap();
        for queue in QUEUES.into_iter().filter(|queue| !off.contains(queue)) {
            shop.work_off(queue).await.unwrap();
        }
        for queue in off {
            shop.aws.queue(queue).purge();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_payments_are_off_no_order_expires_and_all_are_paid_afterwards() {
    let (shop, _, ann) = shop_with_a_lamp().await;
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    let off = shop.redeployed(&[("PaymentsSwitch", "off")]);
    a_day_without(&off, &["payments"]).await;
    assert_eq!(shop.again(&ann).order(&order).await.ok()["status"], "pending");
    assert!(shop.aws.queue("payments").is_empty(), "nobody is asked to pay");

    // It is paid even long after the two hours.
    shop.clock.advance(PAY_WITHIN);
    a_day_without(&shop, &[]).await;
    assert_eq!(shop.again(&ann).order(&order).await.ok()["status"], "delivered");
    assert_eq!(shop.ledger("PAYMENT"), ["captured"]);
}

#[tokio::test(start_paused = true)]
async fn while_mails_are_off_orders_go_on_and_every_mail_comes_afterwards() {
    let (shop, _, ann) = shop_with_a_lamp().await;
    shop.shopper("ben").await;
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    let off = shop.redeployed(&[("MailsSwitch", "off")]);
    a_day_without(&off, &["notifications"]).await;
    assert_eq!(shop.again(&ann).order(&order).await.ok()["status"], "delivered");
    assert!(shop.aws.mails().is_empty());

    shop.clock.advance(RETRY_SPAN);
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    assert_eq!((shop.mails(&ann.email).len(), shop.mails("ben@example.com").len()), (4, 1));
    assert!(shop.owes_nothing().await);
}

#[test]
fn a_worker_that_is_switched_off_gets_no_messages() {
    // The template's text is checked here: other tests run with every condition true.
    let template = testkit::read_template(&tree::root().join("template.yaml"));
    for (function, condition, parameter) in
        [("TakePayment", "PaymentsAreOn", "PaymentsSwitch"), ("SendMail", "MailsAreOn", "MailsSwitch")]
    {
        let source = &template["Resources"][function]["Properties"]["Events"]["Queue"]["Properties"];
        assert_eq!(source["Enabled"], json!({ "!If": [condition, true, false] }));
        let condition = &template["Conditions"][condition];
        assert_eq!(*condition, json!({ "!Equals": [{ "!Ref": parameter }, "on"] }));
    }
    for (function, variable) in
        [("place-order", "CHECKOUT"), ("sweep-overdue", "PAYMENTS"), ("sweep-overdue", "MAILS")]
    {
        let own = tree::resource(&tree::pascal(function))["Environment"]["Variables"][variable].clone();
        assert_eq!(own, template::value_of(variable).unwrap());
        assert_eq!(template::Variables::new(&[]).get(variable, str::to_owned).unwrap(), "on");
    }
}
