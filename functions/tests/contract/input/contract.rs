//! The published contract as input to tests: every field of every body, the values that it refuses, and a
//! shop to send them to.

use serde_json::{Value, json};

use crate::shop::people::{Person, id};
use crate::shop::world::{Answer, Shop};
use crate::tree;

/// Words of serde, its JSON and Rust's types. No client may see them.
const FOREIGN: [&str; 19] = [
    "invalid type",
    "invalid value",
    "invalid length",
    ", expected a",
    ", expected one",
    ", expected struct",
    "unknown variant",
    "unknown field",
    "missing field",
    "duplicate field",
    "EOF",
    "recursion",
    "trailing",
    "surrogate",
    "at line",
    " struct",
    "i64",
    "u32",
    "`",
];

/// Asserts that every sentence of a refusal is in our own words.
#[track_caller]
pub(super) fn in_our_words(answer: &Answer, what: &str) {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    for told in errors.map(|error| &error["message"]).chain([&answer.body["detail"]]) {
        let told = told.as_str().unwrap_or_else(|| panic!("{what}: {:#}", answer.body));
        let foreign = FOREIGN.iter().find(|foreign| told.contains(**foreign));
        assert_eq!(foreign, None, "{what}: {told}");
    }
}

/// Asserts that the request is refused with 422 in our own words, and that the field is named.
#[track_caller]
pub(super) fn names(answer: &Answer, field: &str, what: &str) -> Value {
    assert_eq!(answer.status, 422, "{what}: {:#}", answer.body);
    in_our_words(answer, what);
    let errors = answer.body["errors"].as_array().unwrap();
    let named = errors.iter().find(|error| error["field"].as_str().unwrap_or_default() == field);
    named.unwrap_or_else(|| panic!("{what}: {field} is not in {:#}", answer.body)).clone()
}

/// The published contract.
pub(super) struct Contract(Value);

impl Contract {
    pub(super) fn read() -> Self {
        Self(serde_json::from_str(&tree::read("functions/platform/openapi.json")).unwrap())
    }

    /// Every operation: its method, its id and its part of the document.
    pub(super) fn operations(&self) -> Vec<(String, String, &Value)> {
        let paths = self.0["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|methods| methods.as_object().unwrap()).map(|(method, operation)| {
            (method.to_uppercase(), operation["operationId"].as_str().unwrap().to_owned(), operation)
        });
        operations.collect()
    }

    /// A schema with its references followed, and whether it accepts null.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> (&'a Value, bool) {
        if let Some(target) = schema["$ref"].as_str() {
            return self.resolved(self.0.pointer(target.trim_start_matches('#')).unwrap());
        }
        // Choices beside fields are a rule about those fields, such as that of the postal code.
        if let Some(choices) = schema["anyOf"].as_array().filter(|_| schema.get("properties").is_none()) {
            let (null, others): (Vec<_>, Vec<_>) =
                choices.iter().partition(|choice| choice["type"] == "null");
            let [only] = others.as_slice() else { panic!("{schema} has more than one choice") };
            return (self.resolved(only).0, !null.is_empty());
        }
        (schema, kinds(schema).contains(&"null"))
    }

    /// Every field below a schema: its path, its schema, whether it accepts null, and whether it is required.
    fn fields<'a>(&'a self, schema: &'a Value, path: &str, into: &mut Vec<Field<'a>>) {
        let (schema, _) = self.resolved(schema);
        for (name, below) in schema["properties"].as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let (schema_below, nullable) = self.resolved(below);
            let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            into.push(Field { path: path.clone(), schema: schema_below, nullable, required });
            if kinds(schema_below).contains(&"array") {
                let (entry, _) = self.resolved(&schema_below["items"]);
                let path = format!("{path}[0]");
                into.push(Field { path: path.clone(), schema: entry, nullable: false, required: false });
                self.fields(entry, &path, into);
            }
            self.fields(schema_below, &path, into);
        }
    }
}

/// A field of a body.
pub(super) struct Field<'a> {
    pub(super) path: String,
    pub(super) schema: &'a Value,
    pub(super) nullable: bool,
    pub(super) required: bool,
}

/// The kinds of JSON that a schema accepts.
pub(super) fn kinds(schema: &Value) -> Vec<&str> {
    let kinds = &schema["type"];
    match kinds.as_array() {
        Some(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        None if schema.get("enum").or(schema.get("oneOf")).is_some() => vec!["string"],
        None => kinds.as_str().into_iter().collect(),
    }
}

/// The values that a field of this schema refuses.
pub(super) fn wrong(field: &Field) -> Vec<Value> {
    let mut wrong = vec![json!(true), json!(28), json!(0.5), json!("\u{fffd}"), json!([]), json!({})];
    wrong.extend((!field.nullable).then_some(Value::Null));
    let kinds = kinds(field.schema);
    wrong.retain(|value| match value {
        Value::Bool(_) => !kinds.contains(&"boolean"),
        Value::Number(number) => number.is_f64() || !kinds.contains(&"integer"),
        // The types of arrays and objects are checked here, their content elsewhere.
        Value::Array(_) => !kinds.contains(&"array"),
        Value::Object(_) => !kinds.contains(&"object"),
        _ => true,
    });
    if kinds.contains(&"integer") {
        wrong.extend([json!("28"), json!(1e300), json!(-1e300), json!(u64::MAX), json!(28.5)]);
    }
    wrong
}

/// Puts a value at a path such as `items[0].quantity`, and creates what is missing on the way.
pub(super) fn put(body: &mut Value, path: &str, value: Value) {
    let mut place = body;
    for name in path.split('.') {
        let (name, entry) = name.strip_suffix("[0]").map_or((name, false), |name| (name, true));
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
        if entry {
            if !place.is_array() {
                *place = json!([{}]);
            }
            place = &mut place[0];
        }
    }
    *place = value;
}

/// A shop with everything that the sample events name, and a person who may do everything.
pub(super) struct Stocked {
    pub(super) admin: Person,
    /// The ids of its resources by prefix.
    pub(super) ids: Vec<(&'static str, String)>,
    /// A product with options, for the routes of variants.
    coloured: String,
}

impl Stocked {
    pub(super) async fn open() -> Self {
        let shop = Shop::open();
        shop.may_leave_messages();
        let admin = shop.member("admin", true).await;
        let store = admin.open_store("The admin's").await;
        let category = id(admin.post("/categories", json!({ "name": "Lamps" })).await.created());
        let product = json!({
            "name": "A lamp", "sku": "lamp", "price": { "amount": 15_00, "currency": "USD" },
            "category_id": category, "stock": 10,
        });
        let product = id(admin.post("/products", product).await.created());
        let address = id(admin.keep_address("Springfield").await.created());
        admin.add_to_cart(&product, 1).await.ok();
        let order = id(admin.place_order().await.created());
        admin.add_to_cart(&product, 1).await.ok();
        let coloured = shop.sell_in_colours(&admin, &category).await;
        let user = admin.id.clone();
        let ids = vec![
            ("sto_", store),
            ("cat_", category),
            ("prd_", product),
            ("adr_", address),
            ("ord_", order),
            ("usr_", user),
        ];
        Self { admin, ids, coloured }
    }

    /// The path and body of an operation's sample event, with the ids of this shop.
    pub(super) fn sample(&self, operation: &str) -> (String, Value) {
        let mut event = tree::read(&format!("events/{operation}.json"));
        let product = if event.contains("/variants") { &self.coloured } else { &self.ids[2].1 };
        let own = [("prd_", product.clone()), ("var_", product.replace("prd_", "var_"))];
        for (prefix, id) in own.iter().chain(&self.ids) {
            event = event.replace(&format!("{prefix}{}", "0".repeat(26)), id);
        }
        let event: Value = serde_json::from_str(&event).unwrap();
        let body = event["body"].as_str().map(|body| serde_json::from_str(body).unwrap());
        (event["rawPath"].as_str().unwrap().to_owned(), body.unwrap_or_else(|| json!({})))
    }

    pub(super) async fn raw(&self, method: &str, path: &str, body: &str) -> Answer {
        self.admin.raw(method, path.strip_prefix("/api/v1").unwrap(), "application/json", body).await
    }
}

/// Every operation with a body: its method, its id, and the fields of its body.
pub(super) fn bodies(contract: &Contract) -> Vec<(String, String, Vec<Field<'_>>)> {
    let operations = contract.operations().into_iter().filter_map(|(method, id, operation)| {
        let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
        let mut fields = Vec::new();
        contract.fields(schema, "", &mut fields);
        Some((method, id, fields))
    });
    operations.collect()
}
