//! Compares a value with a schema of the document. A keyword that it does not know stops the test.

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that restrict nothing here.
const NOTES: [&str; 5] = ["description", "format", "examples", "default", "title"];

/// Every difference of a value from a schema, each with its place.
pub fn differences(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(document, schema, value, "", &mut found);
    found
}

fn compare(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let keywords = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return found.push(format!("{at}: nothing is allowed here")),
        schema => schema.as_object().unwrap(),
    };
    for (keyword, rule) in keywords.iter().filter(|(keyword, _)| !NOTES.contains(&keyword.as_str())) {
        if !holds(document, keywords, keyword, value, at, found) {
            found.push(format!("{at}: {value} breaks {keyword} {rule}"));
        }
    }
}

/// Whether a value obeys one keyword. Differences below it are added to `found`.
fn holds(
    document: &Value,
    schema: &Map<String, Value>,
    keyword: &str,
    value: &Value,
    at: &str,
    found: &mut Vec<String>,
) -> bool {
    let rule = &schema[keyword];
    let fits = |schema: &Value| differences(document, schema, value).is_empty();
    let choices = || rule.as_array().unwrap().iter();
    let length = |text: &str| text.chars().count() as u64;
    match keyword {
        "$ref" => {
            let target = document.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
            compare(document, target, value, at, found);
            true
        }
        "type" => {
            let mut kinds =
                rule.as_str().into_iter().chain(rule.as_array().into_iter().flatten().map(text_of));
            kinds.any(|kind| is_a(value, kind))
        }
        "enum" => choices().any(|choice| choice == value),
        "const" => rule == value,
        "allOf" => choices().all(fits),
        "anyOf" => choices().any(fits),
        "oneOf" => choices().filter(|schema| fits(schema)).count() == 1,
        "not" => !fits(rule),
        "pattern" => value.as_str().is_none_or(|text| matches(rule, text)),
        "minLength" => value.as_str().is_none_or(|text| length(text) >= rule.as_u64().unwrap()),
        "maxLength" => value.as_str().is_none_or(|text| length(text) <= rule.as_u64().unwrap()),
        "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
        "minProperties" => value.as_object().is_none_or(|all| all.len() as u64 >= rule.as_u64().unwrap()),
        "maxProperties" => value.as_object().is_none_or(|all| all.len() as u64 <= rule.as_u64().unwrap()),
        "required" => {
            value.as_object().is_none_or(|all| choices().all(|name| all.contains_key(text_of(name))))
        }
        "items" | "prefixItems" => {
            let first = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
            for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                let schema = if keyword == "items" {
                    Some(rule).filter(|_| number >= first)
                } else {
                    rule.get(number)
                };
                if let Some(schema) = schema {
                    compare(document, schema, item, &format!("{at}/{number}"), found);
                }
            }
            true
        }
        "properties" | "patternProperties" | "additionalProperties" => {
            for (name, below) in value.as_object().into_iter().flatten() {
                if let Some(schema) = of_property(schema, keyword, name) {
                    compare(document, schema, below, &format!("{at}/{name}"), found);
                }
            }
            true
        }
        _ => panic!("{at}: the keyword {keyword} is not known here"),
    }
}

/// What a keyword says about a property of this name.
fn of_property<'a>(schema: &'a Map<String, Value>, keyword: &str, name: &str) -> Option<&'a Value> {
    let named = schema.get("properties").and_then(|all| all.get(name));
    let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    let by_pattern = patterns
        .filter(|(pattern, _)| matches(&Value::from(pattern.as_str()), name))
        .map(|(_, schema)| schema)
        .next();
    match keyword {
        "properties" => named,
        "patternProperties" => by_pattern,
        _ if named.or(by_pattern).is_some() => None,
        _ => schema.get("additionalProperties"),
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn matches(pattern: &Value, text: &str) -> bool {
    let pattern = Regex::new(text_of(pattern));
    pattern.unwrap_or_else(|error| panic!("{error}")).is_match(text)
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("{kind} is no type"),
    }
}
