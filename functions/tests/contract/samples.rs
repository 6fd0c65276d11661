//! Sample events: one for each function, under its name in `events/`. `cargo template` writes those that are
//! missing.

use lambda::Source;
use serde_json::{Map, Value, json};

use crate::tree::{self, Function};

/// Writes a sample for each function that has none. A person then improves the values of its body.
pub fn write_missing() {
    for function in tree::functions() {
        let path = tree::root().join(format!("events/{}.json", function.name));
        if !path.exists() {
            let text = serde_json::to_string_pretty(&event(&function)).unwrap() + "\n";
            std::fs::write(&path, text).unwrap();
            println!("events/{}.json is new: look at its values", function.name);
        }
    }
}

fn event(function: &Function) -> Value {
    match function.source {
        Source::Http(endpoint) => request(function.name, endpoint),
        Source::Queue(queue, _) => json!({ "Records": [{
            "messageId": "00000000-0000-4000-8000-000000000000",
            "receiptHandle": "sample",
            "body": "{\"v\": 1}",
            "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1795248000000" },
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
            Some(param) => {
                let id = format!("{}{}", prefix(endpoint.path, param), "0".repeat(26));
                params.insert(param.to_owned(), id.clone().into());
                id
            }
            None => part.to_owned(),
        })
        .collect();
    let (path, route) = (path.join("/"), format!("{} {}", endpoint.method, endpoint.path));
    let mut headers = json!({ "accept": "application/json", "host": "localhost" });
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

/// The prefix of an id in a path, by the segment before it: `/orders/{id}` is an order's.
fn prefix(path: &str, param: &str) -> &'static str {
    let before = path.split(&format!("/{{{param}}}")).next().unwrap_or_default();
    match before.rsplit('/').next().unwrap_or_default() {
        "users" => "usr_",
        "stores" => "sto_",
        "categories" => "cat_",
        "products" | "items" => "prd_",
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
