//! The OpenAPI document: made from every function's `ENDPOINT`, and compared with the committed file.

mod document;
mod examples;
mod schema;
mod script;
mod shared;
mod trouble;
mod types;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::shop::world::Answer;
use crate::tree;
use document::{described, document, path_parameters};

const FILE: &str = "functions/platform/openapi.json";

/// The document of the present endpoints, without examples.
static MADE: LazyLock<Value> = LazyLock::new(document);

/// The document with its examples; with `UPDATE=1` it is written.
async fn whole() -> &'static Value {
    static WHOLE: OnceCell<Value> = OnceCell::const_new();
    let make = async || {
        let mut whole = MADE.clone();
        examples::add(&mut whole, &walk::walk().await);
        if is_update() {
            let text = serde_json::to_string_pretty(&whole).unwrap() + "\n";
            std::fs::write(tree::root().join(FILE), text).unwrap();
        }
        whole
    };
    WHOLE.get_or_init(make).await
}

#[tokio::test(start_paused = true)]
async fn the_committed_document_matches_the_endpoints_and_their_answers() {
    let whole = whole().await;
    let committed: Value = serde_json::from_str(&tree::read(FILE)).unwrap();
    if let Some(difference) = difference("", &committed, whole) {
        panic!(
            "{FILE} is not what the endpoints say, at {difference}\n\
             Run `UPDATE=1 cargo test --workspace --test functions openapi` and commit what it writes."
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "the one way to tell a test something")]
pub fn is_update() -> bool {
    std::env::var("UPDATE").is_ok()
}

/// The first difference of two documents.
fn difference(at: &str, old: &Value, new: &Value) -> Option<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            let of =
                |object: &Map<String, Value>, name: &String| object.get(name).cloned().unwrap_or_default();
            names.into_iter().find_map(|name| {
                let below = format!("{at}/{}", name.replace('/', "~1"));
                difference(&below, &of(old, name), &of(new, name))
            })
        }
        _ => (old != new).then(|| format!("{at}: {old} has become {new}")),
    }
}

/// The operations of the document by id.
static OPERATIONS: LazyLock<BTreeMap<&str, &Value>> = LazyLock::new(|| {
    let operations = operations(&MADE).into_iter();
    operations.map(|(_, _, operation)| (operation["operationId"].as_str().unwrap(), operation)).collect()
});

/// Headers of HTTP itself, which the document does not describe.
const OF_HTTP: [&str; 4] = ["content-type", "content-length", "content-encoding", "vary"];

/// Fails if an answer differs from the document: its status, its headers, the problem of a refusal,
/// or the cursor of a page.
pub fn holds(function: &str, method: &str, answer: &Answer) {
    // Unknown routes are in no document.
    let Some(operation) = OPERATIONS.get(function) else { return };
    let at = format!("{method} of {function}, {}", answer.status);
    let looked_up = |value: &'static Value| match value["$ref"].as_str() {
        Some(target) => MADE.pointer(target.trim_start_matches('#')).unwrap(),
        None => value,
    };
    let responses = operation["responses"].as_object().unwrap();
    let response = responses.get(&answer.status.to_string());
    let response = looked_up(response.unwrap_or_else(|| panic!("{at}: no such status in {FILE}")));
    let described = response["headers"].as_object().unwrap();
    let cookie = answer.cookies.first().map(|_| "set-cookie");
    let sent = answer.headers.keys().map(String::as_str).chain(cookie);
    for name in sent.filter(|name| !OF_HTTP.contains(name)) {
        assert!(described.contains_key(name), "{at}: {FILE} does not describe the header {name}");
    }
    for (name, header) in described {
        let is_missing = looked_up(header)["required"] == true && !answer.headers.contains_key(name);
        assert!(!is_missing, "{at}: the header {name} is missing");
    }
    let Some(body) = answer.body.as_object() else { return };
    if let Some(kind) = body.get("type").and_then(Value::as_str).filter(|_| answer.status >= 400) {
        let code = kind.trim_start_matches("/problems/").replace('-', "_").to_uppercase();
        let codes = response["description"].as_str().unwrap();
        assert!(codes.contains(&format!("`{code}`")), "{at}: {FILE} does not list {code}");
    }
    let meta = &response["content"]["application/json"]["schema"]["properties"]["meta"];
    let is_page = body.get("meta").is_some_and(|meta| meta.get("pagination").is_some());
    assert_eq!(is_page, meta["$ref"] == "#/components/schemas/PageMeta", "{at}: pagination");
}

#[test]
fn every_http_function_is_an_operation_and_every_operation_a_function() {
    let operations = operations(&MADE).into_iter().map(|(path, method, operation)| {
        format!(
            "{} {method} {path}",
            operation["operationId"].as_str().unwrap_or("an operation without an id")
        )
    });
    let functions = described().into_iter().map(|(function, endpoint)| {
        format!("{} {} {}", function.name, endpoint.method.to_lowercase(), endpoint.path)
    });
    tree::same(
        "the HTTP functions of functions/Cargo.toml",
        functions,
        &format!("the operations of {FILE} (run `UPDATE=1 cargo test --workspace --test functions openapi`)"),
        operations,
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = &*MADE;
    let mut references = Vec::new();
    collect_references(document, &mut references);
    assert!(!references.is_empty());
    for target in references {
        let pointer =
            target.strip_prefix('#').unwrap_or_else(|| panic!("{target} leads out of the document"));
        assert!(document.pointer(pointer).is_some(), "nothing is at {target}");
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            into.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(array) => array.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}

#[test]
fn every_operation_is_complete() {
    let document = &*MADE;
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "two operations are called {id}");
        for text in ["summary", "description"] {
            assert!(!operation[text].as_str().unwrap().is_empty(), "{id} has no {text}");
        }

        let parameters = operation["parameters"].as_array().unwrap();
        for parameter in parameters {
            let description = parameter["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{id}: {} has no description", parameter["name"]);
        }
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let declared: BTreeSet<_> = in_path.filter_map(|parameter| parameter["name"].as_str()).collect();
        assert_eq!(declared, path_parameters(path).collect(), "{id}: parameters of {path}");

        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} has no success");
        for status in ["500", "503"] {
            assert!(responses.contains_key(status), "{id} does not say {status}");
        }
        assert!(method != "get" || operation.get("requestBody").is_none(), "{id}: a GET has no body");
    }
}

/// Path, method and operation of everything in the document.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

#[tokio::test(start_paused = true)]
async fn every_operation_has_examples_of_its_body_answer_and_refusals() {
    let whole = whole().await;
    let lacks = |body: &Value| {
        let contents = body["content"].as_object().into_iter().flat_map(|content| content.values());
        contents.into_iter().any(|content| content["examples"].as_object().is_none_or(Map::is_empty))
    };
    let mut missing = Vec::new();
    for (_, _, operation) in operations(whole) {
        let id = operation["operationId"].as_str().unwrap();
        if lacks(&operation["requestBody"]) {
            missing.push(format!("{id}: its body"));
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            // A status with several codes needs one of them.
            if lacks(response) {
                missing.push(format!("{id}: {status}"));
            }
        }
    }
    for (name, response) in whole["components"]["responses"].as_object().unwrap() {
        if lacks(response) {
            missing.push(format!("components: {name}"));
        }
    }
    assert!(missing.is_empty(), "without an example:\n{}\n", missing.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_example_has_the_form_that_the_document_describes() {
    let whole = whole().await;
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (at, content) in contents("", whole) {
        for (name, example) in content["examples"].as_object().into_iter().flatten() {
            let differences = schema::differences(whole, &content["schema"], &example["value"]);
            wrong.extend(differences.iter().map(|difference| format!("{at}, {name}: {difference}")));
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "examples that differ from their schema:\n{}\n", wrong.join("\n"));
    assert!(tried > 150, "{tried}");
}

/// Everything that has a schema and examples, with its place.
fn contents<'a>(at: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    let Some(object) = value.as_object() else { return Vec::new() };
    if object.contains_key("schema") && object.contains_key("examples") {
        return vec![(at.to_owned(), value)];
    }
    object.iter().flat_map(|(name, value)| contents(&format!("{at}/{name}"), value)).collect()
}
