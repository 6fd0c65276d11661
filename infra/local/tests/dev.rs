//! `cargo dev` as a program.
#![allow(clippy::unwrap_used, reason = "that is how a test fails")]

use std::process::{Command, Stdio};

use local::paths;

#[test]
fn a_misspelled_parameter_is_reported_before_anything_is_built_or_lost() {
    let mine = std::env::current_exe().unwrap();
    let program = mine.ancestors().nth(2).unwrap().join("dev");
    let name = format!("misspelled-{}", std::process::id());
    let mut dev = Command::new(program);
    dev.args(["--name", &name, "--fresh", "--param", "DeliveryDelay=1"]).stdin(Stdio::null());
    let ended = dev.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success());
    assert!(said.contains("no parameter DeliveryDelay: did you mean DeliveryDelaySeconds?"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!paths::home().join(name).exists());
}
