//! Processes die at random, and every order arrives all the same.

use std::time::Duration;

use local::wait_until;
use serde_json::{Value, json};

use super::people::{Person, Shop, options, purchase, text};
use super::story::{MOVES, timeline};

/// How hard it is.
struct Storm {
    orders: usize,
    /// How often processes are killed, half a second apart.
    rounds: usize,
    /// Which functions die.
    victims: fn(&str) -> bool,
    /// How soon a message that was in a killed worker's hand is shown again.
    retry_seconds: u32,
    /// How long the last order may take.
    limit: Duration,
}

const WORKERS: [&str; 5] = ["take-payment", "pack-order", "ship-parcel", "deliver-parcel", "send-mail"];

#[test]
fn a_few_orders_survive_a_few_killed_workers() {
    survive(&Storm {
        orders: 5,
        rounds: 6,
        victims: |name| WORKERS.contains(&name),
        retry_seconds: 10,
        limit: Duration::from_mins(2),
    });
}

/// `cargo test --workspace --test functions -- --ignored fifty_orders`: four minutes, and ten when a checkout dies between
/// its commit and its message, which the sweeper then finds overdue after six.
#[test]
#[ignore = "takes 4 to 10 minutes"]
fn fifty_orders_survive_whatever_is_killed() {
    survive(&Storm {
        orders: 50,
        rounds: 60,
        victims: |_| true,
        retry_seconds: 20,
        limit: Duration::from_mins(10),
    });
}

fn survive(storm: &Storm) {
    let shop = Shop::open(options("chaos").parameter("RetrySeconds", storm.retry_seconds));
    let lamp = shop.product(1000);
    let buyers: Vec<_> = (0..storm.orders).map(|_| shop.register("buyer")).collect();
    let orders: Vec<_> = std::thread::scope(|scope| {
        let storm = scope.spawn(|| rage(&shop, storm));
        let lamp = &lamp;
        let buy = |(place, buyer)| scope.spawn(move || buy(buyer, place, lamp));
        // A few at a time, so that orders are at every step while it rages.
        let mut orders = Vec::new();
        for some in buyers.iter().enumerate().collect::<Vec<_>>().chunks(5) {
            let threads: Vec<_> = some.iter().copied().map(buy).collect();
            orders.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        }
        assert!(storm.join().unwrap() > 0, "nothing was killed");
        orders
    });
    for (buyer, id) in buyers.iter().zip(&orders) {
        let order = buyer.order_when(id, "delivered", storm.limit);
        assert_eq!(timeline(&order), MOVES);
        nothing_twice(&shop, &order);
    }
    let available = &shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"];
    assert_eq!(*available, 1000 - storm.orders);
    assert_eq!(ledger(&shop, None), 2 * orders.len(), "one payment and one label an order, no refund");
}

/// Kills each victim that is running with even odds, again and again; gives back how many died.
fn rage(shop: &Shop, storm: &Storm) -> usize {
    let mut dead = 0;
    let mut dice = fastrand::Rng::with_seed(7);
    for _ in 0..storm.rounds {
        let running = shop.stack.functions_running().unwrap();
        let doomed = running.into_iter().filter(|(_, name)| (storm.victims)(name) && dice.bool());
        let doomed: Vec<_> = doomed.map(|(pid, _)| pid).collect();
        shop.stack.kill_processes(&doomed).unwrap();
        dead += doomed.len();
        // A rhythm; nothing is waited for.
        wait_until(Duration::from_millis(500), || None::<()>);
    }
    dead
}

/// Buys one, asking again under the same key whenever the answer gets lost.
fn buy(buyer: &Person<'_>, place: usize, lamp: &str) -> String {
    let mut purchase = purchase();
    purchase["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    let attempt = buyer.attempt(format!("order-{place}"));
    let answer = wait_until(Duration::from_mins(1), || {
        Some(attempt.post("/orders", &purchase)).filter(|answer| answer.status < 500)
    });
    text(&answer.unwrap().is(201)["id"])
}

/// The providers have heard of the order as often as its buyer would like.
fn nothing_twice(shop: &Shop, order: &Value) {
    let id = text(&order["id"]);
    let part = &order["fulfilments"][0];
    let entry = |key: String| item(shop, &key, "ENTRY")["entry"]["S"].clone();
    assert_eq!(entry(format!("SANDBOX#PAYMENT#{id}")), "captured");
    let label = format!("SANDBOX#LABEL#{id}#{}", text(&part["store_id"]));
    assert_eq!(entry(label), part["tracking_number"]);
    let head = item(shop, &format!("ORDER#{id}"), "HEAD");
    assert_eq!(head["payment"]["M"]["status"]["S"], "paid", "{head:#}");
}

fn item(shop: &Shop, pk: &str, sk: &str) -> Value {
    let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    let question = json!({ "TableName": table(shop), "Key": key, "ConsistentRead": true });
    let mut answer: Value =
        shop.stack.aws().call("dynamodb", "DynamoDB_20120810.GetItem", &question).unwrap();
    answer["Item"].take()
}

/// How many entries the providers' ledger has.
fn ledger(shop: &Shop, start: Option<&Value>) -> usize {
    let mut question = json!({
        "TableName": table(shop), "Select": "COUNT",
        "FilterExpression": "begins_with(pk, :sandbox)",
        "ExpressionAttributeValues": { ":sandbox": { "S": "SANDBOX#" } },
    });
    if let Some(start) = start {
        question["ExclusiveStartKey"] = start.clone();
    }
    let answer: Value = shop.stack.aws().call("dynamodb", "DynamoDB_20120810.Scan", &question).unwrap();
    let here = usize::try_from(answer["Count"].as_u64().unwrap()).unwrap();
    match answer.get("LastEvaluatedKey").filter(|key| !key.is_null()) {
        None => here,
        next => here + ledger(shop, next),
    }
}

fn table(shop: &Shop) -> &str {
    &shop.stack.running().deployed.resources["Table"]
}
