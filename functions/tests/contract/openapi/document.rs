//! How the document is made.

use std::collections::{BTreeMap, BTreeSet};

use api::{Code, Endpoint, Who, code};
use domain::invalid;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::tree::{self, Function, pascal};

/// Every endpoint that the document describes: all but what answers paths that are none.
pub fn described() -> Vec<(Function, Endpoint)> {
    let endpoints = tree::functions().into_iter().filter_map(|function| {
        let endpoint = function.endpoint()?;
        Some((function, endpoint))
    });
    endpoints.filter(|(_, endpoint)| endpoint.method != "ANY").collect()
}

/// The names between braces in a path.
pub fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

/// The document as the endpoints say it today.
pub fn document() -> Value {
    let endpoints = described();
    let mut types = Types::default();
    for (function, endpoint) in &endpoints {
        types.learn(function, endpoint);
    }
    let (mut paths, mut areas) = (Map::new(), Vec::new());
    for (function, endpoint) in &endpoints {
        let area = json!({ "name": function.area() });
        if !areas.contains(&area) {
            areas.push(area);
        }
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_lowercase()] = operation(function, endpoint, &types);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lamplight",
            "description": "A serverless commerce back end. Every answer is `{data, meta}`, every error a problem (RFC 9457). Every path with `GET` also answers `HEAD`.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": areas,
        "paths": paths,
        "components": {
            "schemas": types.components(),
            "responses": code::ALL.iter().map(|code| (pascal(code.name), refusal(&[*code]))).collect::<Map<_, _>>(),
            "headers": headers(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

fn operation(function: &Function, endpoint: &Endpoint, types: &Types) -> Value {
    let source = function.source();
    let uses = |what: &str| source.contains(what);
    let mut operation = json!({
        "operationId": function.name,
        "tags": [function.area()],
        "summary": summary(&source),
        "description": doc_of(&source, &function.name.replace('-', "_")),
        "parameters": parameters(function, endpoint, types, &source),
        "responses": responses(function, endpoint, types, &source),
        // A cart belongs to who is signed in, or to who holds its token.
        "security": match endpoint.who {
            Who::Anyone if uses("cart_key") => json!([{}, { "bearer": [] }]),
            Who::Anyone => json!([]),
            _ => json!([{ "bearer": [] }]),
        },
    });
    if endpoint.body.is_some() {
        let schema = types.get(function, Place::Body);
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// What follows the route in the file's first line.
fn summary(source: &str) -> String {
    let line = source.lines().next().unwrap_or_default();
    let text = line.split_once("`: ").map(|(_, text)| text).unwrap_or_default();
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_uppercase() + rest
}

/// The doc comment of the function's handler.
fn doc_of(source: &str, handler: &str) -> String {
    let start = format!("pub async fn {handler}(");
    let above = source.split(&start).next().unwrap_or_default();
    let doc: Vec<_> = above.trim_end().lines().rev().map_while(|line| line.strip_prefix("/// ")).collect();
    doc.into_iter().rev().collect::<Vec<_>>().join(" ")
}

fn parameters(function: &Function, endpoint: &Endpoint, types: &Types, source: &str) -> Vec<Value> {
    let mut parameters: Vec<_> = path_parameters(endpoint.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if endpoint.query.is_some() {
        let query = types.resolved(function, Place::Query);
        let fields = query["properties"].as_object().into_iter().flatten();
        parameters.extend(fields.map(|(name, schema)| {
            let required = query["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            json!({ "name": name, "in": "query", "required": required, "schema": without_null(schema.clone()) })
        }));
    }
    let mut header = |name: &str, schema: Value, description: &str| {
        parameters
            .push(json!({ "name": name, "in": "header", "schema": schema, "description": description }));
    };
    if source.contains(".idempotency_key()") {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        header("Idempotency-Key", key, "Names this attempt: a repeat gets the first answer again.");
    }
    if source.contains("\"stripe-signature\"") {
        let of = "Stripe's signature over time and body: `t=…,v1=…`.";
        header("Stripe-Signature", json!({ "type": "string" }), of);
    }
    if source.contains("cart_key") {
        header(
            "X-Cart-Token",
            json!({ "type": "string" }),
            "The token of an anonymous cart; the cookie `cart` does the same.",
        );
    }
    if endpoint.method == "GET" && (endpoint.shared || source.contains(".etag")) {
        header("If-None-Match", json!({ "type": "string" }), "The `ETag` that the caller holds.");
    }
    if source.contains(".if_match(") {
        header("If-Match", json!({ "type": "string" }), "The `ETag` of the state that may be changed.");
    }
    parameters
}

/// A query parameter is there or not there; it is never null.
fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<_> = kinds.iter().filter(|kind| **kind != "null").cloned().collect();
        schema["type"] = if let [kind] = kinds.as_slice() { kind.clone() } else { json!(kinds) };
    }
    let choices = schema["anyOf"].as_array().cloned().unwrap_or_default();
    let choices: Vec<_> = choices.into_iter().filter(|choice| choice["type"] != "null").collect();
    match choices.as_slice() {
        [only] => only.clone(),
        _ => schema,
    }
}

fn responses(function: &Function, endpoint: &Endpoint, types: &Types, source: &str) -> Value {
    let uses = |what: &str| source.contains(what);
    let (status, answer) = &endpoint.answer;
    let mut sent = ALWAYS.to_vec();
    sent.extend(uses("Reply::created(").then_some("location"));
    sent.extend((endpoint.shared || uses(".etag")).then_some("etag"));
    sent.extend(endpoint.shared.then_some("age"));
    sent.extend(uses(".cart_token(").then_some("x-cart-token"));
    sent.extend(uses("\"idempotent-replayed\"").then_some("idempotent-replayed"));
    let mut success = json!({ "description": "Done.", "headers": header_references(&sent) });
    if answer.is_some() {
        let data = types.get(function, Place::Answer);
        let schema = if endpoint.bare { data } else { envelope(data) };
        success["content"] = json!({ "application/json": { "schema": schema } });
    }
    let mut responses = Map::from_iter([(status.to_string(), success)]);
    if endpoint.method == "GET" && (endpoint.shared || uses(".etag")) {
        let sent: Vec<_> = ALWAYS.into_iter().chain(["etag"]).collect();
        let unchanged =
            json!({ "description": "It is what the caller holds.", "headers": header_references(&sent) });
        responses.insert("304".to_owned(), unchanged);
    }
    for (status, codes) in refusals(endpoint, source) {
        let response = match codes.as_slice() {
            [code] => json!({ "$ref": format!("#/components/responses/{}", pascal(code.name)) }),
            codes => refusal(codes),
        };
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

/// The codes that an endpoint can answer with by status: its own, and those that come with what it reads.
fn refusals(endpoint: &Endpoint, source: &str) -> BTreeMap<u16, Vec<Code>> {
    let mut codes = endpoint.codes.to_vec();
    codes.extend([code::INTERNAL, code::TRY_AGAIN]);
    // What has the table in reach is limited.
    codes.extend(source.contains("Store").then_some(code::RATE_LIMITED));
    if endpoint.body.is_some() {
        codes.extend([code::MALFORMED, code::TOO_LARGE, code::UNSUPPORTED_MEDIA_TYPE]);
    }
    if endpoint.body.is_some() || endpoint.query.is_some() {
        codes.push(code::VALIDATION_ERROR);
    }
    let mut by_status = BTreeMap::<_, Vec<_>>::new();
    for code in code::ALL.iter().filter(|code| codes.contains(code)) {
        by_status.entry(code.status).or_default().push(*code);
    }
    by_status
}

fn refusal(codes: &[Code]) -> Value {
    let mut sent = ALWAYS.to_vec();
    let waits = [code::TRY_AGAIN, code::RATE_LIMITED].iter().any(|code| codes.contains(code));
    sent.extend(waits.then_some("retry-after"));
    let limits = ["ratelimit", "ratelimit-policy"].into_iter();
    sent.extend(limits.filter(|_| codes.contains(&code::RATE_LIMITED)));
    sent.extend(codes.contains(&code::UNAUTHENTICATED).then_some("www-authenticate"));
    let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.name, code.title)).collect();
    json!({
        "description": lines.join(" "),
        "headers": header_references(&sent),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn envelope(data: Value) -> Value {
    let meta = if data["type"] == "array" { "PageMeta" } else { "Meta" };
    json!({
        "type": "object",
        "required": ["data", "meta"],
        "properties": { "data": data, "meta": { "$ref": format!("#/components/schemas/{meta}") } },
    })
}

/// The headers of every answer.
const ALWAYS: [&str; 4] =
    ["x-request-id", "cache-control", "x-content-type-options", "strict-transport-security"];

/// Every header that answers carry beside those of HTTP itself.
fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "x-request-id": text("Names the request in the log."),
        "location": text("Where the new resource is."),
        "cache-control": text("`no-store`, or for how long anybody may keep this: it looks the same to everybody."),
        "x-content-type-options": { "description": "The type is what `Content-Type` says.", "schema": { "const": "nosniff" } },
        "strict-transport-security": text("For how many seconds this host is to be asked by HTTPS only."),
        "age": { "description": "For how many seconds an instance of the shop has kept it already.", "schema": { "type": "integer" } },
        "etag": text("Which state of the resource this is."),
        "x-cart-token": text("The token of an anonymous cart that this request began."),
        "idempotent-replayed": { "description": "An earlier request has done this.", "schema": { "const": "true" } },
        "retry-after": { "description": "Seconds to wait before the same request.", "schema": { "type": "integer" } },
        "ratelimit": text("How much is left of the limit that was reached, and in how many seconds it begins anew."),
        "ratelimit-policy": text("The limit that was reached: its name, how much it allows, and in how many seconds."),
        "www-authenticate": { "description": "How to sign in.", "schema": { "const": "Bearer" } },
    })
}

fn header_references(names: &[&str]) -> Value {
    let references = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })));
    Value::Object(references.collect())
}

/// What every answer is wrapped in, and what every error is.
fn shared_schemas() -> [(&'static str, Value); 5] {
    let codes: BTreeSet<_> = code::ALL.iter().map(|code| code.name).chain(invalid::CODES).collect();
    let kinds: Vec<_> = code::ALL.iter().map(|code| code.kind()).collect();
    let statuses: BTreeSet<_> = code::ALL.iter().map(|code| code.status).collect();
    let text = json!({ "type": "string" });
    let meta = json!({ "request_id": text, "timestamp": { "type": "string", "format": "date-time" } });
    let mut page_meta = meta.clone();
    page_meta["pagination"] = json!({ "$ref": "#/components/schemas/Pagination" });
    [
        ("Meta", json!({ "type": "object", "required": ["request_id", "timestamp"], "properties": meta })),
        (
            "PageMeta",
            json!({ "type": "object", "required": ["request_id", "timestamp", "pagination"], "properties": page_meta }),
        ),
        (
            "Pagination",
            json!({
                "type": "object",
                "required": ["limit", "next_cursor"],
                "properties": {
                    "limit": { "type": "integer", "minimum": 1, "maximum": 100 },
                    "next_cursor": { "type": ["string", "null"], "description": "What `cursor` takes to go on; null at the end." },
                },
            }),
        ),
        (
            "Fault",
            json!({
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": { "type": "string", "enum": codes },
                    "field": { "type": "string", "description": "A path into the request, such as `items[0].quantity`." },
                    "message": text,
                },
            }),
        ),
        (
            "Problem",
            json!({
                "type": "object",
                "description": "RFC 9457 problem details.",
                "required": ["type", "title", "status", "detail", "errors", "meta"],
                "properties": {
                    "type": { "type": "string", "enum": kinds },
                    "title": text,
                    "status": { "type": "integer", "enum": statuses },
                    "detail": text,
                    "errors": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Fault" } },
                    "meta": { "$ref": "#/components/schemas/Meta" },
                },
            }),
        ),
    ]
}

/// Where in an endpoint a type stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Body,
    Query,
    Answer,
}

/// A schema, and the definitions that it refers to.
type Described = (Value, Map<String, Value>);

/// The types of all endpoints. Files may give different types one name (`Item`); those get the function's name in front.
#[derive(Default)]
struct Types {
    /// The schema at each place, with its definitions.
    places: BTreeMap<(&'static str, Place), Described>,
}

impl Types {
    fn learn(&mut self, function: &Function, endpoint: &Endpoint) {
        let (body, query, answer) = (endpoint.body, endpoint.query, endpoint.answer.1);
        let types = [(Place::Body, body), (Place::Query, query), (Place::Answer, answer)];
        for (place, kind) in types {
            let Some(kind) = kind else { continue };
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
            });
            let settings =
                if place == Place::Answer { settings.for_serialize() } else { settings.for_deserialize() };
            let mut generator: SchemaGenerator = settings.into_generator();
            let schema: Schema = (kind.schema)(&mut generator);
            let definitions = generator.take_definitions(true);
            self.places.insert((function.name, place), (schema.to_value(), definitions));
        }
    }

    /// The schema at a place, which refers to the document's components.
    fn get(&self, function: &Function, place: Place) -> Value {
        let (schema, _) = &self.places[&(function.name, place)];
        self.renamed(schema.clone(), function.name)
    }

    /// The same, looked up if it is a reference.
    fn resolved(&self, function: &Function, place: Place) -> Value {
        let (schema, definitions) = &self.places[&(function.name, place)];
        let name = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next());
        name.map_or_else(|| schema.clone(), |name| definitions[name].clone())
    }

    /// Every definition by the name that it has in the document. A query's fields are parameters, so its type is none.
    fn components(&self) -> Value {
        let mut components = Map::new();
        for ((function, place), (_, definitions)) in &self.places {
            for (name, schema) in definitions.iter().filter(|_| *place != Place::Query) {
                let (name, schema) = (self.name(name, function), self.renamed(schema.clone(), function));
                let earlier = components.insert(name.clone(), schema.clone());
                assert!(
                    earlier.is_none_or(|earlier| earlier == schema),
                    "{name} of {function} looks like another's, but is made of other types: rename one"
                );
            }
        }
        components.extend(shared_schemas().map(|(name, schema)| (name.to_owned(), schema)));
        Value::Object(components)
    }

    fn name(&self, name: &str, function: &str) -> String {
        let named = self.places.iter().filter(|((_, place), _)| *place != Place::Query);
        let mut meanings: Vec<_> = named.filter_map(|(_, (_, definitions))| definitions.get(name)).collect();
        meanings.dedup();
        let is_shared = shared_schemas().iter().any(|(shared, _)| *shared == name);
        match meanings.len() > 1 || is_shared {
            true => pascal(function) + name,
            false => name.to_owned(),
        }
    }

    fn renamed(&self, mut schema: Value, function: &str) -> Value {
        match &mut schema {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    let name = value.as_str().and_then(|target| target.strip_prefix("#/components/schemas/"));
                    *value = match name.filter(|_| key == "$ref") {
                        Some(name) => json!(format!("#/components/schemas/{}", self.name(name, function))),
                        None => self.renamed(value.take(), function),
                    };
                }
            }
            Value::Array(array) => {
                for value in array {
                    *value = self.renamed(value.take(), function);
                }
            }
            _ => {}
        }
        schema
    }
}
