//! One name for a function's binary, file, sample event, template resource and operation, and one route in
//! all of them.

use std::collections::BTreeSet;

use api::{Endpoint, Who, code};
use lambda::Source;
use serde_json::{Value, json};

use crate::tree::{self, Function, same};

const MANIFEST: &str = "the functions of functions/Cargo.toml";

#[test]
fn every_file_of_an_area_is_a_function_of_the_manifest() {
    let folders = tree::entries("functions").into_iter();
    let packages = ["tests", "development"];
    let folders = folders.filter(|name| !packages.contains(&name.as_str()));
    let areas = folders.filter(|name| tree::root().join("functions").join(name).is_dir());
    let files = areas.flat_map(|area| tree::rust_files(&format!("functions/{area}")));
    let functions = tree::functions().into_iter().map(|function| format!("functions/{}", function.path));
    same(MANIFEST, functions, "the folders under functions/", files);
    for Function { name, path, .. } in tree::functions() {
        assert!(path.ends_with(&format!("/{name}.rs")), "the file of {name} is called {path}");
    }
}

#[test]
fn every_function_has_a_sample_event_and_every_sample_a_function() {
    let functions = tree::functions().into_iter().map(|function| format!("{}.json", function.name));
    same(MANIFEST, functions, "the samples in events/", tree::entries("events"));
}

#[test]
fn every_sample_event_names_its_functions_route_or_source() {
    for function in tree::functions() {
        let path = format!("events/{}.json", function.name);
        let event: Value = serde_json::from_str(&tree::read(&path)).unwrap();
        match function.source {
            Source::Http(endpoint) => {
                assert_eq!(event["routeKey"], route_key(&endpoint), "{path}: routeKey");
            }
            Source::Queue(queue, _) => {
                let source = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(source.ends_with(&format!(":{queue}")), "{path}: eventSourceARN is not of {queue}");
            }
            Source::Stream(_) => {
                let source = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(
                    source.contains(":table/Table/stream/"),
                    "{path}: eventSourceARN is not of the table"
                );
            }
            Source::Schedule(_) => assert_eq!(event["source"], "aws.events", "{path}: source"),
            Source::Rotation(_) => assert_eq!(event["Step"], "createSecret", "{path}: Step"),
        }
    }
}

#[test]
fn every_function_is_in_the_template_by_its_name() {
    let in_template = tree::resources("AWS::Serverless::Function");
    let in_template = in_template.iter().map(|(id, properties)| {
        format!("{id} with CodeUri {}", properties["CodeUri"].as_str().unwrap_or_default())
    });
    let functions = tree::functions()
        .into_iter()
        .map(|function| format!("{} with CodeUri target/lambda/{}/", function.logical_id(), function.name));
    same(MANIFEST, functions, "the functions of template.yaml", in_template);
}

#[test]
fn the_api_routes_are_those_of_the_contract_and_no_function_has_one() {
    let expected = tree::functions().into_iter().flat_map(|function| {
        let id = function.logical_id();
        routes_of(&function).into_iter().map(move |route| format!("{route} to {id}"))
    });
    let body = tree::resource("Api")["DefinitionBody"].clone();
    let mut found = Vec::new();
    let mut called = BTreeSet::new();
    for (path, operations) in body["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let integration = &operation["x-amazon-apigateway-integration"];
            let route = match method.as_str() {
                "x-amazon-apigateway-any-method" => path.clone(),
                method => format!("{} {path}", method.to_uppercase()),
            };
            let uri = integration["uri"]["!Sub"].as_str().unwrap();
            let id = uri.split("functions/${").nth(1).unwrap().split(".Arn}").next().unwrap();
            let credentials = json!({ "!GetAtt": "Gateway.Arn" });
            assert_eq!(integration["credentials"], credentials, "template.yaml: {route} lacks credentials");
            assert_eq!(integration["payloadFormatVersion"], "2.0", "template.yaml: {route}");
            called.insert(id.to_owned());
            found.push(format!("{route} to {id}"));
        }
    }
    same("the contracts", expected.collect::<Vec<_>>(), "the routes of template.yaml", found);
    let policies = tree::resources("AWS::IAM::ManagedPolicy").into_iter();
    let policies = policies.filter(|(id, _)| id.starts_with("GatewayCalls"));
    let allowed = policies.flat_map(|(id, policy)| {
        let statement = policy["PolicyDocument"]["Statement"][0].clone();
        let functions = statement["Resource"].as_array().unwrap().clone();
        assert!(functions.len() <= 50, "template.yaml: {id} is too long for a managed policy");
        functions.into_iter().map(|arn| arn["!GetAtt"].as_str().unwrap().trim_end_matches(".Arn").to_owned())
    });
    same(
        "the functions with a route",
        called,
        "the functions that the role Gateway may call",
        allowed.collect::<Vec<_>>(),
    );
    for (id, function) in tree::resources("AWS::Serverless::Function") {
        assert!(!function["Events"].to_string().contains("HttpApi"), "template.yaml: {id} has a route");
    }
}

/// The routes of a function as the gateway writes them. A function with GET also answers HEAD.
fn routes_of(function: &Function) -> Vec<String> {
    let Some(endpoint) = function.endpoint() else { return Vec::new() };
    match endpoint.method {
        "ANY" => vec![endpoint.path.to_owned()],
        "GET" => vec![format!("GET {}", endpoint.path), format!("HEAD {}", endpoint.path)],
        method => vec![format!("{method} {}", endpoint.path)],
    }
}

#[test]
fn every_manifest_comment_names_the_functions_trigger() {
    for function in tree::functions() {
        let Function { name, comment, .. } = &function;
        match &function.source {
            Source::Http(endpoint) => {
                let route = format!("{} {}", endpoint.method, endpoint.path);
                assert_eq!(*comment, route, "functions/Cargo.toml, comment of {name}: right is its ENDPOINT");
            }
            Source::Queue(queue, _) => {
                assert_eq!(*comment, format!("queue {queue}"), "functions/Cargo.toml, comment of {name}");
            }
            Source::Stream(_) => {
                assert_eq!(*comment, "stream of Table", "functions/Cargo.toml, comment of {name}");
            }
            Source::Schedule(_) => {
                assert!(comment.starts_with("every "), "functions/Cargo.toml, comment of {name}: every …");
            }
            Source::Rotation(_) => {
                let secrets = tree::resources("AWS::SecretsManager::Secret");
                let known = secrets.iter().any(|(id, _)| *comment == format!("rotation of {id}"));
                assert!(
                    known,
                    "functions/Cargo.toml, comment of {name}: rotation of a secret of template.yaml"
                );
            }
        }
    }
}

#[test]
fn every_file_begins_with_its_route() {
    for function in tree::functions() {
        let source = function.source();
        let first = source.lines().next().unwrap_or_default();
        let path = &function.path;
        match function.endpoint() {
            Some(endpoint) if endpoint.method != "ANY" => {
                let route = endpoint.path.trim_start_matches("/api/v1");
                let start = format!("//! `{} {route}`: ", endpoint.method);
                assert!(first.starts_with(&start), "functions/{path} does not begin with {start}");
                assert!(first.ends_with('.'), "functions/{path}: the first line is a sentence");
            }
            _ => assert!(first.starts_with("//! "), "functions/{path} does not begin with what it does"),
        }
    }
}

#[test]
fn every_endpoint_lists_its_refusals() {
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint() else { continue };
        let says = |code, why: &str| {
            let known = endpoint.codes.contains(&code);
            assert!(known, "functions/{}: refuses lacks {}, because {why}", function.path, code.name);
        };
        if endpoint.who != Who::Anyone {
            says(code::UNAUTHENTICATED, "not everybody may call it");
        }
        if matches!(endpoint.who, Who::Seller | Who::SellerOrAdmin | Who::Admin) {
            says(code::FORBIDDEN, "not every signed-in user may call it");
        }
        if endpoint.path.contains('{') {
            says(code::NOT_FOUND, "its path names something");
        }
        if endpoint.body.is_some() || endpoint.query.is_some() {
            says(code::VALIDATION_ERROR, "it reads something");
        }
        if function.source().contains(".if_match(") {
            says(code::VERSION_MISMATCH, "it looks at If-Match");
        }
    }
}

#[test]
fn every_list_has_a_limit() {
    for function in tree::functions() {
        let source = function.source();
        if source.contains(".answers::<Vec<") {
            // A `ListPage` has its limit and its cursor; otherwise the list is limited by another rule.
            let paged = source.contains("    page.reply(");
            let whole = source.contains("Page { limit: MOST_") && source.contains("next_cursor: None");
            assert!(paged || whole, "functions/{} answers a list without a page", function.path);
        }
    }
}

#[test]
fn the_documents_name_every_area_every_crate_and_every_entity() {
    let (readme, architecture) = (tree::read("README.md"), tree::read("ARCHITECTURE.md"));
    for function in tree::functions() {
        let area = function.area();
        let listed = readme.lines().any(|line| line.trim_start().starts_with(&format!("{area}/ ")));
        assert!(listed, "README.md, Where things are: lacks {area}/");
        assert!(architecture.contains(&format!("`{area}/`")), "ARCHITECTURE.md, Code map: lacks `{area}/`");
    }
    for name in tree::entries("shared") {
        let row = format!("| `shared/{name}` | ");
        assert!(architecture.contains(&row), "ARCHITECTURE.md, Code map: lacks a row for `shared/{name}`");
    }
    let chart = tree::read("shared/table/src/chart.rs");
    let chart = chart.split("fn the_entity_chart()").nth(1).unwrap().split("#[test]").next().unwrap();
    for line in chart.lines().filter(|line| line.contains("  ") && !line.starts_with(' ')) {
        let words: Vec<_> = line.split_whitespace().collect();
        let row = format!("| {} | `{}` | `{}` |", words[0], words[1], words[2]);
        assert!(architecture.contains(&row), "ARCHITECTURE.md, The table: lacks the row {row}");
    }
}

/// A route as the gateway writes it.
fn route_key(endpoint: &Endpoint) -> String {
    match endpoint.method {
        "ANY" => endpoint.path.to_owned(),
        method => format!("{method} {}", endpoint.path),
    }
}
