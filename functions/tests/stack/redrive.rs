//! A message is dead-lettered, its cause is fixed, and a redrive delivers it.

use std::time::Duration;

use domain::ids::{OrderId, UserId};
use local::wait_until;
use serde_json::{Value, json};

use super::people::{Shop, options, purchase, text};

/// Five tries, 10 seconds apart, and the queues' own pace.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(100);

#[test]
fn an_order_in_a_dead_letter_queue_arrives_after_a_repair_and_a_redrive() {
    let shop = Shop::open(options("redrive").parameter("RetrySeconds", 10));
    let lamp = shop.product(10);
    let ann = shop.register("ann");
    let user: UserId = text(&ann.get("/users/me").is(200)["id"]).parse().unwrap();
    let id = OrderId::of_key(user, &"doomed".parse().unwrap()).to_string();
    // The bank's record of this payment is broken.
    let entry = json!({ "pk": { "S": format!("SANDBOX#PAYMENT#{id}") }, "sk": { "S": "ENTRY" } });
    let mut broken = entry.clone();
    broken["entry"] = json!({ "N": "1" });
    table(&shop, "PutItem", &json!({ "Item": broken }));

    let mut order = purchase();
    order["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    let ann = ann.attempt("doomed");
    assert_eq!(ann.post("/orders", &order).is(201)["id"], id.as_str());
    let admin = shop.log_in("admin@example.com");
    let payments = || admin.get("/admin/queues").is(200)[0].clone();
    let given_up = wait_until(GIVEN_UP_WITHIN, || Some(payments()).filter(|queue| queue["given_up"] == 1));
    let given_up = given_up.unwrap_or_else(|| panic!("no message was dead-lettered: {:#}", payments()));
    let letter = &given_up["dead_letters"][0];
    assert_eq!(given_up["name"], "payments");
    assert!(text(&letter["body"]).contains(&id), "{letter:#}");
    assert!(text(&letter["reason"]).contains("the sandbox lost PAYMENT"), "{letter:#}");
    assert!(letter["request_id"].is_string() && letter["sent_at"].is_string(), "{letter:#}");
    assert_eq!(ann.order(&id)["status"], "pending");

    table(&shop, "DeleteItem", &json!({ "Key": entry }));
    let redriven = admin.send("POST", "/admin/queues/payments/redrive", "", None).is(202);
    assert_eq!(redriven, json!({ "moved": 1, "more": false }));
    let order = ann.order_when(&id, "delivered", Duration::from_mins(1));
    assert_eq!(super::story::timeline(&order), super::story::MOVES);
    shop.comes_to_rest(Duration::from_secs(30));
    assert_eq!(payments()["given_up"], 0);
    let left = &shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"];
    assert_eq!(*left, 9);

    // This table also passes the doctor.
    let report = shop.examine();
    assert!(report.finished && report.breaches() == 0, "{report}");
    assert_eq!((report.products, report.orders, report.pointers), (1, 1, 1), "{report}");
}

/// Changes the table directly.
fn table(shop: &Shop, operation: &str, request: &Value) {
    let mut request = request.clone();
    request["TableName"] = json!(shop.stack.running().deployed.resources["Table"]);
    let target = format!("DynamoDB_20120810.{operation}");
    let _: Value = shop.stack.aws().call("dynamodb", &target, &request).unwrap();
}
