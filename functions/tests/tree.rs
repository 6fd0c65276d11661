//! The code base as data, for the tests of the code base itself.

pub mod code;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use api::Endpoint;
use lambda::{Connect, Source};
use serde_json::Value;

use crate::functions::{self, Visitor};

/// One function: its line in the manifest, and what its file exports.
pub struct Function {
    /// The binary's name, which its sample event and its OpenAPI operation share.
    pub name: &'static str,
    /// What starts it.
    pub source: Source,
    /// The body of a sample message, if it is a worker.
    pub message: Option<String>,
    /// The type of its handler's first parameter.
    pub reach: &'static str,
    /// Its file, relative to `functions/`.
    pub path: String,
    /// The comment at the end of its line.
    pub comment: String,
}

impl Function {
    /// The folder of its file.
    pub fn area(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// The text of its file.
    pub fn source(&self) -> String {
        read(&format!("functions/{}", self.path))
    }

    /// Its contract, if it is an endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self.source {
            Source::Http(endpoint) => Some(endpoint),
            _ => None,
        }
    }

    /// Its resource in the template.
    pub fn logical_id(&self) -> String {
        pascal(self.name)
    }
}

/// `place-order` as `PlaceOrder`.
pub fn pascal(name: &str) -> String {
    let words = name.split(['-', '_']).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + &rest.to_lowercase()
    });
    words.collect()
}

/// Asserts that two sets are equal; names what each of them lacks.
pub fn same<T: Into<String>>(
    left: &str,
    in_left: impl IntoIterator<Item = T>,
    right: &str,
    in_right: impl IntoIterator<Item = T>,
) {
    let in_left: BTreeSet<String> = in_left.into_iter().map(Into::into).collect();
    let in_right: BTreeSet<String> = in_right.into_iter().map(Into::into).collect();
    let lacks = |name: &str, set: &BTreeSet<String>, other: &BTreeSet<String>| {
        let missing: Vec<_> = other.difference(set).map(|entry| format!("\n  {name} lack {entry}")).collect();
        missing.concat()
    };
    let lacking = lacks(left, &in_left, &in_right) + &lacks(right, &in_right, &in_left);
    assert!(lacking.is_empty(), "{lacking}\n");
}

/// The root of the repository.
pub fn root() -> PathBuf {
    local::paths::root()
}

/// A file's text.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The template, with everything that its conditions can add.
pub fn template() -> Value {
    switched_on(testkit::read_template(&root().join("template.yaml")))
}

/// A value of the template with every condition true.
fn switched_on(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.contains_key("!If") => switched_on(object["!If"][1].take()),
        Value::Object(object) => object.into_iter().map(|(name, value)| (name, switched_on(value))).collect(),
        Value::Array(items) => items.into_iter().map(switched_on).collect(),
        value => value,
    }
}

/// Every resource of one type in the template, by its logical id, with its properties.
pub fn resources(kind: &str) -> Vec<(String, Value)> {
    let template = template();
    let resources = template["Resources"].as_object().into_iter().flatten();
    let of_kind = resources.filter(|(_, resource)| resource["Type"] == kind);
    of_kind.map(|(id, resource)| (id.clone(), resource["Properties"].clone())).collect()
}

/// The properties of one resource of the template.
pub fn resource(id: &str) -> Value {
    let template = template();
    let resource = template["Resources"].get(id).unwrap_or_else(|| panic!("template.yaml has no {id}"));
    resource["Properties"].clone()
}

/// The names in a folder, sorted.
pub fn entries(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Every Rust file below a folder, by its path.
pub fn rust_files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in entries(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            files.extend(rust_files(&path));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Every function, in the manifest's order.
pub fn functions() -> Vec<Function> {
    let mut seen = Seen::default();
    functions::each(&mut seen);
    seen.0
}

#[derive(Default)]
struct Seen(Vec<Function>);

impl Visitor for Seen {
    fn function<S, I, H, T>(&mut self, name: &'static str, trigger: T, _: H)
    where
        S: Connect + 'static,
        I: 'static,
        H: Copy + 'static,
        T: lambda::Trigger<S, I, H> + 'static,
    {
        let manifest = read("functions/Cargo.toml");
        let start = format!("{{ name = \"{name}\", path = \"");
        let line = manifest.lines().find_map(|line| line.trim().strip_prefix(&start)).unwrap();
        let (path, rest) = line.split_once('"').unwrap();
        let comment = rest.split_once('#').map(|(_, comment)| comment.trim()).unwrap_or_default();
        self.0.push(Function {
            name,
            source: trigger.source(),
            message: trigger.sample(),
            reach: std::any::type_name::<S>(),
            path: path.to_owned(),
            comment: comment.to_owned(),
        });
    }
}
