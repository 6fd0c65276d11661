//! What operations share: headers, refusals, and the envelope's schemas.

use std::collections::BTreeSet;

use api::{Code, code};
use domain::invalid;
use serde_json::{Value, json};

/// A refusal with one of these codes.
pub fn refusal(codes: &[Code]) -> Value {
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

/// The headers of every answer.
pub const ALWAYS: [&str; 4] =
    ["x-request-id", "cache-control", "x-content-type-options", "strict-transport-security"];

/// Every header of answers beside those of HTTP itself.
pub fn headers() -> Value {
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

pub fn header_references(names: &[&str]) -> Value {
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
