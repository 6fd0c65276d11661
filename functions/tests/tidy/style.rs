//! The style of the text: the length of lines, names and files, and unwanted words.

use std::path::Path;

use crate::tree;

/// The most characters of a line of Rust or Python: `max_width` of rustfmt.toml. The formatter leaves strings
/// and macros alone.
const MOST_COLUMNS: usize = 110;

/// The most characters of a test's name.
const MOST_OF_NAME: usize = 72;

/// The most lines of a Rust file that is not in [`LONG_FILES`].
const MOST_LINES: usize = 400;

/// The longer files, each with the reason why it is not split.
const LONG_FILES: [(&str, &str); 27] = [
    (
        "functions/tests/areas/account/accounts.rs",
        "Tests of the account's whole life, which share four helpers; sessions could leave.",
    ),
    ("functions/tests/areas/account/addresses.rs", "Tests of one resource, with the table of its bad input."),
    (
        "functions/tests/areas/cart/carts.rs",
        "Tests of one resource; the interleavings are long, and share the cart's helpers.",
    ),
    ("functions/tests/areas/catalogue/images.rs", "Tests of the way of one picture, which share its upload."),
    (
        "functions/tests/areas/catalogue/listings.rs",
        "Tests of all product lists, which share the walk of a list.",
    ),
    (
        "functions/tests/areas/catalogue/products.rs",
        "Tests of one resource, with crashes at every call of its deletion.",
    ),
    ("functions/tests/areas/fulfilment/stripe.rs", "Tests of one provider, which share its stand-in."),
    ("functions/tests/areas/orders/checkout.rs", "Tests of the checkout, which share the crowd of buyers."),
    (
        "functions/tests/areas/orders/life.rs",
        "Tests of an order after checkout, which share its market; lists could leave.",
    ),
    ("functions/tests/areas/platform/keys.rs", "Tests of signing keys, which share the steps of a rotation."),
    ("functions/tests/contract/costs.rs", "A table: one entry for each endpoint and step."),
    ("functions/tests/contract/input.rs", "One test for each kind of bad input, with the answers to it."),
    (
        "functions/tests/contract/template/written.rs",
        "The template's text, literal for literal, in its order.",
    ),
    (
        "functions/tests/promises/faults.rs",
        "Tests of the whole chain under faults, which share its observation.",
    ),
    ("functions/tests/promises/guards.rs", "A table: one entry for each write condition."),
    ("functions/tests/promises/limits.rs", "Tests of one mechanism, which share the senders of requests."),
    ("functions/tests/promises/policies.rs", "One walk through every call of every function."),
    ("functions/tests/promises/model/rules.rs", "The model of the shop: its rules refer to each other."),
    ("functions/tests/shop/world.rs", "The in-process shop; gateway, queues and stream could leave."),
    ("functions/tests/soak/storm.rs", "The crowd and its faults are one schedule."),
    ("functions/tests/tidy/cloud.rs", "One short test for each rule of the template."),
    ("infra/local/src/bin/dev.rs", "One program, in three marked parts: start, show, stop."),
    ("infra/local/src/events.rs", "One stack's resources, and the sample that names each of them."),
    ("infra/local/src/stack.rs", "A stack from its start to its stop."),
    ("shared/domain/src/basis/text.rs", "Over 100 lines are tests; the types share one macro."),
    ("shared/domain/src/catalogue/image.rs", "Over 130 lines are tests; the keys of objects could leave."),
    ("shared/picture/src/colour.rs", "Over 370 lines are tests."),
];

/// Words of the old style, each with the words to write instead.
const WORDS: [(&str, &str); 46] = [
    ("strong look", "consistent read"),
    ("strong read", "consistent read"),
    ("weak read", "eventually consistent read"),
    ("given again", "cached, or repeated"),
    ("gives again", "repeats"),
    ("struck off", "recorded as done, or removed"),
    ("strikes off", "records as done, or removes"),
    ("kept in mind", "stored"),
    ("mend", "fix, or repair"),
    ("mended", "fixed, or repaired"),
    ("mends", "fixes, or helps"),
    ("poison", "a bad message"),
    ("poisoned", "failing"),
    ("sick", "failing"),
    ("the books", "the audit, the ledger, or accounting"),
    ("call off", "cancel"),
    ("calls off", "cancels"),
    ("called off", "cancelled"),
    ("given back", "returned, or refunded"),
    ("gives back", "returns, or refunds"),
    ("gave back", "returned, or refunded"),
    ("goes back", "is returned, or is refunded"),
    ("went back", "was returned, or was refunded"),
    ("taken back", "deleted, or undone"),
    ("lapses", "expires"),
    ("closed out", "blocked"),
    ("in hand", "claimed, or in progress"),
    ("comes to rest", "finishes"),
    ("held to", "checked against, or compared with"),
    ("in vain", "without success"),
    ("of no use", "not valid"),
    ("from before", "older"),
    ("moments ago", "just now"),
    ("at this moment", "now, or by a consistent read"),
    ("anew", "again"),
    ("the world", "everybody"),
    ("whose it is", "the owner"),
    ("whoever", "anybody who"),
    ("who follows", "the stream consumer"),
    ("who leaves", "a deleted user"),
    ("by who", "by the caller, or by the function"),
    ("for who", "for a caller that, or for a function that"),
    ("of who", "of the user, or of the function"),
    ("to who", "to the caller, or to the user"),
    ("time-out", "timeout"),
    ("time-outs", "timeouts"),
];

/// The files below the folders of the code that end in one of `extensions`, by path.
fn files(extensions: &[&str]) -> Vec<String> {
    let folders = ["functions", "infra", "shared"];
    folders.iter().flat_map(|folder| files_in(folder, extensions)).collect()
}

fn files_in(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    for path in tree::entries(folder).into_iter().map(|name| format!("{folder}/{name}")) {
        if tree::root().join(&path).is_dir() {
            files.extend(files_in(&path, extensions));
        } else if has_extension(&path, extensions) {
            files.push(path);
        }
    }
    files
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

/// Fails with all findings at once.
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}\n", found.join("\n"));
}

#[test]
fn no_line_of_rust_or_python_is_longer_than_110_columns() {
    let mut found = Vec::new();
    for path in files(&["rs", "py"]) {
        for (number, line) in tree::read(&path).lines().enumerate() {
            let columns = line.chars().count();
            if columns > MOST_COLUMNS {
                found.push(format!("{path}:{} has {columns} columns", number + 1));
            }
        }
    }
    none(&found, "break these lines, a string with `\\` at the line's end");
}

#[test]
fn no_name_of_a_test_is_longer_than_72_characters() {
    let mut found = Vec::new();
    for path in files(&["rs"]) {
        for name in names(&tree::read(&path)) {
            let length = name.chars().count();
            if length > MOST_OF_NAME {
                found.push(format!("{path}: {name} has {length} characters"));
            }
        }
    }
    none(&found, "say the rule in at most 72 characters, and the cases in the test");
}

/// The names of all functions of a file. Macros write some tests, so attributes are not checked.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let heads = code.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn "))
    });
    heads.filter_map(|head| head.split(['(', '<']).next())
}

#[test]
fn no_rust_file_is_longer_than_400_lines_without_a_reason() {
    let long = files(&["rs"]).into_iter().filter(|path| tree::read(path).lines().count() > MOST_LINES);
    let known = LONG_FILES.map(|(path, _)| path.to_owned());
    tree::same("the files of more than 400 lines", long.collect::<Vec<_>>(), "LONG_FILES", known);
}

#[test]
fn no_text_has_a_word_of_the_old_style() {
    let own = "functions/tests/tidy/style.rs";
    // `openapi.json` holds the descriptions for callers, and `template.yaml` those for operators.
    let mut paths = files(&["rs", "py", "md", "json", "toml"]);
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "template.yaml", "Cargo.toml"];
    paths.extend(top.map(str::to_owned));
    paths.extend([".ci/run", ".github/workflows/ci.yml"].map(str::to_owned));
    paths.extend(files_in("docs", &["md"]));
    let mut found = Vec::new();
    for path in paths.into_iter().filter(|path| path != own) {
        let text = prose(&tree::read(&path));
        for (words, instead) in WORDS {
            if let Some(place) = position(&text, words) {
                let from = text.get(place..).unwrap_or_default();
                let context: String = from.chars().take(60).collect();
                found.push(format!("{path}: \"{context}…\": write {instead}"));
            }
        }
    }
    none(&found, "plain words are better");
}

/// A text in lower case and on one line, without the markers of comments.
fn prose(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!', '#']).trim_start());
    lines.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The position of words in a text, not as a part of longer words.
fn position(text: &str, words: &str) -> Option<usize> {
    let is_letter =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let mut places = text.match_indices(words).map(|(place, _)| place);
    places.find(|&place| {
        let (before, rest) = text.split_at(place);
        !is_letter(before.chars().next_back()) && !is_letter(rest.chars().nth(words.chars().count()))
    })
}

#[test]
fn words_are_found_across_lines_and_only_as_a_whole() {
    let text = prose("    /// Who adds up the\n    /// Books, and amends them.");
    assert!(position(&text, "the books").is_some());
    assert_eq!(position(&text, "mend"), None);
}
