//! The examples of the document: requests and answers that were really seen.
//!
//! [`walk`](super::walk) makes each operation once. Random parts are replaced, so that every run writes the
//! same document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::shop::people::Person;
use crate::shop::world::{Answer, Shop};
use crate::tree::pascal;

/// A request and its answer.
pub struct Exchange {
    /// Empty for a refusal that any operation can answer with.
    operation: &'static str,
    /// What is special about it.
    label: String,
    request: Option<Value>,
    status: i64,
    answer: Value,
}

/// Sends requests, and keeps those that become examples.
pub struct Recorder {
    pub shop: Shop,
    seen: Vec<Exchange>,
}

impl Recorder {
    pub fn new(shop: Shop) -> Self {
        Self { shop, seen: Vec::new() }
    }

    /// Sends a request such as `GET /cart`, and keeps it as an example of success. Returns the data.
    pub async fn see(&mut self, who: &Person, route: &str, body: Option<Value>) -> Value {
        self.see_as("Example", who, route, body).await
    }

    /// The same for one of several examples, with a label of its own.
    pub async fn see_as(&mut self, label: &str, who: &Person, route: &str, body: Option<Value>) -> Value {
        let answer = self.send(label, who, route, &[], body).await;
        assert!(answer.status < 300, "{route}: {:#}", answer.body);
        answer.body["data"].clone()
    }

    /// Sends a request that is refused with this code, and keeps it.
    pub async fn refused(&mut self, code: &str, who: &Person, route: &str, body: Option<Value>) {
        self.refused_with(code, who, route, &[], body).await;
    }

    /// The same with more headers.
    pub async fn refused_with(
        &mut self,
        code: &str,
        who: &Person,
        route: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) {
        let answer = self.send(code, who, route, headers, body).await;
        let kind = format!("/problems/{}", code.to_lowercase().replace('_', "-"));
        assert_eq!(answer.body["type"], kind, "{route}: {:#}", answer.body);
    }

    async fn send(
        &mut self,
        label: &str,
        who: &Person,
        route: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        // Ids and times differ from one step to the next.
        self.shop.clock.advance(std::time::Duration::from_secs(7));
        let (method, path) = route.split_once(' ').unwrap();
        let is_api = !["/health", "/openapi.json", "/.well-known/"].iter().any(|root| path.starts_with(root));
        let full = if is_api { format!("/api/v1{path}") } else { path.to_owned() };
        let headers = [headers, &[DEVICE]].concat();
        let answer = match is_api {
            true => who.call_with(method, path, &headers, body.clone()).await,
            false => who.call_root(method, path, body.clone()).await,
        };
        self.keep(label, (method, &full), body, &answer);
        answer
    }

    /// Keeps the answer to a request that any operation can answer in this way.
    pub fn keep_general(&mut self, code: &str, answer: &Answer) {
        let (label, answer, status) = (code.to_owned(), answer.body.clone(), answer.status);
        self.seen.push(Exchange { operation: "", label, request: None, status, answer });
    }

    /// Keeps a request and its answer.
    pub fn keep(&mut self, label: &str, (method, path): (&str, &str), body: Option<Value>, answer: &Answer) {
        let (operation, _) = self.shop.route(method, path);
        self.seen.push(Exchange {
            operation,
            label: label.to_owned(),
            request: body,
            status: answer.status,
            answer: answer.body.clone(),
        });
    }

    /// What was seen, without what differs from run to run.
    pub fn steady(self) -> Vec<Exchange> {
        let mut ids = Ids::default();
        let mut seen = self.seen;
        for exchange in &mut seen {
            // Otherwise the document would contain itself.
            if exchange.operation == "openapi" {
                let document = exchange.answer.as_object_mut().unwrap();
                document.retain(|name, _| ["openapi", "servers"].contains(&name.as_str()));
            }
            for body in exchange.request.iter_mut().chain([&mut exchange.answer]) {
                steady(body, &mut ids);
            }
        }
        seen
    }
}

/// The ids that were seen, each with the one that is shown instead.
#[derive(Default)]
struct Ids {
    shown: BTreeMap<String, String>,
    /// How many were seen first with each prefix. A new step of the walk then changes few other ids.
    counts: BTreeMap<String, u64>,
}

impl Ids {
    const LENGTH: usize = 26;
    const ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

    /// Another id in the place of this one, always the same. A variant has the id of its product.
    fn instead_of(&mut self, prefix: &str, id: &str) -> String {
        if let Some(shown) = self.shown.get(id) {
            return shown.clone();
        }
        let count = self.counts.entry(prefix.to_owned()).or_default();
        *count += 1;
        let seed = prefix.bytes().fold(*count, |seed, byte| seed << 8 | u64::from(byte));
        let mut random = fastrand::Rng::with_seed(seed);
        let letters = (10..Self::LENGTH).map(|_| char::from(Self::ALPHABET[random.usize(..32)]));
        let shown: String = "01kb4m5e8g".chars().chain(letters).collect();
        self.shown.insert(id.to_owned(), shown.clone());
        shown
    }

    /// A text with every id replaced.
    fn replaced(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('_') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            let prefix = before.len().checked_sub(3).and_then(|start| before.get(start..));
            let prefix = prefix.filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_lowercase()));
            let id = after.get(..Self::LENGTH);
            let id = id.filter(|id| id.bytes().all(|byte| Self::ALPHABET.contains(&byte)));
            out.push_str(&rest[..=at]);
            rest = match prefix.zip(id) {
                Some((prefix, id)) => {
                    out.push_str(&self.instead_of(prefix, id));
                    &after[Self::LENGTH..]
                }
                None => after,
            };
        }
        out + rest
    }
}

/// Fields whose text is random or secret, with what is shown instead.
const SHOWN: [(&str, &str); 10] = [
    ("access_token", "eyJ…"),
    ("refresh_token", "usr_….ses_….0.…"),
    ("token", "usr_….…"),
    ("next_cursor", "b3JkZXJz…"),
    ("policy", "eyJ…"),
    ("x-amz-signature", "5d672d79…"),
    ("request_id", "aKq3VhYxoAMEbGQ="),
    ("number", "ORD-20261121-K7M2QX"),
    ("x-amz-credential", "AKIA…/20261121/us-east-1/s3/aws4_request"),
    ("tracking_number", "1Z999AA10123456784"),
];

/// The address of the bucket in a test, and one as in the cloud.
const BUCKET: (&str, &str) = ("http://aws.local/Images", "https://images.s3.us-east-1.amazonaws.com");

/// What a browser calls itself.
const DEVICE: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");

/// Replaces what differs from run to run, and what looks like a secret.
fn steady(value: &mut Value, ids: &mut Ids) {
    match value {
        Value::String(text) => *text = ids.replaced(&text.replace(BUCKET.0, BUCKET.1)),
        Value::Array(values) => values.iter_mut().for_each(|value| steady(value, ids)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let shown = SHOWN.iter().find(|(field, _)| field == name).map(|(_, shown)| *shown);
                match shown.filter(|_| value.is_string()) {
                    Some(shown) => *value = shown.into(),
                    // The size of an index.
                    None if name == "bytes" => *value = json!(8_192),
                    None => steady(value, ids),
                }
            }
        }
        _ => {}
    }
}

/// Writes the examples into a document.
pub fn add(document: &mut Value, seen: &[Exchange]) {
    for Exchange { operation, label, request, status, answer } in seen {
        if operation.is_empty() {
            continue;
        }
        let shared = document["components"]["responses"].get(pascal(label)).cloned();
        let found = operation_mut(document, operation);
        if let Some(request) = request.as_ref().filter(|_| *status < 300) {
            put(&mut found["requestBody"], label, request);
        }
        let response = &mut found["responses"][status.to_string()];
        // The example is this operation's own, so the shared response is copied.
        if let Some(shared) = shared.filter(|_| response["$ref"].is_string()) {
            *response = shared;
        }
        put(response, label, answer);
    }
    // A code that is described once has the first example that was seen of it.
    for (_, response) in document["components"]["responses"].as_object_mut().into_iter().flatten() {
        let described = response["description"].as_str().unwrap_or_default().to_owned();
        let code = described.split('`').nth(1).unwrap_or_default();
        let of_code = || seen.iter().filter(|seen| seen.label == code);
        let general = of_code().find(|seen| seen.operation.is_empty());
        if let Some(seen) = general.or_else(|| of_code().next()) {
            put(response, code, &seen.answer);
        }
    }
}

fn operation_mut<'a>(document: &'a mut Value, id: &str) -> &'a mut Value {
    let paths = document["paths"].as_object_mut().unwrap();
    let mut operations = paths.values_mut().flat_map(|methods| methods.as_object_mut().unwrap().values_mut());
    operations.find(|operation| operation["operationId"] == id).unwrap()
}

/// Adds an example to a body.
fn put(body: &mut Value, label: &str, value: &Value) {
    let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) else { return };
    for (_, content) in content {
        let examples = content.as_object_mut().unwrap().entry("examples").or_insert_with(|| json!({}));
        let examples: &mut Map<_, _> = examples.as_object_mut().unwrap();
        examples.entry(label).or_insert_with(|| json!({ "value": value }));
    }
}
