//! Concurrent requests over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use local::wait_until;

use super::people::{Answer, Person, purchase, shared, text};

/// The answers to requests that all start at the same moment.
fn at_once<T: Sync>(callers: &[T], request: impl Fn(&T) -> Answer + Sync) -> Vec<Answer> {
    let start = Barrier::new(callers.len());
    std::thread::scope(|scope| {
        let spawn = |caller| {
            let (start, request) = (&start, &request);
            scope.spawn(move || {
                start.wait();
                request(caller)
            })
        };
        let requests: Vec<_> = callers.iter().map(spawn).collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    })
}

#[test]
fn seven_of_twenty_buyers_get_the_last_seven() {
    let shop = shared();
    let lamp = shop.product(7);
    let buyers: Vec<_> = (0..20).map(|_| shop.register("buyer")).collect();
    for answer in at_once(&buyers, |buyer| buyer.add_to_cart(&lamp, 1)) {
        answer.is(200);
    }
    let (placed, refused): (Vec<_>, Vec<_>) =
        at_once(&buyers, Person::check_out).into_iter().partition(|answer| answer.status == 201);
    for answer in &refused {
        answer.refused(409, &[("OUT_OF_STOCK", Some(&lamp))]);
    }
    let orders: BTreeSet<_> = placed.into_iter().map(|answer| text(&answer.is(201)["id"])).collect();
    assert_eq!((orders.len(), refused.len()), (7, 13));
    assert_eq!(shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"], 0);
}

#[test]
fn ten_concurrent_checkouts_of_one_cart_are_one_order() {
    let shop = shared();
    let lamp = shop.product(100);
    let ann = shop.register("ann");
    ann.add_to_cart(&lamp, 3).is(200);
    let answers = at_once(&[(); 10], |()| ann.check_out());
    let fresh = answers.iter().filter(|answer| !answer.headers.contains_key("idempotent-replayed")).count();
    let orders: Vec<_> = answers.into_iter().map(|answer| answer.is(201)).collect();
    assert_eq!(fresh, 1);
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:#?}");
    assert_eq!(shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"], 97);
}

#[test]
fn two_purchases_in_a_row_are_two_orders() {
    let shop = shared();
    let lamp = shop.product(100);
    let ann = shop.register("ann");
    let buy = || {
        ann.add_to_cart(&lamp, 1).is(200);
        text(&ann.check_out().is(201)["id"])
    };
    assert_ne!(buy(), buy());
}

#[test]
fn a_key_stands_for_one_checkout() {
    let shop = shared();
    let lamp = shop.product(100);
    let ann = shop.register("ann").with("idempotency-key", "monday");
    let mut purchase = purchase();
    purchase["items"] = serde_json::json!([{ "product_id": lamp, "quantity": 2 }]);
    let first = ann.post("/orders", &purchase).is(201);
    let again = ann.post("/orders", &purchase);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.is(201), first);
    purchase["items"][0]["quantity"] = 3.into();
    ann.post("/orders", &purchase).refused(422, &[("IDEMPOTENCY_KEY_REUSED", None)]);
}

#[test]
fn an_item_added_during_a_checkout_is_in_the_order_or_still_in_the_cart() {
    let shop = shared();
    let lamp = shop.product(100);
    let ann = shop.register("ann");
    let (mut added, mut bought) = (0, BTreeMap::new());
    for _ in 0..8 {
        ann.add_to_cart(&lamp, 1).is(200);
        let answers = at_once(&["adds", "checks out"], |tab| match *tab {
            "adds" => ann.add_to_cart(&lamp, 2),
            _ => ann.check_out(),
        });
        let [add, check_out] = answers.try_into().ok().unwrap();
        add.is(200);
        added += 3;
        if check_out.status == 409 {
            check_out.refused(409, &[("CART_CHANGED", None)]);
        } else {
            let order = check_out.is(201);
            bought.insert(text(&order["id"]), order["lines"][0]["quantity"].as_i64().unwrap());
        }
    }
    let left = ann.get("/cart").is(200)["items"][0]["quantity"].as_i64().unwrap_or_default();
    assert_eq!(bought.values().sum::<i64>() + left, added, "{bought:?}");
}

#[test]
fn a_repeat_after_a_lost_answer_is_the_same_order() {
    let started = Instant::now();
    let shop = shared();
    let lamp = shop.product(100);
    let available = || shop.anyone().get(&format!("/products/{lamp}")).is(200)["available"].clone();
    let mut left = 100;
    for (key, placed_first) in [(true, true), (true, false), (false, true), (false, false)] {
        let ann = shop.register("ann");
        ann.add_to_cart(&lamp, 2).is(200);
        let ann = if key { ann.with("idempotency-key", "tuesday") } else { ann };
        let line = ann.post_unheard("/orders", &purchase());
        left -= 2;
        if placed_first {
            wait_until(Duration::from_secs(20), || (available() == left).then_some(())).unwrap();
        }
        drop(line);
        let heard = ann.check_out();
        assert!(!placed_first || heard.header("idempotent-replayed") == "true");
        let order = heard.is(201);
        let again = ann.check_out();
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.is(201), order);
        let orders = ann.get("/orders").is(200);
        assert_eq!((orders.as_array().unwrap().len(), &orders[0]["id"]), (1, &order["id"]));
        assert_eq!(available(), left);
    }
    assert!(started.elapsed() < Duration::from_mins(1));
}
