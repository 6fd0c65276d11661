//! The sample events, as `cargo lambda invoke` sends them.

use std::path::Path;

use local::{Running, events};
use serde_json::{Value, json};

use super::people::{PASSWORD, make_admin, shared};

/// Invokes a function directly, past the gateway.
fn invoke(stack: &Running, name: &str, event: &str) -> Value {
    stack.aws().invoke(&stack.deployed.functions[name].name, event).unwrap()
}

/// The status of an HTTP answer, or what a worker answered.
fn outcome(answer: &Value) -> Value {
    answer.get("statusCode").unwrap_or(answer).clone()
}

#[test]
fn each_written_sample_succeeds_and_each_committed_one_gets_an_answer_of_the_contract() {
    let stack = shared().stack.running();
    let committed = events::samples().unwrap();
    for (name, event) in &committed {
        let expected = match name.as_str() {
            "health" | "list-categories" | "list-products" => json!(200),
            "register" => json!(201),
            "get-product" | "no-route" => json!(404),
            "sweep-overdue" => Value::Null,
            _ if !event.contains("aws:sqs") => json!(401),
            _ => {
                json!({ "batchItemFailures": [{ "itemIdentifier": "00000000-0000-4000-8000-000000000000" }] })
            }
        };
        assert_eq!(outcome(&invoke(stack, name, event)), expected, "{name}");
    }

    make_admin(&shared().stack, "samples@example.com");
    let admin = events::Admin { email: "samples@example.com".to_owned(), password: PASSWORD.to_owned() };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("events");
    events::write(stack, &admin, "test", &folder).unwrap();
    for name in committed.keys() {
        let event = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let expected = match name.as_str() {
            "register" | "create-store" | "create-category" | "create-product" | "place-order" => json!(201),
            "no-route" => json!(404),
            "sweep-overdue" => Value::Null,
            _ if event.contains("aws:sqs") => json!({ "batchItemFailures": [] }),
            _ => json!(200),
        };
        assert_eq!(outcome(&invoke(stack, name, &event)), expected, "{name}");
    }
}
