//! Makes the document.

use std::collections::{BTreeMap, BTreeSet};

use api::{Code, Endpoint, Serves, Who, code};
use domain::invalid;
use serde_json::{Map, Value, json};

use super::types::{Place, Types};
use crate::tree::{self, Function, pascal};

/// Every endpoint that the document describes: those that serve data, and not that of unknown paths.
pub fn described() -> Vec<(Function, Endpoint)> {
    let endpoints = tree::functions().into_iter().filter_map(|function| {
        let endpoint = function.endpoint()?;
        Some((function, endpoint))
    });
    let is_data = |endpoint: &Endpoint| endpoint.serves == Serves::Data && endpoint.method != "ANY";
    endpoints.filter(|(_, endpoint)| is_data(endpoint)).collect()
}

/// The names between braces in a path.
pub fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

/// The document of the present endpoints.
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
    let used = paths.values().map(Value::to_string).collect::<String>();
    let responses = code::ALL.iter().map(|code| (pascal(code.name), refusal(&[*code])));
    let responses = responses.filter(|(name, _)| used.contains(&format!("#/components/responses/{name}\"")));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lamplight",
            "description": "A serverless commerce back end. Every answer is `{data, meta}`, every error a \
                problem (RFC 9457). Every path with `GET` also answers `HEAD`.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": areas,
        "paths": paths,
        "components": {
            "schemas": types.components(),
            "responses": responses.collect::<Map<_, _>>(),
            "headers": headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The access token of a session.",
                },
                "cartToken": {
                    "type": "apiKey", "in": "header", "name": "X-Cart-Token",
                    "description": "The token of an anonymous cart, for native clients.",
                },
                "cartCookie": {
                    "type": "apiKey", "in": "cookie", "name": "cart",
                    "description": "The token of an anonymous cart, for browsers.",
                },
                "refreshCookie": {
                    "type": "apiKey", "in": "cookie", "name": "refresh_token",
                    "description": "The refresh token of a session, for browsers; native clients send it in \
                        the body.",
                },
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
        "security": match endpoint.who {
            // A cart belongs to a signed-in user, or to the holder of its token.
            Who::Anyone if uses(".cart_key(") => {
                json!([{}, { "bearer": [] }, { "cartToken": [] }, { "cartCookie": [] }])
            }
            // A login may bring an anonymous cart along.
            Who::Anyone if uses(".merge_cart(") => json!([{}, { "cartToken": [] }, { "cartCookie": [] }]),
            Who::Anyone if uses("RefreshBody") => json!([{}, { "refreshCookie": [] }]),
            Who::Anyone => json!([]),
            _ => json!([{ "bearer": [] }]),
        },
    });
    if endpoint.body.is_some() {
        let schema = types.get(function, Place::Body);
        let may_be_left_out = uses(".json_if_any()") || uses("RefreshBody");
        operation["requestBody"] =
            json!({ "required": !may_be_left_out, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// The text after the route in the file's first line.
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
    let in_path = path_parameters(endpoint.path);
    let mut parameters: Vec<_> = in_path
        .map(|name| {
            let schema = types.id(&id_of(endpoint.path, name));
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if endpoint.query.is_some() {
        let query = types.resolved(function, Place::Query);
        let fields = query["properties"].as_object().into_iter().flatten();
        parameters.extend(fields.map(|(name, schema)| {
            let required = query["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            json!({ "name": name, "in": "query", "required": required, "schema": schema })
        }));
    }
    let mut header = |name: &str, schema: Value, description: &str| {
        parameters
            .push(json!({ "name": name, "in": "header", "schema": schema, "description": description }));
    };
    if source.contains(".idempotency_key()") {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        header("Idempotency-Key", key, "Names this attempt. A repeat gets the first answer.");
    }
    if source.contains("\"stripe-signature\"") {
        let of = "Stripe's signature over time and body: `t=…,v1=…`.";
        header("Stripe-Signature", json!({ "type": "string" }), of);
    }
    if endpoint.method == "GET" && has_etag(endpoint, source) {
        header(
            "If-None-Match",
            json!({ "type": "string" }),
            "The caller's `ETag`. 304 if it is still right.",
        );
    }
    if source.contains(".if_match(") {
        header("If-Match", json!({ "type": "string" }), "The `ETag` to change. 412 if it is outdated.");
    }
    parameters
}

fn responses(function: &Function, endpoint: &Endpoint, types: &Types, source: &str) -> Value {
    let uses = |what: &str| source.contains(what);
    let (status, answer) = &endpoint.answer;
    let mut sent = ALWAYS.to_vec();
    sent.extend((uses("Reply::created(") || uses(" offer(")).then_some("location"));
    sent.extend(has_etag(endpoint, source).then_some("etag"));
    sent.extend(endpoint.shared.then_some("age"));
    sent.extend(uses(".cart_token(").then_some("x-cart-token"));
    let cookies = [".cart_token(", ".keeping_cart(", ".told(", "next_tokens(", "signed_out()"];
    sent.extend(cookies.into_iter().any(uses).then_some("set-cookie"));
    sent.extend(uses("\"idempotent-replayed\"").then_some("idempotent-replayed"));
    let mut success = json!({ "description": "Done.", "headers": header_references(&sent) });
    if answer.is_some() {
        let data = types.get(function, Place::Answer);
        let is_page = data["type"] == "array" || has_cursor(function, endpoint, types);
        let schema = if endpoint.bare { data } else { envelope(data, is_page) };
        success["content"] = json!({ "application/json": { "schema": schema } });
    }
    let mut responses = Map::from_iter([(status.to_string(), success)]);
    if endpoint.method == "GET" && has_etag(endpoint, source) {
        let shared = endpoint.shared.then_some("age");
        let sent: Vec<_> = ALWAYS.into_iter().chain(["etag"]).chain(shared).collect();
        let unchanged = "Not modified: the caller's `ETag` is still right.";
        let unchanged = json!({ "description": unchanged, "headers": header_references(&sent) });
        responses.insert("304".to_owned(), unchanged);
    }
    for (status, codes) in refusals(endpoint, function.reach) {
        let response = match codes.as_slice() {
            [code] => json!({ "$ref": format!("#/components/responses/{}", pascal(code.name)) }),
            codes => refusal(codes),
        };
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

/// The codes that an endpoint can answer with, by status: its own, and those of what it reads.
fn refusals(endpoint: &Endpoint, reach: &str) -> BTreeMap<u16, Vec<Code>> {
    let mut codes = endpoint.codes.to_vec();
    codes.extend([code::INTERNAL, code::TRY_AGAIN]);
    // Functions that reach the table are rate-limited. A searcher holds it.
    codes.extend((reach.contains("Table") || reach.contains("Searcher")).then_some(code::RATE_LIMITED));
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
    sent.extend(codes.contains(&code::UNSUPPORTED_MEDIA_TYPE).then_some("accept-encoding"));
    sent.extend(codes.contains(&code::UNAUTHENTICATED).then_some("www-authenticate"));
    let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.name, code.title)).collect();
    json!({
        "description": lines.join(" "),
        "headers": header_references(&sent),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn envelope(data: Value, is_page: bool) -> Value {
    let meta = if is_page { "PageMeta" } else { "Meta" };
    json!({
        "type": "object",
        "required": ["data", "meta"],
        "properties": { "data": data, "meta": { "$ref": format!("#/components/schemas/{meta}") } },
    })
}

/// Whether a success has an `ETag`.
fn has_etag(endpoint: &Endpoint, source: &str) -> bool {
    endpoint.shared || source.contains(".etag") || source.contains(".show(")
}

/// Whether the query string has a cursor.
fn has_cursor(function: &Function, endpoint: &Endpoint, types: &Types) -> bool {
    endpoint.query.is_some() && !types.resolved(function, Place::Query)["properties"]["cursor"].is_null()
}

/// The type of an id in a path: `StoreId` for `{id}` in `/stores/{id}`, `ImageId` for `{image_id}`.
fn id_of(path: &str, parameter: &str) -> String {
    if parameter != "id" {
        return pascal(parameter);
    }
    let before = path.split("/{id}").next().unwrap_or_default();
    let one = match before.rsplit('/').next().unwrap_or_default() {
        "addresses" => "address",
        "categories" => "category",
        many => many.trim_end_matches('s'),
    };
    pascal(one) + "Id"
}

/// The headers of every answer.
const ALWAYS: [&str; 4] =
    ["x-request-id", "cache-control", "x-content-type-options", "strict-transport-security"];

/// Every header of answers beside those of HTTP itself.
fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let mut headers = json!({
        "x-request-id": text("The request's id in the logs."),
        "location": text("The path of the new resource."),
        "cache-control": text("`no-store`, or how long caches may keep an answer that is the same for \
            everybody."),
        "x-content-type-options": {
            "description": "Browsers must not guess the content type.",
            "schema": { "const": "nosniff" },
        },
        "strict-transport-security": text("How many seconds browsers must use only HTTPS for this host."),
        "age": {
            "description": "The seconds since the answer was cached.",
            "schema": { "type": "integer" },
        },
        "etag": text("The version of the resource."),
        "x-cart-token": text("The token of a new anonymous cart."),
        "idempotent-replayed": {
            "description": "Present if an earlier request has done this already.",
            "schema": { "const": "true" },
        },
        "retry-after": {
            "description": "Seconds to wait before the same request.",
            "schema": { "type": "integer" },
        },
        "ratelimit": text("The rest of the limit that was reached, and the seconds until requests are \
            accepted again."),
        "ratelimit-policy": text("The limit that was reached: its name, how much it allows, and in how many \
            seconds."),
        "accept-encoding": {
            "description": "The accepted encodings of a body.", "schema": { "const": "identity" },
        },
        "www-authenticate": { "description": "How to sign in.", "schema": { "const": "Bearer" } },
        "set-cookie": text("`cart`: the token of an anonymous cart. `refresh_token`: the next refresh token, \
            where it is delivered as a cookie. A cookie with `Max-Age=0` is deleted."),
    });
    // These are always sent where they are listed; others depend on the request.
    for name in ALWAYS.into_iter().chain(["location"]) {
        headers[name]["required"] = json!(true);
    }
    headers
}

fn header_references(names: &[&str]) -> Value {
    let references = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })));
    Value::Object(references.collect())
}

/// The envelope of every answer, and the form of every error.
pub fn shared_schemas() -> [(&'static str, Value); 5] {
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
            json!({
                "type": "object", "required": ["request_id", "timestamp", "pagination"],
                "properties": page_meta,
            }),
        ),
        (
            "Pagination",
            json!({
                "type": "object",
                "required": ["limit", "next_cursor"],
                "properties": {
                    "limit": { "type": "integer", "minimum": 1, "maximum": 100 },
                    "next_cursor": { "type": ["string", "null"], "description": "Of the next page." },
                    "total": { "type": "integer", "minimum": 0, "description": "Only of a search." },
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
                    "field": {
                        "type": "string",
                        "description": "A path into the request, such as `items[0].quantity`. For \
                            `NO_LONGER_SOLD` and `OUT_OF_STOCK` it is the product's id.",
                    },
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
                    "errors": {
                        "type": "array", "minItems": 1,
                        "items": { "$ref": "#/components/schemas/Fault" },
                    },
                    "meta": { "$ref": "#/components/schemas/Meta" },
                },
            }),
        ),
    ]
}
