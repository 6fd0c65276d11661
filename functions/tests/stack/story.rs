//! One order from cart to doorstep, on a stack of its own, so that every queue's depth is this order's.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::people::{Shop, options, text};

/// From an empty folder to the last answer. Making the virtual environment, once for each checkout, is not
/// included.
const LIMIT: Duration = Duration::from_mins(2);

/// The moves of an undisturbed order, each once.
pub const MOVES: [&str; 7] =
    ["pending", "paid", "processing", "shipping", "labelled", "shipped", "delivered"];

#[test]
fn an_order_travels_from_cart_to_doorstep_and_outlives_a_restart() {
    let started = Instant::now();
    let mut shop = Shop::open(options("story"));
    health_answers(&shop);
    let lamp = shop.product(10);
    anonymous_carts_are_capabilities(&shop, &lamp);

    let ann = shop.register("ann");
    ann.add_to_cart(&lamp, 2).is(200);
    // 2 × 15.00 + 18 % tax + 50.00 shipping
    let total = json!({ "amount": 85_40, "currency": "USD" });
    assert_eq!(ann.get("/cart").is(200)["total"], total);
    let answer = ann.check_out();
    let location = answer.header("location").to_owned();
    let placed = answer.is(201);
    let id = text(&placed["id"]);
    assert_eq!(location, format!("/api/v1/orders/{id}"));
    assert_eq!((&placed["status"], &placed["total"]), (&json!("pending"), &total));
    assert_eq!(ann.get("/cart").is(200)["items"], json!([]));

    let order = ann.order_when(&id, "delivered", Duration::from_mins(1));
    assert_eq!(timeline(&order), MOVES);
    assert!(text(&order["fulfilments"][0]["tracking_number"]).starts_with("TRK"));
    shop.comes_to_rest(Duration::from_secs(30));
    let number = text(&order["number"]);
    let mut subjects = ["is confirmed", "is packed", "is on its way", "was delivered"]
        .map(|what| format!("Order {number} {what}"))
        .to_vec();
    subjects.sort();
    subjects.push("Welcome to the shop".to_owned());
    assert_eq!(shop.subjects(&ann.email), subjects);
    shop.register("eve").get(&format!("/orders/{id}")).refused(404, &[("NOT_FOUND", None)]);

    let (email, token, session) =
        (ann.email.clone(), ann.header("authorization").to_owned(), ann.refresh.clone());
    shop.stack.restart().unwrap();
    // The signing key, the account and its sessions are saved: the old access token is still valid, and the
    // session goes on.
    let ann = shop.anyone().with("authorization", token);
    assert_eq!(ann.get("/users/me").is(200)["email"], json!(email));
    assert_eq!(ann.order(&id), order);
    let next = shop.anyone().post("/auth/refresh", &json!({ "refresh_token": session })).is(200);
    assert_ne!(next["refresh_token"], json!(session));
    let ann = shop.log_in(&email);
    ann.add_to_cart(&lamp, 1).is(200);
    let next = text(&ann.check_out().is(201)["id"]);
    assert_ne!(next, id);
    ann.order_when(&next, "delivered", Duration::from_mins(1));

    leaves_nothing_behind(shop);
    assert!(started.elapsed() < LIMIT);
}

/// The events of an order's timeline, in order.
pub fn timeline(order: &Value) -> Vec<&str> {
    order["timeline"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect()
}

fn health_answers(shop: &Shop) {
    let mut answer = shop.stack.agent().get(format!("{}/health", shop.stack.url())).call().unwrap();
    let body: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!((answer.status().as_u16(), &body["data"]["status"]), (200, &json!("ok")));
    assert_eq!(body["meta"]["request_id"], answer.headers()["x-request-id"].to_str().unwrap());
}

fn anonymous_carts_are_capabilities(shop: &Shop, lamp: &str) {
    let answer = shop.anyone().add_to_cart(lamp, 1);
    let token = answer.header("x-cart-token").to_owned();
    assert!(answer.header("set-cookie").starts_with(&format!("cart={token}; HttpOnly")));
    answer.is(200);
    let quantity = |cart: Value| cart["items"][0]["quantity"].clone();
    assert_eq!(quantity(shop.anyone().with("x-cart-token", &token).get("/cart").is(200)), 1);
    assert_eq!(quantity(shop.anyone().with("cookie", format!("cart={token}")).get("/cart").is(200)), 1);
    assert_eq!(shop.anyone().get("/cart").is(200)["items"], json!([]));
}

fn leaves_nothing_behind(shop: Shop) {
    let ports =
        [shop.stack.url(), shop.stack.endpoint()].map(|url| url.trim_start_matches("http://").to_owned());
    let functions = shop.stack.function_processes().unwrap();
    assert!(!functions.is_empty());
    drop(shop);
    for port in ports {
        assert!(std::net::TcpStream::connect(&port).is_err(), "{port} still answers");
    }
    assert!(
        functions.iter().all(|pid| !local::is_alive(*pid)),
        "a function outlives its stack: {functions:?}"
    );
}
