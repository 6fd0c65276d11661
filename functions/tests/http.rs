//! Through the front door: the real template on the local stack, asked over HTTP.

use std::time::{Duration, Instant};

use local::{Options, Stack};
use serde_json::Value;

/// From an empty folder to the last answer; making the virtual environment, once per workspace, comes on top.
const LIMIT: Duration = Duration::from_mins(2);

#[test]
fn health_answers_through_the_gateway_and_the_stack_leaves_nothing_behind() {
    let started = Instant::now();
    let stack = Stack::start(Options::for_test("health", env!("CARGO_BIN_EXE_health"))).unwrap();

    let mut answer = stack.agent().get(format!("{}/health", stack.url())).call().unwrap();
    let body: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(body["data"]["status"], "ok");
    let id = answer.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(body["meta"]["request_id"], id);

    let ports = [stack.url(), stack.endpoint()].map(|url| url.trim_start_matches("http://").to_owned());
    let functions = stack.function_processes().unwrap();
    assert_eq!(functions.len(), 1);
    drop(stack);
    for port in ports {
        assert!(std::net::TcpStream::connect(&port).is_err(), "{port} still answers");
    }
    assert!(
        functions.iter().all(|pid| !local::is_alive(*pid)),
        "a function outlives its stack: {functions:?}"
    );
    assert!(started.elapsed() < LIMIT);
}
