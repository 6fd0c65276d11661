//! One name for a function's binary, file, sample event, template resource and operation, and one route in all of them.

use api::{Endpoint, Who, code};
use serde_json::Value;

use crate::tree::{self, Function, Trigger, pascal, same};

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
fn every_sample_event_goes_where_its_function_listens() {
    for function in tree::functions() {
        let path = format!("events/{}.json", function.name);
        let event: Value = serde_json::from_str(&tree::read(&path)).unwrap();
        match function.trigger {
            Trigger::Http(endpoint) => {
                assert_eq!(event["routeKey"], route_key(&endpoint), "{path}: routeKey");
            }
            Trigger::Queue(queue) => {
                let source = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(source.ends_with(&format!(":{queue}")), "{path}: eventSourceARN is not of {queue}");
            }
            Trigger::Stream => {
                let source = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(
                    source.contains(":table/Table/stream/"),
                    "{path}: eventSourceARN is not of the table"
                );
            }
            Trigger::Schedule => assert_eq!(event["source"], "aws.events", "{path}: source"),
            Trigger::Rotation => assert_eq!(event["Step"], "createSecret", "{path}: Step"),
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
fn every_function_listens_in_the_template_where_its_file_says() {
    for function in tree::functions() {
        let id = function.logical_id();
        let properties = tree::resource(&id);
        if matches!(function.trigger, Trigger::Rotation) {
            // Secrets Manager calls it: `tidy::cloud` looks at how.
            continue;
        }
        let Some(events) = properties["Events"].as_object() else {
            panic!("template.yaml: {id} has no event that starts it");
        };
        let found: Vec<_> = events.values().map(listens).collect();
        let expected = match &function.trigger {
            // Wherever there is GET there is HEAD.
            Trigger::Http(endpoint @ Endpoint { method: "GET", .. }) => {
                vec![route_key(endpoint), format!("HEAD {}", endpoint.path)]
            }
            Trigger::Http(endpoint) => vec![route_key(endpoint)],
            Trigger::Queue(queue) => vec![format!("queue {}", pascal(queue))],
            Trigger::Stream => vec!["stream of Table".to_owned()],
            Trigger::Schedule => vec!["schedule".to_owned()],
            Trigger::Rotation => unreachable!("it has no event"),
        };
        assert_eq!(found, expected, "template.yaml, Events of {id}: left there, right in {}", function.path);
    }
}

/// What an event of the template stands for.
fn listens(event: &Value) -> String {
    let properties = &event["Properties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    match event["Type"].as_str().unwrap_or_default() {
        "HttpApi" if properties.get("Path").is_none() => "$default".to_owned(),
        "HttpApi" => format!("{} {}", text("Method"), text("Path")),
        "SQS" => {
            let queue = properties["Queue"]["!GetAtt"].as_str().unwrap_or_default();
            format!("queue {}", queue.trim_end_matches(".Arn"))
        }
        "DynamoDB" => {
            let stream = properties["Stream"]["!GetAtt"].as_str().unwrap_or_default();
            format!("stream of {}", stream.trim_end_matches(".StreamArn"))
        }
        "Schedule" | "ScheduleV2" => "schedule".to_owned(),
        other => other.to_owned(),
    }
}

#[test]
fn every_line_of_the_manifest_says_what_starts_the_function() {
    for function in tree::functions() {
        let Function { name, comment, .. } = &function;
        match &function.trigger {
            Trigger::Http(endpoint) => {
                let route = format!("{} {}", endpoint.method, endpoint.path);
                assert_eq!(*comment, route, "functions/Cargo.toml, comment of {name}: right is its ENDPOINT");
            }
            Trigger::Queue(queue) => {
                assert_eq!(*comment, format!("queue {queue}"), "functions/Cargo.toml, comment of {name}");
            }
            Trigger::Stream => {
                assert_eq!(*comment, "stream of Table", "functions/Cargo.toml, comment of {name}");
            }
            Trigger::Schedule => {
                assert!(comment.starts_with("every "), "functions/Cargo.toml, comment of {name}: every …");
            }
            Trigger::Rotation => {
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
fn every_file_says_its_route_first() {
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
fn every_endpoint_says_how_it_refuses() {
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
        // Who logs out is never refused, whatever they send.
        let reads = endpoint.body.is_some() || endpoint.query.is_some();
        if reads && function.name != "logout" {
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
            // A `ListPage` knows its limit and its cursor; else it is all that a rule lets there be.
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
    let chart = tree::read("shared/store/src/entity.rs");
    let chart = chart.split("fn the_entity_chart()").nth(1).unwrap().split("#[test]").next().unwrap();
    for line in chart.lines().filter(|line| line.contains("  ") && !line.starts_with(' ')) {
        let words: Vec<_> = line.split_whitespace().collect();
        let row = format!("| {} | `{}` | `{}` |", words[0], words[1], words[2]);
        assert!(architecture.contains(&row), "ARCHITECTURE.md, The table: lacks the row {row}");
    }
}

#[test]
fn every_test_that_the_architecture_relies_on_is_there() {
    let architecture = tree::read("ARCHITECTURE.md");
    let table = architecture.split("## Invariants").nth(1).unwrap().split("\n## ").next().unwrap();
    for path in table.split('`').filter(|word| word.contains("::") && !word.starts_with("domain::")) {
        let (module, test) = path.rsplit_once("::").unwrap();
        let file = format!("functions/tests/{}", module.replace("::", "/"));
        // A whole file, such as `tidy::names`, or a test in one.
        let is_there = tree::root().join(format!("{file}/{test}.rs")).exists()
            || tree::read(&format!("{file}.rs")).contains(&format!("fn {test}()"));
        assert!(is_there, "ARCHITECTURE.md, Invariants: there is no test {path}");
    }
}

/// A route as the gateway writes it.
fn route_key(endpoint: &Endpoint) -> String {
    match endpoint.method {
        "ANY" => endpoint.path.to_owned(),
        method => format!("{method} {}", endpoint.path),
    }
}
