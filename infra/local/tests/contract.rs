//! What the shop relies on in the emulator and the runner. An upgrade that breaks it fails here.
#![allow(clippy::unwrap_used, reason = "that is how a test fails")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use local::{Depth, Error, Options, Progress, Saved, Stack, paths, venv, wait_until};
use serde_json::{Value, json};

/// A stack of the template beside this file. Its one function is a script.
fn stack(name: &str) -> Stack {
    stack_with(name, Duration::from_mins(1))
}

fn stack_with(name: &str, save_every: Duration) -> Stack {
    let here = paths::root().join("infra/local/tests/contract");
    let python = venv::python(Progress::Silent).unwrap();
    let program = paths::home().join(format!("contract-{name}"));
    let function = here.join("function.py");
    let script = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", python.display(), function.display());
    std::fs::write(&program, &script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = Options::for_test(name, program).parameter("Attempts", 2);
    Stack::start(Options { template: here.join("template.yaml"), save_every, ..options }).unwrap()
}

/// Makes the HTTP function do an AWS call under its own role.
fn call(stack: &Stack, service: &str, operation: &str, input: Value) -> Value {
    let question = json!({ "service": service, "operation": operation, "input": input });
    let post = stack.agent().post(format!("{}/call", stack.url())).header("content-type", "application/json");
    let mut answer = post.send(question.to_string()).unwrap();
    assert_eq!(answer.status(), 200, "{service} {operation}");
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// The answer to a call that the role must allow.
fn allowed(answer: Value) -> Value {
    assert_eq!(answer.get("refused"), None, "{answer}");
    answer
}

fn resource<'a>(stack: &'a Stack, name: &str) -> &'a str {
    &stack.running().deployed.resources[name]
}

fn put(stack: &Stack, key: &str) {
    let item = json!({ "pk": { "S": key }, "sk": { "S": "-" } });
    allowed(call(
        stack,
        "dynamodb",
        "put_item",
        json!({ "TableName": resource(stack, "Table"), "Item": item }),
    ));
}

fn secret(stack: &Stack) -> String {
    let answer =
        call(stack, "secretsmanager", "get_secret_value", json!({ "SecretId": resource(stack, "Key") }));
    answer["SecretString"].as_str().unwrap().to_owned()
}

fn items(stack: &Stack) -> u64 {
    let question = json!({ "TableName": resource(stack, "Table"), "Select": "COUNT" });
    let answer: Value = stack.aws().call("dynamodb", "DynamoDB_20120810.Scan", &question).unwrap();
    answer["Count"].as_u64().unwrap()
}

fn depth(stack: &Stack, logical_id: &str) -> Depth {
    let name = resource(stack, logical_id).rsplit('/').next().unwrap();
    stack.queue_depths().unwrap()[name]
}

#[test]
fn requests_and_answers_pass_the_proxy_unharmed() {
    let stack = stack("proxy");
    let agent = stack.agent();

    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let url = format!("{}/echo/a%20b?x=1&x=2&y=%C3%BC", stack.url());
    let mut answer =
        agent.put(url).header("cookie", "s=1; t=2").header("x-own", "ü").send(&body[..]).unwrap();
    let shown: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let event = &shown["event"];
    assert_eq!(event["routeKey"], "PUT /echo/{id}");
    assert_eq!(event["pathParameters"]["id"], "a b");
    assert_eq!(event["rawQueryString"], "x=1&x=2&y=%C3%BC");
    assert_eq!(event["headers"]["cookie"], "s=1; t=2");
    assert_eq!(event["isBase64Encoded"], true);
    assert_eq!(event["body"].as_str().unwrap().len(), body.len().div_ceil(3) * 4);

    // The functions inherit the emulator's environment. None of the developer's variables may be in it,
    // because they would hide a variable that the template forgets.
    let environment = shown["environment"].as_array().unwrap();
    assert!(
        environment.contains(&json!("TABLE_NAME")) && !environment.contains(&json!("HOME")),
        "{environment:?}"
    );

    let mut answer = agent.get(format!("{}/bytes", stack.url())).call().unwrap();
    assert_eq!(answer.status(), 201);
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
    assert_eq!(answer.body_mut().read_to_vec().unwrap(), (0..=255).collect::<Vec<u8>>());

    let mut answer = agent.delete(format!("{}/nowhere", stack.url())).call().unwrap();
    let shown: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(shown["event"]["routeKey"], "$default");

    let answer =
        agent.get(format!("{}/bytes", stack.url())).header("origin", "https://shop.example").call().unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://shop.example");
}

/// Sends a request byte for byte and closes that side; returns the status and the body.
fn sent(stack: &Stack, request: &str) -> (u16, String) {
    let mut line = TcpStream::connect(("127.0.0.1", stack.running().port)).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    line.write_all(request.as_bytes()).unwrap();
    line.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[test]
fn a_broken_body_is_the_clients_fault_and_a_chunked_one_arrives_whole() {
    let stack = stack("bodies");
    let chunked = |body: &str| {
        sent(&stack, &format!("PUT /echo/a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{body}"))
    };
    let (status, shown) = chunked("5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nchecksum: none\r\n\r\n");
    assert_eq!(status, 200, "{shown}");
    // "hello world" in base64.
    assert!(shown.contains("aGVsbG8gd29ybGQ="), "{shown}");
    for broken in
        ["5\r\nhello\r\nzz\r\n", "5\r\nhello world\r\n0\r\n\r\n", "5\r\nhel", "5\r\nhello\r\n", "-1\r\n\r\n"]
    {
        let (status, said) = chunked(broken);
        assert_eq!(status, 400, "{broken:?}: {said}");
    }
    let (status, said) = sent(&stack, "PUT /echo/a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello");
    assert_eq!(status, 400, "{said}");

    let answer = stack.agent().put(format!("{}/echo/a", stack.url())).send(&vec![0; (10 << 20) + 1][..]);
    assert_eq!(answer.unwrap().status(), 413);
}

/// The folder of a stack of this name.
fn folder(name: &str) -> PathBuf {
    paths::home().join(format!("test-{name}-{}", std::process::id()))
}

/// Waits until a function was sent these items of the table's stream. It writes their keys into a file.
fn follows(name: &str, keys: &[&str]) {
    let file = folder(name).join("tmp/followed");
    let seen = || std::fs::read_to_string(&file).unwrap_or_default();
    let all = || keys.iter().all(|key| seen().lines().any(|line| line == *key)).then_some(());
    assert!(wait_until(Duration::from_secs(20), all).is_some(), "{keys:?}: {:?}", seen());
}

#[test]
fn the_tables_stream_goes_on_after_a_restart_and_loses_nothing() {
    let mut stack = stack("stream");
    put(&stack, "one");
    follows("stream", &["one"]);
    // While the function works on the first one, the others wait.
    for key in ["slow", "two", "three"] {
        put(&stack, key);
    }
    stack.restart().unwrap();
    follows("stream", &["slow", "two", "three"]);
    put(&stack, "four");
    follows("stream", &["four"]);
    stack.restart().unwrap();
    put(&stack, "five");
    follows("stream", &["five"]);
    stack.stop().unwrap();
}

#[test]
fn after_a_crash_the_last_save_is_used_and_the_loss_is_reported() {
    // Before the first save, S3 already has a bucket, and everything is made again.
    let mut early = stack_with("early", Duration::from_mins(10));
    early.crash().unwrap();
    drop(early);

    let mut stack = stack_with("crash", Duration::from_secs(1));
    let folder = folder("crash");
    put(&stack, "saved");
    let before = Saved::read(&folder).unwrap();
    assert!(!before.stopped && before.lost_since.is_none());
    let saved = || (Saved::read(&folder).unwrap().at > before.at).then_some(());
    wait_until(Duration::from_secs(20), saved).expect("a save within seconds");
    put(&stack, "and saved");
    let state = folder.join("state/state.jsonl");
    let written = || std::fs::read_to_string(&state).unwrap().contains("and saved").then_some(());
    wait_until(Duration::from_secs(20), written).expect("another one");

    stack.crash().unwrap();
    assert_eq!(items(&stack), 2);
    let status = local::status::of(&folder).unwrap();
    assert!(status.contains("Lost     what was written after "), "{status}");
    let after = Saved::read(&folder).unwrap();
    assert!(after.lost_since.is_some_and(|since| since >= before.at));
    put(&stack, "more");

    // A folder stands in the place of the file.
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    let error = stack.stop().unwrap_err();
    assert!(matches!(error, Error::NotSaved { .. }), "{error}");
    assert!(error.to_string().contains("Is a directory"), "{error}");
}

#[test]
fn functions_live_under_their_roles_and_the_state_survives_a_restart() {
    let mut stack = stack("state");
    put(&stack, "one");
    let refused = call(
        &stack,
        "sqs",
        "send_message",
        json!({ "QueueUrl": resource(&stack, "Dead"), "MessageBody": "x" }),
    );
    assert_eq!(refused["refused"], "ClientError", "{refused}");
    assert!(refused["because"].as_str().unwrap().contains("AccessDenied"), "{refused}");
    let before = secret(&stack);
    assert_eq!(before.len(), 64);

    let mail = json!({
        "FromEmailAddress": "shop@example.com",
        "Destination": { "ToAddresses": ["ann@example.com"] },
        "Content": {
            "Simple": { "Subject": { "Data": "welcome" }, "Body": { "Text": { "Data": "hello" } } },
        },
    });
    allowed(call(&stack, "sesv2", "send_email", mail));
    assert_eq!(stack.mails().unwrap()[0]["Subject"], "welcome");

    let question = json!({ "TableName": resource(&stack, "Table") });
    let ttl: Value = stack.aws().call("dynamodb", "DynamoDB_20120810.DescribeTimeToLive", &question).unwrap();
    assert_eq!(ttl["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED");

    // A message that always fails is tried twice and dead-lettered; a good one is deleted.
    for body in ["good", "bad"] {
        let message = json!({ "QueueUrl": resource(&stack, "Work"), "MessageBody": body });
        allowed(call(&stack, "sqs", "send_message", message));
    }
    let settled = || (depth(&stack, "Work").total() == 0 && depth(&stack, "Dead").visible == 1).then_some(());
    assert!(wait_until(Duration::from_secs(20), settled).is_some(), "{:?}", stack.queue_depths());

    let status = local::status::of(&folder("state")).unwrap();
    assert!(
        status.contains("! dead letters") && status.contains("/api/v1/admin/queues/work/redrive"),
        "{status}"
    );

    let url = stack.url().to_owned();
    stack.restart().unwrap();
    assert_eq!(stack.url(), url);
    assert_eq!(secret(&stack), before);
    assert_eq!((items(&stack), depth(&stack, "Dead").visible), (1, 1));

    assert!(stack.kill_functions().unwrap() > 0);
    put(&stack, "two"); // in a new environment
    assert_eq!(items(&stack), 2);
    assert!(stack.aws().logs_since(0).unwrap().iter().any(|line| line.message.contains("\"event\"")));
}
