//! Words that the sources must not have, and where: the invariants of docs/invariants.md that the compiler
//! does not check.

use crate::tree;

/// The Rust files of crates and functions, without their tests, as (path, text).
fn shipped() -> Vec<(String, String)> {
    let mut files = tree::rust_files("shared");
    files.extend(tree::rust_files("functions"));
    let shipped = files.into_iter().filter(|path| {
        !path.contains("/tests/")
            && !path.contains("/benches/")
            && !path.ends_with("/build.rs")
            && !path.starts_with("functions/development/")
    });
    shipped.map(|path| (path.clone(), without_tests(&tree::read(&path)))).collect()
}

/// A file up to its test module, without comments.
fn without_tests(text: &str) -> String {
    let text = text.replace("pub(crate) mod tests", "mod tests");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Asserts that only the crates in `only` use these words.
fn only_said_in(words: &[&str], only: &[&str], instead: &str) {
    for (path, text) in shipped() {
        if only.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        for word in words {
            let line = text.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "{path} says {word}: {}\n{instead}", line.unwrap_or_default().trim());
        }
    }
}

#[test]
fn only_table_knows_the_keys_of_the_table() {
    only_said_in(
        &["\"pk\"", "\"sk\""],
        &["shared/table/", "shared/testkit/"],
        "A read or write wants a name in `table`.",
    );
}

#[test]
fn only_table_and_the_process_edge_know_dynamodb() {
    let only = ["shared/table/", "shared/lambda/src/connect/", "shared/testkit/"];
    only_said_in(&["aws_sdk_dynamodb"], &only, "A read or write wants a name in `table`.");
}

#[test]
fn only_api_has_status_codes() {
    only_said_in(
        &["StatusCode"],
        &["shared/api/", "shared/testkit/"],
        "Answer a `Reply`, or a `Problem` with a code of `api::code`.",
    );
}

#[test]
fn only_lambda_reads_the_environment_and_the_clock() {
    let words = ["std::env", "env::var", "SystemTime::now", "std::time::Instant", "OffsetDateTime::now"];
    let only = ["shared/lambda/"];
    only_said_in(&words, &only, "Take settings from `Config` and the time from the table or the request.");
}

#[test]
fn nothing_reads_a_whole_table() {
    only_said_in(&[".scan()"], &[], "Ask an index; every list has a limit.");
}

#[test]
fn nothing_waits_by_sleeping() {
    only_said_in(&["thread::sleep"], &[], "Waiting is a delayed message or a due time.");
}

#[test]
fn money_is_never_a_float() {
    let words = [": f32", ": f64", "as f32", "as f64", "<f64>", "<f32>"];
    // A body may write a whole number as `28.0`, which JSON's reader returns as a float. Colours, drawings
    // and the scores of a search are floats.
    let only = [
        "shared/testkit/",
        "shared/api/src/contract/parse/text.rs",
        "shared/api/src/contract/parse/number.rs",
        "shared/picture/src/colour.rs",
        "shared/search/src/",
        // The weight of an encoding.
        "shared/api/src/contract/encoding.rs",
        "infra/cli/src/pictures/",
    ];
    only_said_in(&words, &only, "Amounts are whole minor units.");
}

#[test]
fn no_file_allows_panics() {
    for lint in ["clippy::unwrap_used", "clippy::expect_used", "clippy::panic", "unsafe_code"] {
        only_said_in(&[lint], &["shared/testkit/"], "Give an error back; `?` ends in one mapping.");
    }
    for manifest in manifests() {
        let text = tree::read(&manifest);
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest} lacks `[lints] workspace = true`");
    }
}

#[test]
fn no_function_uses_another() {
    for function in tree::functions() {
        let source = function.source();
        for word in ["crate::", "super::", "\nmod "] {
            assert!(
                !source.contains(word),
                "functions/{} says {}: what two functions share belongs in a crate",
                function.path,
                word.trim()
            );
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    for (path, text) in shipped() {
        let lines = text.lines().count();
        assert!(lines < 500, "{path} has {lines} lines without comments and tests; split it");
    }
}

/// A crate may depend only on crates further right.
const ARROWS: &str = "functions → {lambda, face} → search → api → {table, providers} → domain → schema-off, \
                      functions → picture → domain";

#[test]
fn crates_depend_on_each_other_in_one_direction_only() {
    let allowed: [(&str, &[&str]); 12] = [
        (
            "functions/development",
            &["lambda", "face", "api", "search", "table", "providers", "picture", "domain"],
        ),
        ("functions", &["lambda", "face", "api", "search", "table", "providers", "picture", "domain"]),
        ("shared/lambda", &["api", "search", "table", "providers", "domain"]),
        ("shared/api", &["table", "providers", "domain"]),
        ("shared/face", &["api", "domain"]),
        ("shared/search", &["api", "table", "providers", "domain", "schema-off"]),
        ("shared/table", &["domain"]),
        ("shared/providers", &["domain"]),
        ("shared/picture", &["domain"]),
        ("shared/domain", &["schema-off"]),
        ("shared/schema-off", &[]),
        // Tests of any crate use it, so it depends on none of them, except for the values that they share.
        ("shared/testkit", &["domain"]),
    ];
    let ours: Vec<_> =
        tree::entries("shared").into_iter().chain(["functions".into(), "local".into()]).collect();
    let known = allowed.iter().map(|(folder, _)| format!("{folder}/Cargo.toml"));
    tree::same(
        "the arrows of tidy/source.rs",
        known,
        "the manifests under shared/ and functions/",
        manifests(),
    );
    for (folder, allowed) in allowed {
        let manifest = tree::read(&format!("{folder}/Cargo.toml"));
        for dependency in dependencies(&manifest).filter(|name| ours.iter().any(|ours| ours == name)) {
            assert!(
                allowed.contains(&dependency),
                "{folder}/Cargo.toml depends on {dependency}. The arrows: {ARROWS}; testkit and local only \
                 in tests"
            );
        }
    }
}

fn manifests() -> Vec<String> {
    let shared = tree::entries("shared").into_iter().map(|name| format!("shared/{name}/Cargo.toml"));
    shared.chain(["functions/Cargo.toml", "functions/development/Cargo.toml"].map(str::to_owned)).collect()
}

/// The names under `[dependencies]`.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
}

#[test]
fn the_release_profile_unwinds_so_that_a_panic_fails_one_record() {
    let manifest = tree::read("Cargo.toml");
    let profile = manifest.split("[profile.release]\n").nth(1).unwrap_or_default();
    let profile = profile.split("\n[").next().unwrap_or_default();
    for line in ["panic = \"unwind\"", "lto = \"fat\""] {
        assert!(
            profile.contains(line),
            "Cargo.toml, [profile.release] lacks {line}: cargo-lambda would set its own"
        );
    }
}
