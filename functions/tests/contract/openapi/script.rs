//! The pages' client of the API: a function for each operation of the document, so that a page cannot call
//! what does not exist.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value;

use super::{MADE, is_update, operations};
use crate::tree;

const FILE: &str = "shared/face/files/api.js";

/// Operations that no page calls.
const NOT_FOR_PAGES: [&str; 2] = ["openapi", "stripe-webhook"];

/// The committed client; with `UPDATE=1` it is written first.
static CLIENT: LazyLock<String> = LazyLock::new(|| {
    if is_update() {
        std::fs::write(tree::root().join(FILE), script(&MADE)).unwrap();
    }
    tree::read(FILE)
});

#[test]
fn the_pages_client_has_a_function_for_each_operation() {
    assert!(
        *CLIENT == script(&MADE),
        "{FILE} is not what the document says. Run `UPDATE=1 cargo test --workspace --test functions \
         openapi`."
    );
}

#[test]
fn pages_import_only_functions_of_the_client() {
    let client = &*CLIENT;
    for name in tree::entries("shared/face/files").into_iter().filter(|name| name != "vendor") {
        let text = tree::read(&format!("shared/face/files/{name}"));
        let Some(start) = text.find("from \"./api.js\"").filter(|_| name != "api.js") else { continue };
        let imports = text[..start].rsplit("import {").next().unwrap().split('}').next().unwrap();
        for function in imports.split(',').map(str::trim) {
            let known = client.contains(&format!("export const {function} = "));
            assert!(known, "{name} imports {function}, which {FILE} does not have");
        }
    }
}

fn script(document: &Value) -> String {
    let mut out = String::from(
        "/** The API as functions, one for each operation. It is written from the contract: `UPDATE=1 cargo \
         test --workspace --test functions openapi`. */\n\nimport { call } from \"./http.js\";\n",
    );
    for (path, method, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap();
        if !NOT_FOR_PAGES.contains(&id) {
            out += &function(document, path, method, operation);
        }
    }
    out
}

fn function(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let parameters: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
    let names = |place: &str| -> Vec<&str> {
        let in_place = parameters.iter().filter(|parameter| parameter["in"] == place);
        in_place.filter_map(|parameter| parameter["name"].as_str()).collect()
    };
    let mut arguments: Vec<_> = names("path").into_iter().map(camel).collect();
    let mut doc = format!(
        "\n/**\n * {}\n * `{} {path}`\n",
        operation["summary"].as_str().unwrap(),
        method.to_uppercase()
    );
    for name in &arguments {
        let _ = writeln!(doc, " * @param {{string}} {name}");
    }
    let mut passed = Vec::new();
    let query = names("query");
    if !query.is_empty() {
        let fields: Vec<_> = query.iter().map(|name| format!("{name}?: string|number|boolean")).collect();
        let _ = writeln!(doc, " * @param {{{{{}}}}} [query]", fields.join(", "));
        arguments.push("query".to_owned());
        passed.push("query");
    }
    if let Some(content) = operation.get("requestBody") {
        let schema = &content["content"]["application/json"]["schema"];
        let _ = writeln!(doc, " * @param {{{}}} body", shape(document, schema));
        arguments.push("body".to_owned());
        passed.push("body");
    }
    let headers: Vec<_> = names("header").into_iter().map(str::to_lowercase).collect();
    if headers.is_empty() {
        doc += " * @param {object} [options]\n";
    } else {
        let _ = writeln!(doc, " * @param {{{{headers?: object}}}} [options] headers: {}", headers.join(", "));
    }
    arguments.push("options".to_owned());
    let mut parts = path.split('{');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for (name, rest) in parts.filter_map(|part| part.split_once('}')) {
        let _ = write!(path, "${{encodeURIComponent({})}}{rest}", camel(name));
    }
    let options = match passed.is_empty() {
        true => "options".to_owned(),
        false => format!("{{ {}, ...options }}", passed.join(", ")),
    };
    let id = camel(operation["operationId"].as_str().unwrap());
    format!(
        "{doc} */\nexport const {id} = ({}) =>\n  call(\"{}\", `{path}`, {options});\n",
        arguments.join(", "),
        method.to_uppercase()
    )
}

/// The fields of a body, as `JSDoc` writes them.
fn shape(document: &Value, schema: &Value) -> String {
    let schema = match schema["$ref"].as_str() {
        Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields: Vec<_> = fields
        .map(|(name, schema)| {
            let may_be_left_out = if required.iter().any(|needed| needed == name) { "" } else { "?" };
            let kind = match schema["type"].as_str() {
                Some("integer" | "number") => "number",
                Some("boolean") => "boolean",
                Some("string") => "string",
                Some("array") => "Array",
                _ => "any",
            };
            format!("{name}{may_be_left_out}: {kind}")
        })
        .collect();
    format!("{{{}}}", fields.join(", "))
}

/// `place-order` and `variant_id` as `placeOrder` and `variantId`.
fn camel(name: &str) -> String {
    let pascal = tree::pascal(name);
    let (first, rest) = pascal.split_at(1);
    first.to_lowercase() + rest
}
