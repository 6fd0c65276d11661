//! The tours in the documents, as a reader pastes them: every block, twice in a row on one stack.

use std::process::Command;

use serde_json::{Deserializer, Value};

use super::people::{PROGRAM, shared};
use crate::tree;

/// A fenced block of the tour.
struct Block {
    language: String,
    text: String,
}

#[test]
fn the_tour_runs_twice_and_shows_real_answers() {
    let blocks = blocks(&tree::read("docs/tour.md"));
    assert_eq!(blocks.iter().filter(|block| block.language != "sh").count(), 3, "answers that are shown");
    for _ in 0..2 {
        let mut said = take(&blocks).into_iter();
        let mut last = String::new();
        for Block { language, text } in &blocks {
            match language.as_str() {
                "sh" => last = said.next().unwrap(),
                "json" => {
                    let shown: Value = serde_json::from_str(text).unwrap();
                    let answers = answers(&last);
                    let real = answers.iter().any(|answer| alike(&shown, answer));
                    assert!(real, "docs/tour.md shows {shown}, and the answers are {answers:#?}");
                }
                _ => {
                    let end = text.lines().next_back().unwrap();
                    assert!(last.contains(end), "docs/tour.md shows {end:?}, and the block prints {last}");
                }
            }
        }
    }
}

#[test]
fn the_short_tour_in_the_readme_runs_twice() {
    let readme = tree::read("README.md");
    let (_, tour) = readme.split_once("\n## A short tour\n").unwrap();
    let (tour, _) = tour.split_once("\n## ").unwrap();
    for _ in 0..2 {
        for said in take(&blocks(tour)) {
            let answers = answers(&said);
            assert!(
                answers.iter().all(|answer| answer.get("data").is_some()),
                "the README's tour prints {said}"
            );
            assert_eq!(answers.len(), 2, "the README's tour prints {said}");
        }
    }
}

/// The fenced blocks of a text.
fn blocks(text: &str) -> Vec<Block> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    let block = |block: &str| {
        let (language, text) = block.split_once('\n').unwrap();
        Block { language: language.to_owned(), text: text.to_owned() }
    };
    fenced.map(block).collect()
}

/// Runs the shell blocks in one bash, which ends at the first failure; returns the output of each.
fn take(blocks: &[Block]) -> Vec<String> {
    const MARK: &str = "-------- next block";
    let stack = &shared().stack;
    let shell = blocks.iter().filter(|block| block.language == "sh");
    let commands: Vec<_> = shell.map(|block| block.text.as_str()).collect();
    let commands = commands
        .join(&format!("\necho '{MARK}'\n"))
        .replace("http://127.0.0.1:3000", stack.url())
        .replace("http://127.0.0.1:4566", stack.endpoint())
        .replace("target/local/dev", &stack.folder().display().to_string());
    // `cargo shop` builds first; the test has built it already.
    let shop = PROGRAM.with_file_name("shop").display().to_string();
    let script = format!("set -euo pipefail\ncargo() {{ shift; '{shop}' \"$@\"; }}\n{commands}");
    let ended = Command::new("bash").args(["-c", &script]).current_dir(tree::root()).output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "the tour ends early. It printed:\n{said}\nand as errors:\n{errors}");
    said.split(MARK).map(str::to_owned).collect()
}

/// The JSON documents in an output.
fn answers(said: &str) -> Vec<Value> {
    let starts = said
        .char_indices()
        .filter(|(at, letter)| *letter == '{' && (*at == 0 || said[..*at].ends_with('\n')));
    let parsed = starts.map(|(at, _)| Deserializer::from_str(&said[at..]).into_iter().next());
    parsed.filter_map(|answer| answer?.ok()).collect()
}

/// Whether two answers have the same fields, and the same numbers and booleans. Texts are ids, times and
/// names, so they differ.
fn alike(shown: &Value, real: &Value) -> bool {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            shown.len() == real.len()
                && shown.iter().all(|(name, value)| real.get(name).is_some_and(|real| alike(value, real)))
        }
        (Value::Array(shown), Value::Array(real)) => {
            shown.len() == real.len() && shown.iter().zip(real).all(|(shown, real)| alike(shown, real))
        }
        (Value::String(_), Value::String(_)) => true,
        _ => shown == real,
    }
}
