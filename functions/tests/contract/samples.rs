//! Sample events: one for each function, under its name in `events/`. `cargo template` writes those that are
//! missing.

use lambda::Source;
use serde_json::{Map, Value, json};

use crate::tree::{self, Function};

/// Writes a sample for each function that has none. A person then improves the values of a request's body.
pub fn write_missing() {
    for function in tree::functions() {
        if !tree::root().join(path(&function)).exists() {
            write(&function);
            println!("{} is new: look at its values", path(&function));
        }
    }
}

fn path(function: &Function) -> String {
    format!("events/{}.json", function.name)
}

fn write(function: &Function) {
    let text = serde_json::to_string_pretty(&event(function)).unwrap() + "\n";
    std::fs::write(tree::root().join(path(function)), text).unwrap();
}

#[test]
fn the_sample_of_a_worker_has_the_sample_of_its_message() {
    if super::openapi::is_update() {
        write_missing();
    }
    for function in tree::functions() {
        let Some(message) = &function.message else { continue };
        let message: Value = serde_json::from_str(message).unwrap();
        let committed = || {
            let event: Value = serde_json::from_str(&tree::read(&path(&function))).unwrap();
            let body = event["Records"][0]["body"].as_str().unwrap_or_default();
            serde_json::from_str::<Value>(body).unwrap_or_default()
        };
        // Another program's message has fields that the worker does not read.
        let is_foreign = message["v"].is_null();
        let holds = |body: &Value| if is_foreign { has(body, &message) } else { *body == message };
        if !holds(&committed()) && super::openapi::is_update() {
            write(&function);
        }
        let committed = committed();
        assert!(
            holds(&committed),
            "{}: the message is {committed}, and its type says {message}. Run `UPDATE=1 cargo test \
             --workspace --test functions samples`.",
            path(&function)
        );
    }
}

/// Whether a value has all that another one has.
fn has(value: &Value, less: &Value) -> bool {
    match (value, less) {
        (Value::Object(_), Value::Object(less)) => less.iter().all(|(name, less)| has(&value[name], less)),
        (Value::Array(values), Value::Array(less)) => {
            values.len() == less.len() && values.iter().zip(less).all(|(value, less)| has(value, less))
        }
        _ => value == less,
    }
}

fn event(function: &Function) -> Value {
    match function.source {
        Source::Http(endpoint) => request(function.name, endpoint),
        Source::Queue(queue, _) => json!({ "Records": [{
            "messageId": "00000000-0000-4000-8000-000000000000",
            "receiptHandle": "sample",
            "body": function.message,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795248000000",
                "SenderId": "sample",
                "ApproximateFirstReceiveTimestamp": "1795248000001",
            },
            "messageAttributes": {
                "request_id": { "stringValue": format!("sample-{}", function.name), "dataType": "String" },
            },
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{queue}"),
            "awsRegion": "us-east-1",
        }] }),
        Source::Stream(_) => json!({ "Records": [{
            "eventName": "MODIFY",
            "eventSource": "aws:dynamodb",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:\
                table/Table/stream/2026-11-21T08:00:00.000",
            "dynamodb": { "Keys": {}, "SequenceNumber": "1" },
        }] }),
        Source::Schedule(_) => json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
        Source::Rotation(rotator) => json!({
            "Step": "createSecret", "SecretId": rotator.secret,
            "ClientRequestToken": "00000000-0000-4000-8000-000000000000",
        }),
    }
}

/// A request with a token, for missing resources.
fn request(name: &str, endpoint: api::Endpoint) -> Value {
    let mut params = Map::new();
    let path: Vec<_> = endpoint
        .path
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(param)
                if endpoint.serves != api::Serves::Data && prefix(endpoint.path, param).is_empty() =>
            {
                let value = FACE.iter().find(|(name, _)| *name == param).unwrap().1;
                params.insert(param.to_owned(), value.into());
                value.to_owned()
            }
            Some(param) => {
                let prefix = prefix(endpoint.path, param);
                // A variant's id ends in two more characters, its place.
                let digits = if prefix == "var_" { 28 } else { 26 };
                let id = format!("{prefix}{}", "0".repeat(digits));
                params.insert(param.to_owned(), id.clone().into());
                id
            }
            None => part.to_owned(),
        })
        .collect();
    let (path, route) = (path.join("/"), format!("{} {}", endpoint.method, endpoint.path));
    let accepted = if endpoint.serves == api::Serves::Page { "text/html" } else { "application/json" };
    let mut headers = json!({ "accept": accepted, "host": "localhost" });
    if endpoint.body.is_some() {
        headers["content-type"] = "application/json".into();
    }
    if endpoint.who != api::Who::Anyone {
        headers["authorization"] = "Bearer put-an-access-token-here".into();
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "local",
            "http": {
                "method": endpoint.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "sample",
            },
            "requestId": format!("sample-{name}"),
            "routeKey": route,
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1_795_248_000_000_u64,
        },
        "isBase64Encoded": false,
    });
    if !params.is_empty() {
        event["pathParameters"] = params.into();
    }
    if let Some(body) = endpoint.body {
        let mut generator = schemars::SchemaGenerator::default();
        let schema = (body.schema)(&mut generator).to_value();
        let definitions = Value::from(generator.take_definitions(true));
        event["body"] = value_of(&schema, &definitions).to_string().into();
    }
    event
}

/// The values of parameters in the paths of pages and files.
const FACE: [(&str, &str); 3] = [("page", "basket"), ("version", "0"), ("file", "shop.css")];

/// The prefix of an id in a path: by its name in a page's, otherwise by the segment before it. `/orders/{id}`
/// is an order's.
fn prefix(path: &str, param: &str) -> &'static str {
    match param {
        "category" => return "cat_",
        "product" => return "prd_",
        "store" => return "sto_",
        _ => {}
    }
    let before = path.split(&format!("/{{{param}}}")).next().unwrap_or_default();
    match before.rsplit('/').next().unwrap_or_default() {
        "users" => "usr_",
        "stores" => "sto_",
        "categories" => "cat_",
        "products" => "prd_",
        "items" | "variants" => "var_",
        "addresses" => "adr_",
        "orders" => "ord_",
        "sessions" => "ses_",
        "images" => "img_",
        _ => "",
    }
}

/// A value that fits a schema: all fields, and the first of the allowed values.
fn value_of(schema: &Value, definitions: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return value_of(&definitions[name], definitions);
    }
    if let Some(example) = schema["examples"][0].as_str().map(Value::from).or(schema.get("const").cloned()) {
        return example;
    }
    for one in ["enum", "anyOf", "oneOf", "allOf"] {
        match schema[one].get(0) {
            Some(first) if one == "enum" => return first.clone(),
            Some(first) => return value_of(first, definitions),
            None => {}
        }
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields
                .map(|(name, schema)| (name.clone(), value_of(schema, definitions)))
                .collect::<Map<_, _>>()
                .into()
        }
        Some("array") => json!([value_of(&schema["items"], definitions)]),
        Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or(1)),
        Some("boolean") => json!(true),
        _ => json!("Text"),
    }
}
