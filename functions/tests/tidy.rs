//! The code base itself is tested: what belongs together is there together, and each forgotten piece is named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use api::{Endpoint, Request};
use domain::messages::Message;
use lambda::{Connect, Retry};

use crate::functions::{self, Visitor};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of all functions, by the manifest.
fn functions() -> BTreeSet<String> {
    let mut names = Names::default();
    functions::each(&mut names);
    names.0
}

/// The names of all HTTP functions, with their endpoints.
pub fn endpoints() -> Vec<(&'static str, Endpoint)> {
    let mut names = Names::default();
    functions::each(&mut names);
    names.1
}

#[derive(Default)]
struct Names(BTreeSet<String>, Vec<(&'static str, Endpoint)>);

impl Visitor for Names {
    fn http<S, H>(&mut self, name: &'static str, endpoint: Endpoint, _: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S, Request) -> api::Result + Copy + 'static,
    {
        self.0.insert(name.to_owned());
        self.1.push((name, endpoint));
    }

    fn queue<S, M, H>(&mut self, name: &'static str, _: H)
    where
        S: Connect + 'static,
        M: Message + 'static,
        H: AsyncFn(&S, M) -> Result<(), Retry> + Copy + 'static,
    {
        self.0.insert(name.to_owned());
    }

    fn tick<S, H>(&mut self, name: &'static str, _: H)
    where
        S: Connect + 'static,
        H: AsyncFn(&S) -> Result<(), Retry> + Copy + 'static,
    {
        self.0.insert(name.to_owned());
    }
}

#[test]
fn every_function_has_a_sample_event_and_every_sample_a_function() {
    let events = std::fs::read_dir(root().join("events")).unwrap();
    let events: BTreeSet<_> = events
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(functions(), events, "left: functions/Cargo.toml, right: events/");
}

#[test]
fn every_function_is_in_the_template_and_nothing_else_is() {
    let template = read("template.yaml");
    let deployed: BTreeSet<_> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CodeUri: target/lambda/")?.strip_suffix('/'))
        .map(str::to_owned)
        .collect();
    assert_eq!(functions(), deployed, "left: functions/Cargo.toml, right: template.yaml");
}
