//! Makes the document.

use std::collections::BTreeMap;

use api::{Code, Endpoint, Serves, Who, code};
use serde_json::{Map, Value, json};

use super::shared::{ALWAYS, header_references, headers, refusal};
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

/// What holds for all operations.
const ABOUT: &str = "A serverless commerce back end. Every answer is `{data, meta}`, every error a problem \
    (RFC 9457) whose `errors` name code and field. Every path with `GET` also answers `HEAD`.\n\n\
    **Sign in** with `POST /auth/login`, and send the `access_token` as `Authorization: Bearer …`. It is \
    valid for 15 minutes; `POST /auth/refresh` gets the next one.\n\n\
    **Money** is an amount in minor units and a currency: `{\"amount\": 1500, \"currency\": \"USD\"}` \
    is 15 dollars. **Times** are UTC. **Lists** have pages: `meta.pagination.next_cursor` is the `cursor` \
    of the next one, or null.\n\n\
    **Retries:** with an `Idempotency-Key`, where an operation has one, a repeat gets the first answer. \
    **Edits** by two people: send the `ETag` that you read as `If-Match`, and the later edit is refused \
    with 412.";

/// What an area is about.
fn described_area(area: &str) -> &str {
    match area {
        "platform" => "Health, this contract, and the keys that verify access tokens.",
        "account" => "Registration, sessions, profile and addresses.",
        "stores" => "Sellers' stores and their logos.",
        "catalogue" => "Categories, products with their variants and pictures, stock, and reviews.",
        "search" => "Search, suggestions, and the index of products.",
        "cart" => "The cart, of a user or of somebody who has not signed in.",
        "orders" => "Checkout, payment, and each step of an order.",
        "admin" => "Accounts, all orders, and the queues.",
        _ => panic!("say what {area} is about"),
    }
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
        let area = json!({ "name": function.area(), "description": described_area(function.area()) });
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
            "description": ABOUT,
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
            let id = id_of(endpoint.path, name);
            let description = described_id(endpoint.path, &id);
            let schema = types.id(&id);
            json!({
                "name": name, "in": "path", "required": true, "schema": schema, "description": description,
            })
        })
        .collect();
    if endpoint.query.is_some() {
        let query = types.resolved(function, Place::Query);
        let fields = query["properties"].as_object().into_iter().flatten();
        parameters.extend(fields.map(|(name, schema)| {
            let required = query["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            let mut schema = schema.clone();
            let own = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let description = own.unwrap_or_else(|| described_page(name).into());
            json!({
                "name": name, "in": "query", "required": required, "schema": schema,
                "description": description,
            })
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

/// What a parameter of a path is, by the name of its type.
fn described_id(path: &str, id: &str) -> String {
    match id {
        "Name" => "The name of the queue, as `GET /admin/queues` shows it.".to_owned(),
        "VariantId" if path.contains("/cart/") => {
            "The id of the variant. The id of a product names its only line.".to_owned()
        }
        id => format!("The id of the {}.", id.trim_end_matches("Id").to_lowercase()),
    }
}

/// What the parameters of every list are.
fn described_page(name: &str) -> &str {
    match name {
        "limit" => "The most entries of the page; 20 by default.",
        "cursor" => "The `next_cursor` of the page before. Without it, the list begins.",
        _ => "",
    }
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
