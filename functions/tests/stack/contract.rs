//! The contract, tested by generated requests.

use std::process::Command;

use local::{Progress, venv};

use super::people::{ADMIN, PASSWORD, Shop, options};
use crate::tree;

/// `cargo fuzz-contract`: `infra/local/fuzz.py` says what it sends, and which findings are explained. `CASES`
/// sets how many generated requests an operation gets in each role, and `SEED` repeats a run.
#[test]
#[ignore = "takes some minutes"]
fn every_answer_to_a_generated_request_matches_the_contract() {
    let python = venv::fuzzer(Progress::Shown).unwrap();
    let shop = Shop::open(options("fuzz"));
    let mut fuzzer = Command::new(python);
    fuzzer.arg("-I").arg(tree::root().join("infra/local/fuzz.py"));
    fuzzer.args([shop.stack.running().url.as_str(), ADMIN, PASSWORD]);
    assert!(fuzzer.status().unwrap().success(), "the fuzzer found what is not explained");
}
