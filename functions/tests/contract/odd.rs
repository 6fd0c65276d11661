//! Odd input: every endpoint answers it by the contract.

use serde_json::{Value, json};

use crate::shop::world::Shop;
use crate::tree;

/// The values that replace each field in turn.
fn odd() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(""),
        json!("a\u{0}b"),
        json!("\u{202e}\u{feff}\u{1f469}\u{200d}\u{1f680}"),
        json!("x".repeat(60_000)),
        json!(-1),
        json!(1_000_000_000_000_000_000_u64),
        json!(1e300),
        json!(0.5),
        json!(true),
        json!([]),
        json!({ "a": { "b": 1 } }),
        deep,
    ]
}

#[tokio::test(start_paused = true)]
async fn no_field_is_too_odd_for_an_answer_of_the_contract() {
    let shop = Shop::open();
    shop.may_leave_messages();
    let admin = shop.member("admin", true).await;
    admin.open_store("The admin's").await;
    let mut tried = 0;
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint() else { continue };
        let sample: Value =
            serde_json::from_str(&tree::read(&format!("events/{}.json", function.name))).unwrap();
        let Some(body) = sample["body"].as_str() else { continue };
        let body: Value = serde_json::from_str(body).unwrap();
        let path = sample["rawPath"].as_str().unwrap();
        let mut check = async |body: Value| {
            tried += 1;
            let shown: String = body.to_string().chars().take(200).collect();
            let answer = admin.call_root(endpoint.method, path, Some(body)).await;
            assert!(answer.status < 500, "{} {path}: {} for {shown}", endpoint.method, answer.status);
        };
        for field in body.as_object().unwrap().keys().filter(|_| function.name != "delete-me") {
            for value in odd() {
                let mut body = body.clone();
                body[field] = value;
                check(body).await;
            }
        }
        for value in odd() {
            check(value).await;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn no_endpoint_accepts_an_array_for_an_object() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    admin.open_store("The admin's").await;
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint().filter(|endpoint| endpoint.body.is_some()) else { continue };
        let sample: Value =
            serde_json::from_str(&tree::read(&format!("events/{}.json", function.name))).unwrap();
        let path = sample["rawPath"].as_str().unwrap();
        // Optional fields may be null, and an array of as many nulls could pass for all of them.
        for fields in 0..12 {
            let body = Value::Array(vec![Value::Null; fields]);
            let answer = admin.call_root(endpoint.method, path, Some(body)).await;
            match answer.status {
                // A missing resource is reported first.
                404 => {}
                _ => answer.refused(422, &[("INVALID", "")]),
            }
        }
    }
}
