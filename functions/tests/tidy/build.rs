//! What a build shares with the next one.

use std::collections::BTreeSet;
use std::process::Command;

use crate::tree;

#[test]
fn cargo_test_and_cargo_dev_build_each_dependency_with_the_same_features() {
    let (dev, test) = (dependencies("normal,build"), dependencies("normal,build,dev"));
    assert!(dev.len() > 100, "cargo tree names the dependencies");
    let twice: Vec<_> = dev.difference(&test).map(String::as_str).collect();
    assert!(
        twice.is_empty(),
        "cargo test builds these, and all that depend on them, once more with other features; name the \
         features under [dependencies] of shared/testkit:\n{}",
        twice.join("\n")
    );
}

/// Each dependency of the workspace with its version and features, along edges of these kinds.
fn dependencies(edges: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--features", "development/run", "--prefix", "none"])
        .args(["--format", "{p} {f}", "--edges", edges])
        .current_dir(tree::root())
        .output()
        .unwrap();
    let lines = String::from_utf8(tree.stdout).unwrap();
    // Our own crates may differ: they are small.
    let lines = lines.lines().filter(|line| !line.contains(" (/"));
    lines.map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}
