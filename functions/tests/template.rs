//! The template, as far as the in-process world needs it: what each function is told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::tree;

/// The queues that are no dead-letter queues, by the names that messages use.
pub fn queues() -> Vec<String> {
    let queues = tree::resources("AWS::SQS::Queue").into_iter().map(|(name, _)| name);
    queues.filter(|name| !name.ends_with("DeadLetters")).map(|name| name.to_lowercase()).collect()
}

/// The binary of a function's properties.
pub fn binary(function: &Value) -> String {
    let code = function["CodeUri"].as_str().unwrap_or_default();
    code.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

/// Each function's variables, by its binary, with the template's parameters at their defaults but for those given.
pub fn variables(
    parameters: &[(&str, &str)],
    queue_url: impl Fn(&str) -> String,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut template = tree::template();
    for (name, value) in parameters {
        let parameter = template["Parameters"].get_mut(*name);
        parameter.unwrap_or_else(|| panic!("template.yaml has no parameter {name}"))["Default"] =
            (*value).into();
    }
    let global = &template["Globals"]["Function"]["Environment"]["Variables"];
    let functions = tree::resources("AWS::Serverless::Function").into_iter().map(|(_, function)| {
        let own = &function["Environment"]["Variables"];
        let variables = [global, own].into_iter().filter_map(Value::as_object).flatten();
        let variables = variables.map(|(name, value)| (name.clone(), resolve(&template, value, &queue_url)));
        (binary(&function), variables.collect())
    });
    functions.collect()
}

/// Which records of the table's stream are for a function: one of these patterns has to fit.
pub fn stream_patterns(function: &str) -> Vec<Value> {
    let events = tree::resource(function)["Events"].clone();
    let sources = events.as_object().into_iter().flatten().map(|(_, event)| &event["Properties"]);
    let filters =
        sources.flat_map(|source| source["FilterCriteria"]["Filters"].as_array().into_iter().flatten());
    filters.map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect()
}

/// Whether an event fits a pattern of Lambda's event filtering, as far as the template uses it: values that may be, or any.
pub fn fits(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| fits(pattern, &event[name])),
        Value::Array(values) if values == &[json!({ "exists": true })] => !event.is_null(),
        Value::Array(values) => values.contains(event),
        _ => false,
    }
}

/// A value as CloudFormation would put it in.
fn resolve(template: &Value, value: &Value, queue_url: &impl Fn(&str) -> String) -> String {
    let Some(name) = value.get("!Ref").map(scalar) else { return scalar(value) };
    if let Some(parameter) = template["Parameters"].get(&name) {
        return scalar(&parameter["Default"]);
    }
    match template["Resources"][&name]["Type"].as_str() {
        Some("AWS::SQS::Queue") => queue_url(&name.to_lowercase()),
        _ => name,
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
