//! What the command says when it fails.
#![allow(clippy::unwrap_used, reason = "that is how a test fails")]

use std::process::Command;

#[test]
fn a_stack_that_is_down_is_named_in_one_line() {
    // Nothing listens on port 1.
    let endpoint = "http://127.0.0.1:1";
    for (task, code) in [
        (&["admin", "--email", "ann@example.com"][..], 1),
        (&["seed", "--owner", "ann@example.com"], 1),
        (&["doctor"], 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.args(task).args(["--table", "shop"]).env("AWS_ENDPOINT_URL", endpoint);
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env(name, "test");
        }
        let ended = command.output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(said, format!("error: {endpoint} does not answer: start the stack with `cargo dev`\n"));
        assert_eq!((ended.status.code(), ended.stdout.len()), (Some(code), 0), "{task:?}");
    }
}
