//! Processes are killed at random, and every order still arrives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use local::wait_until;
use serde_json::{Value, json};

use super::people::{Person, Shop, options, purchase, text};
use super::story::{MOVES, timeline};

/// The parameters of a storm.
struct Storm {
    orders: usize,
    /// How many orders are placed at the same time, so that orders are at every step during the storm.
    at_once: usize,
    /// One of this many orders is cancelled as soon as it is placed.
    cancel_every: usize,
    /// The least number of killed processes.
    deaths: usize,
    /// How often the whole stack is stopped and started.
    restarts: usize,
    /// Which functions are killed.
    victims: fn(&str) -> bool,
    /// After how many seconds the message of a killed worker is shown again.
    retry_seconds: u32,
    /// How long the last order may take.
    limit: Duration,
}

const WORKERS: [&str; 5] = ["take-payment", "pack-order", "ship-parcel", "deliver-parcel", "send-mail"];

#[test]
fn a_few_orders_survive_a_few_killed_workers() {
    survive(&Storm {
        orders: 6,
        at_once: 3,
        cancel_every: 5,
        deaths: 3,
        restarts: 0,
        victims: |name| WORKERS.contains(&name),
        retry_seconds: 10,
        limit: Duration::from_mins(2),
    });
}

/// `cargo storm`: if a checkout dies between its commit and its message, the sweeper finds the order after
/// six minutes.
#[test]
#[ignore = "takes a quarter of an hour"]
fn a_thousand_orders_survive_any_killed_process() {
    survive(&Storm {
        orders: 1000,
        at_once: 10,
        cancel_every: 10,
        deaths: 100,
        restarts: 2,
        victims: |_| true,
        retry_seconds: 20,
        limit: Duration::from_mins(20),
    });
}

fn survive(storm: &Storm) {
    let mut shop = Shop::open(options("chaos").parameter("RetrySeconds", storm.retry_seconds));
    let stock = u32::try_from(storm.orders + QUIET).unwrap();
    let lamp = shop.product(stock);
    let quiet = latencies(&shop, &lamp);
    let buyers: Vec<_> = (0..storm.at_once).map(|_| shop.register("buyer").email).collect();
    let (mut orders, mut dead) = (Vec::new(), 0);
    let parts = storm.restarts + 1;
    for part in 0..parts {
        let numbers: Vec<_> = (part * storm.orders / parts..(part + 1) * storm.orders / parts).collect();
        let deaths = storm.deaths * (part + 1) / parts - dead;
        let (died, bought) =
            rage_while(&shop, storm, deaths, || buy_all(&shop, storm, &buyers, &numbers, &lamp));
        dead += died;
        orders.extend(bought);
        if part + 1 < parts {
            shop.stack.restart().unwrap();
        }
        println!("{} of {} orders are placed, {dead} processes are dead", orders.len(), storm.orders);
    }
    let mut cancelled = 0;
    let deadline = Instant::now() + storm.limit;
    for (buyer, orders) in &by_buyer(orders) {
        let buyer = shop.log_in(buyer);
        for id in orders {
            let order = ends(&buyer, id, deadline);
            cancelled += usize::from(order["status"] == "cancelled");
            once_each(&shop, &order);
        }
    }
    println!("{cancelled} of {} orders are cancelled; {quiet}", storm.orders);
    let sold = storm.orders - cancelled;
    let available = &shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"];
    assert_eq!(*available, storm.orders - sold, "what was cancelled is there again");
    shop.comes_to_rest(storm.limit);
    examine(&shop);
}

/// How many orders are placed one after another before the storm, to measure the chain's speed.
const QUIET: usize = 3;

/// The undisturbed speed of the chain, from step to step, with queue and worker.
fn latencies(shop: &Shop, lamp: &str) -> String {
    let buyer = shop.register("early");
    let mut steps: Vec<i64> = Vec::new();
    for number in 0..QUIET {
        let id = buy(&buyer, &format!("early-{number}"), lamp);
        let order = buyer.order_when(&id, "delivered", Duration::from_mins(1));
        let at = |event: &Value| text(&event["at"]).parse::<domain::Timestamp>().unwrap().millis();
        let times: Vec<_> = order["timeline"].as_array().unwrap().iter().map(at).collect();
        // Placed, paid, packed, claimed: one message each. The label comes with the claim, and parcels take
        // time.
        steps.extend(times.windows(2).take(3).map(|pair| pair[1] - pair[0]));
    }
    steps.sort_unstable();
    let (middle, worst) = (steps[steps.len() / 2], steps[steps.len() - 1]);
    format!("undisturbed, a step takes {middle} ms from commit to commit, {worst} ms at worst")
}

/// Kills running victims one at a time during `work`, and afterwards until enough are dead or nothing has run
/// for ten seconds. Returns how many were killed, and the result of the work.
fn rage_while<T: Send>(
    shop: &Shop,
    storm: &Storm,
    deaths: usize,
    work: impl FnOnce() -> T + Send,
) -> (usize, T) {
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        let (mut dead, mut dice, mut last) = (0, fastrand::Rng::with_seed(7), Instant::now());
        while !work.is_finished() || (dead < deaths && last.elapsed() < Duration::from_secs(10)) {
            let running = shop.stack.functions_running().unwrap();
            let victims: Vec<_> =
                running.into_iter().filter(|(_, name)| (storm.victims)(name)).map(|(pid, _)| pid).collect();
            if let Some(pid) = dice.choice(&victims).filter(|_| dead < deaths) {
                shop.stack.kill_processes(&[*pid]).unwrap();
                (dead, last) = (dead + 1, Instant::now());
            }
            // A pause between two kills.
            wait_until(Duration::from_millis(300), || None::<()>);
        }
        (dead, work.join().unwrap())
    })
}

/// Every buyer places their orders, one after another; returns the orders and their buyers.
fn buy_all(
    shop: &Shop,
    storm: &Storm,
    buyers: &[String],
    numbers: &[usize],
    lamp: &str,
) -> Vec<(String, String)> {
    std::thread::scope(|scope| {
        let shares = buyers.iter().enumerate().map(|(place, email)| {
            scope.spawn(move || {
                let let_in =
                    undisturbed(|| Some(shop.try_log_in(email)).filter(|answer| answer.status < 500));
                let buyer = shop.let_in(email, let_in);
                let share = numbers.iter().skip(place).step_by(buyers.len());
                let bought = share.map(|number| {
                    let id = buy(&buyer, &format!("order-{number}"), lamp);
                    if number % storm.cancel_every == 0 {
                        cancel(&buyer, &id);
                    }
                    (email.clone(), id)
                });
                bought.collect::<Vec<_>>()
            })
        });
        let shares: Vec<_> = shares.collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    })
}

/// Repeats a request for a minute until it is answered.
fn undisturbed<T>(ask: impl FnMut() -> Option<T>) -> T {
    wait_until(Duration::from_mins(1), ask).expect("an answer within a minute")
}

/// Buys one unit; repeats the request under the same key if the answer is lost.
fn buy(buyer: &Person<'_>, key: &str, lamp: &str) -> String {
    let mut purchase = purchase();
    purchase["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    let attempt = buyer.attempt(key);
    let answer =
        undisturbed(|| Some(attempt.post("/orders", &purchase)).filter(|answer| answer.status < 500));
    text(&answer.is(201)["id"])
}

/// Cancels an order, if that is still possible.
fn cancel(buyer: &Person<'_>, id: &str) {
    let path = format!("/orders/{id}/cancel");
    let answer = undisturbed(|| Some(buyer.post(&path, &json!({}))).filter(|answer| answer.status < 500));
    assert!([200, 409].contains(&answer.status), "{}", answer.body);
}

fn by_buyer(orders: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut shares = BTreeMap::<_, Vec<_>>::new();
    for (buyer, id) in orders {
        shares.entry(buyer).or_default().push(id);
    }
    shares
}

/// The order once it is delivered, completed or cancelled.
fn ends(buyer: &Person<'_>, id: &str, deadline: Instant) -> Value {
    let limit = deadline.saturating_duration_since(Instant::now());
    let ended = |order: &Value| match order["status"].as_str() {
        Some("delivered") => true,
        Some("cancelled") => order["payment_status"] != "pending" && order["payment_status"] != "paid",
        _ => false,
    };
    let found = wait_until(limit, || Some(buyer.order(id)).filter(ended));
    found.unwrap_or_else(|| panic!("not at its end: {:#}", buyer.order(id)))
}

/// Asserts that the providers were called once for the order's charge, refund and labels.
fn once_each(shop: &Shop, order: &Value) {
    let id = text(&order["id"]);
    let entry =
        |kind: &str, name: &str| item(shop, &format!("SANDBOX#{kind}#{name}"), "ENTRY")["entry"].take();
    let part = &order["fulfilments"][0];
    let (payment, refund) = (entry("PAYMENT", &id), entry("REFUND", &id));
    let label = entry("LABEL", &format!("{id}#{}", text(&part["store_id"])));
    if order["status"] == "delivered" {
        assert_eq!(timeline(order), MOVES);
        assert_eq!((&payment["S"], &refund), (&json!("captured"), &Value::Null));
        assert_eq!(label["S"], part["tracking_number"]);
    } else {
        let given_back =
            if payment["S"] == "captured" { order["total"]["amount"].to_string() } else { String::new() };
        assert_eq!(refund["S"].as_str().unwrap_or_default(), given_back);
        assert_eq!(order["payment_status"] == "refunded", payment["S"] == "captured", "{order:#}");
        assert_eq!(label, Value::Null);
    }
}

/// Asserts that `shop doctor` finds no breach.
fn examine(shop: &Shop) {
    let report = shop.examine();
    println!("{report}");
    assert!(report.finished && report.breaches() == 0);
}

fn item(shop: &Shop, pk: &str, sk: &str) -> Value {
    let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    let question = json!({ "TableName": table(shop), "Key": key, "ConsistentRead": true });
    let mut answer: Value =
        shop.stack.aws().call("dynamodb", "DynamoDB_20120810.GetItem", &question).unwrap();
    answer["Item"].take()
}

fn table(shop: &Shop) -> &str {
    &shop.stack.running().deployed.resources["Table"]
}
