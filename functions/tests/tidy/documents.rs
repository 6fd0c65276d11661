//! The documents: everything that they name exists, and they stay short enough to be read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::tree;

/// The folders of the tests, with which the path of a test begins.
const TESTS: [&str; 6] = ["areas", "promises", "contract", "tidy", "stack", "shop"];

/// The folders and files whose paths a document writes in full.
const PLACES: [&str; 6] = ["functions/", "shared/", "infra/", "docs/", "events/", ".ci/"];

/// Every document, by its path.
fn documents() -> Vec<String> {
    let folder = |folder: &'static str| {
        let names = tree::entries(folder).into_iter().filter(|name| is_markdown(name));
        names.map(move |name| format!("{folder}/{name}"))
    };
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(str::to_owned);
    top.into_iter().chain(folder("docs")).chain(folder("docs/decisions")).collect()
}

fn is_markdown(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "md")
}

/// The texts between backticks, outside fenced blocks.
fn code_spans(text: &str) -> Vec<String> {
    let prose = text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n");
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    for document in documents() {
        for path in code_spans(&tree::read(&document)) {
            let Some((module, test)) = path.rsplit_once("::") else { continue };
            if !TESTS.iter().any(|folder| path.starts_with(&format!("{folder}::"))) {
                continue;
            }
            let file = format!("functions/tests/{}", module.replace("::", "/"));
            // A whole file, such as `tidy::names`, or a test in one.
            let is_there = tree::root().join(format!("{file}/{test}.rs")).exists()
                || tree::read(&format!("{file}.rs")).contains(&format!("fn {test}()"));
            assert!(is_there, "{document}: there is no test {path}");
        }
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    for document in documents() {
        for path in code_spans(&tree::read(&document)) {
            let is_path = PLACES.iter().any(|place| path.starts_with(place));
            // `functions/<area>/…` and `events/*.json` stand for many files.
            if is_path && !path.contains(['<', '…', '*', ' ', '{']) {
                assert!(tree::root().join(&path).exists(), "{document}: there is no {path}");
            }
        }
    }
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading() {
    for document in documents() {
        let text = tree::read(&document);
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = tree::root().join(folder).join(path);
            assert!(file.exists(), "{document}: the link to {target} leads nowhere");
            if !heading.is_empty() {
                let text = std::fs::read_to_string(file).unwrap();
                let anchors: Vec<_> = text.lines().filter_map(anchor).collect();
                assert!(anchors.iter().any(|known| known == heading), "{document}: no heading for {target}");
            }
        }
    }
}

/// The anchor of a heading, as GitHub writes it.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

#[test]
fn the_first_documents_are_short_enough_to_be_read_to_the_end() {
    for (document, most) in [("README.md", 150), ("ARCHITECTURE.md", 250)] {
        let lines = tree::read(document).lines().count();
        assert!(lines <= most, "{document} has {lines} lines; move something to docs/");
    }
}

#[test]
fn every_decision_is_dated_listed_and_has_a_way_back() {
    let list = tree::read("docs/decisions/README.md");
    for name in tree::entries("docs/decisions").into_iter().filter(|name| name != "README.md") {
        let date = name.get(..10).unwrap_or_default();
        let is_date = date.split('-').map(str::len).eq([4, 2, 2])
            && date.chars().all(|letter| letter.is_ascii_digit() || letter == '-');
        assert!(is_date && is_markdown(&name), "docs/decisions/{name}: call it YYYY-MM-DD-words.md");
        let text = tree::read(&format!("docs/decisions/{name}"));
        assert!(text.contains("\n**Way back.** "), "docs/decisions/{name} says no way back");
        assert!(list.contains(&format!("]({name})")), "docs/decisions/README.md does not list {name}");
    }
}

#[test]
fn the_chart_of_crates_has_the_arrows_of_the_manifests() {
    let (areas, arrows) = chart();
    let in_folders: BTreeSet<_> =
        tree::functions().iter().map(|function| function.area().to_owned()).collect();
    tree::same("the chart of ARCHITECTURE.md", areas, "the areas of functions/", in_folders);

    let crates: Vec<_> = [
        "functions",
        "lambda",
        "face",
        "search",
        "api",
        "table",
        "providers",
        "picture",
        "domain",
        "schema-off",
    ]
    .into();
    for (from, to) in &arrows {
        assert!(depends(from, to), "ARCHITECTURE.md: {from} does not depend on {to}");
    }
    for from in &crates {
        for to in crates.iter().filter(|to| depends(from, to)) {
            assert!(reaches(&arrows, from, to), "ARCHITECTURE.md: no arrow leads from {from} to {to}");
        }
    }
}

/// The areas and the arrows of the second chart of ARCHITECTURE.md.
fn chart() -> (BTreeSet<String>, Vec<(String, String)>) {
    let architecture = tree::read("ARCHITECTURE.md");
    let chart = architecture.split("\n## Code map\n").nth(1).unwrap();
    let chart = chart.split("```mermaid").nth(1).unwrap().split("```").next().unwrap();
    let nodes = |text: &str| text.split('&').map(|node| node.trim().to_owned()).collect::<Vec<_>>();
    let (mut areas, mut arrows) = (BTreeSet::new(), Vec::new());
    for line in chart.lines().map(str::trim) {
        let steps: Vec<_> = line.split("-->").map(nodes).collect();
        if steps.len() == 1 && line.contains('&') {
            areas.extend(nodes(line));
        }
        for pair in steps.windows(2) {
            let [from, to] = pair else { continue };
            arrows.extend(from.iter().flat_map(|from| to.iter().map(|to| (from.clone(), to.clone()))));
        }
    }
    (areas, arrows)
}

/// Whether a crate lists another one under `[dependencies]`.
fn depends(from: &str, to: &str) -> bool {
    let manifest = match from {
        "functions" => tree::read("functions/Cargo.toml"),
        _ => tree::read(&format!("shared/{from}/Cargo.toml")),
    };
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let mut names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.any(|name| name == to)
}

/// Whether arrows lead from one crate to another.
fn reaches(arrows: &[(String, String)], from: &str, to: &str) -> bool {
    let mut next = BTreeMap::<&str, Vec<&str>>::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(name) = left.pop() {
        let more = next.get(name).into_iter().flatten().copied();
        left.extend(more.filter(|name| seen.insert(*name)));
    }
    seen.contains(to)
}

#[test]
fn files_of_others_are_as_they_were_published() {
    const FOLDER: &str = "shared/face/files/vendor";
    let table = tree::read(&format!("{FOLDER}/README.md"));
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let listed = rows.map(|row| {
        let mut cells = row.split('`').skip(1).step_by(2);
        (cells.next().unwrap().to_owned(), cells.last().unwrap().to_owned())
    });
    let listed: BTreeMap<_, _> = listed.collect();
    let code = tree::entries(FOLDER).into_iter().filter(|name| !name.contains(".txt") && name != "README.md");
    tree::same("the files of others", code, "the README beside them", listed.keys().cloned());
    for (name, sum) in &listed {
        let bytes = std::fs::read(tree::root().join(FOLDER).join(name)).unwrap();
        let found = ring::digest::digest(&ring::digest::SHA256, &bytes);
        let found = found.as_ref().iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"));
        assert_eq!(&found, sum, "{name} was changed");
    }
}
