//! The sample events, as `cargo lambda invoke` sends them.

use lambda::Source;
use local::{Running, events};
use serde_json::{Value, json};

use super::people::{PASSWORD, make_admin, shared};
use crate::tree;

/// Invokes a function directly, without the gateway.
fn invoke(stack: &Running, name: &str, event: &str) -> Value {
    stack.aws().invoke(&stack.deployed.functions[name].name, event).unwrap()
}

/// The outcome of an event: the status of an HTTP answer, a worker's answer, or why a function failed.
fn outcome(answer: &Value) -> Value {
    answer.get("statusCode").or(answer.get("errorMessage")).unwrap_or(answer).clone()
}

#[test]
fn written_samples_succeed_and_committed_ones_get_answers_of_the_contract() {
    let stack = shared().stack.running();
    for function in tree::functions() {
        let event = tree::read(&format!("events/{}.json", function.name));
        let outcome = outcome(&invoke(stack, function.name, &event));
        let contract = match function.source {
            Source::Http(endpoint) => {
                let codes = endpoint.codes.iter().map(|code| json!(code.status));
                codes.chain([json!(endpoint.answer.0)]).collect()
            }
            // The message names something that does not exist, so it fails and comes again. For a missing
            // user, image or product there is nothing left to do, so it succeeds.
            Source::Queue("erasures" | "uploads" | "rows" | "pictures" | "search", _) | Source::Stream(_) => {
                vec![json!({ "batchItemFailures": [] })]
            }
            Source::Queue(..) => vec![failed(&event)],
            Source::Schedule(_) => vec![Value::Null],
            Source::Rotation(_) => vec![json!("there is no such pending version of the signing secret")],
        };
        assert!(contract.contains(&outcome), "events/{}.json: {outcome}", function.name);
    }

    make_admin(&shared().stack, "samples@example.com");
    let admin = events::Admin { email: "samples@example.com".to_owned(), password: PASSWORD.to_owned() };
    let folder = local::paths::home().join("events-of-tests");
    events::write(stack, &admin, "test", &folder).unwrap();
    for function in tree::functions() {
        let event = std::fs::read_to_string(folder.join(format!("{}.json", function.name))).unwrap();
        let success = match function.source {
            Source::Http(endpoint) if endpoint.method == "ANY" => json!(404),
            // The local stack does not use Stripe.
            Source::Http(_) if function.name == "stripe-webhook" => json!(404),
            Source::Http(endpoint) => json!(endpoint.answer.0),
            Source::Queue(..) | Source::Stream(_) => json!({ "batchItemFailures": [] }),
            Source::Schedule(_) | Source::Rotation(_) => Value::Null,
        };
        assert_eq!(outcome(&invoke(stack, function.name, &event)), success, "{}", function.name);
    }
}

/// The answer of a worker whose sample message failed.
fn failed(event: &str) -> Value {
    let event: Value = serde_json::from_str(event).unwrap();
    json!({ "batchItemFailures": [{ "itemIdentifier": event["Records"][0]["messageId"] }] })
}
