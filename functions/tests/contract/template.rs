//! The template: the variables of each function, and the part that is written from the functions.

pub mod grants;
pub mod observed;
mod reach;
pub mod written;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::messages::QUEUES;
use serde_json::{Value, json};

use crate::tree::{self, pascal};

/// The committed template, read once.
static TEMPLATE: LazyLock<Value> = LazyLock::new(tree::template);

/// The binary of a function, by its properties.
pub fn binary(function: &Value) -> String {
    let code = function["CodeUri"].as_str().unwrap_or_default();
    code.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

/// The template's value of a variable that a function asks for; `None` if the template has nothing of that
/// name.
///
/// `PAYMENTS_QUEUE_URL` is the queue, `PAYMENTS_DEAD_LETTERS_URL` its dead letters, `MAIL_SENDER` the
/// parameter `MailSender`, `CHECKOUT` the parameter `CheckoutSwitch`, `SIGNING_SECRET_ARN` the resource
/// `SigningSecret`.
pub fn value_of(variable: &str) -> Option<Value> {
    let template = &*TEMPLATE;
    if is_global(variable) {
        return Some(template["Globals"]["Function"]["Environment"]["Variables"][variable].clone());
    }
    if variable == LINKS_URL {
        // Only `send-mail` needs it. It has no route; otherwise it and the API would refer to each other.
        let own = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}";
        return Some(json!({ "!If": ["HasStorefront", { "!Ref": "StorefrontUrl" }, { "!Sub": own }] }));
    }
    let queue = |suffix: &str| {
        let name = variable.strip_suffix(suffix)?;
        QUEUES.contains(&name.to_lowercase().as_str()).then(|| pascal(name))
    };
    let has = |section: &str, name: &str| template[section].get(name).is_some();
    let name = pascal(variable);
    let named = [name.clone(), format!("{name}Switch")].into_iter().find(|name| has("Parameters", name));
    let resource = || variable.strip_suffix("_ARN").map(pascal).filter(|name| has("Resources", name));
    let found = queue("_QUEUE_URL")
        .or_else(|| queue("_DEAD_LETTERS_URL").map(|name| name + "DeadLetters"))
        .or(named)
        .or_else(resource);
    found.map(|name| json!({ "!Ref": name }))
}

/// The base URL of links in mails.
const LINKS_URL: &str = "LINKS_URL";

/// Whether every function has this variable.
pub fn is_global(variable: &str) -> bool {
    TEMPLATE["Globals"]["Function"]["Environment"]["Variables"].get(variable).is_some()
}

/// The values of all variables that functions of a deployment can ask for.
pub struct Variables {
    parameters: BTreeMap<String, String>,
}

impl Variables {
    /// The template's parameters at their defaults, except the given ones.
    pub fn new(given: &[(&str, &str)]) -> Self {
        let declared = TEMPLATE["Parameters"].as_object().into_iter().flatten();
        let mut parameters: BTreeMap<_, _> =
            declared.map(|(name, parameter)| (name.clone(), scalar(&parameter["Default"]))).collect();
        for (name, value) in given {
            let known = parameters.get_mut(*name);
            (*value).clone_into(known.unwrap_or_else(|| panic!("template.yaml has no parameter {name}")));
        }
        Self { parameters }
    }

    /// A variable's value. A resource is named by its logical id, and a queue by its address.
    pub fn get(&self, variable: &str, queue_url: impl Fn(&str) -> String) -> Option<String> {
        if variable == LINKS_URL {
            let url = &self.parameters["StorefrontUrl"];
            return Some(if url.is_empty() { "https://api.example".to_owned() } else { url.clone() });
        }
        let value = value_of(variable)?;
        let Some(name) = value.get("!Ref").map(scalar) else { return Some(scalar(&value)) };
        let queue = name.to_lowercase();
        Some(match self.parameters.get(&name) {
            Some(parameter) => parameter.clone(),
            None if QUEUES.contains(&queue.trim_end_matches("deadletters")) => queue_url(&queue),
            None => name,
        })
    }
}

/// Whether an event matches a pattern of Lambda's event filtering. Only the rules that triggers use are
/// supported: values, prefixes, and any value.
pub fn fits(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| fits(pattern, &event[name])),
        Value::Array(rules) => rules.iter().any(|rule| allows(rule, event)),
        _ => panic!("{pattern} is no pattern"),
    }
}

/// Whether a value follows one of the rules of a pattern.
fn allows(rule: &Value, value: &Value) -> bool {
    if !rule.is_object() {
        return rule == value;
    }
    match (&rule["exists"], &rule["prefix"]) {
        (Value::Bool(true), _) => !value.is_null(),
        (_, Value::String(prefix)) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
        _ => panic!("{rule} is not supported here"),
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
