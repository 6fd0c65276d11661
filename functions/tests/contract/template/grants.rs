//! The grants of roles and the needs of calls, in the same words: `dynamodb:PutItem on table`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;
use testkit::{CallInfo, Touch};

use super::binary;
use crate::tree;

/// The grants of managed policies, each for one kind of key: endpoints count for the rate limits, and workers
/// note why they give messages up.
const ONLY: [(&str, &str); 2] =
    [("LIMIT#", r#" only ["LIMIT#*"]"#), ("DEADLETTER#", r#" only ["DEADLETTER#*"]"#)];

/// The grants of each function in the template, by its name. Grants of the platform are not included: an
/// event source reads its queue, and logs and traces are written.
pub static ALLOWED: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let functions = tree::resources("AWS::Serverless::Function").into_iter().map(|(_, function)| {
        let policies = function["Policies"].as_array().into_iter().flatten();
        let grants = policies.flat_map(statements).flat_map(|statement| of_statement(&statement)).collect();
        (binary(&function), grants)
    });
    functions.collect()
});

/// The grants that a call needs.
pub fn of_call(call: &CallInfo) -> impl Iterator<Item = String> {
    call.touches.iter().map(of_touch)
}

fn of_touch(touch: &Touch) -> String {
    let on = touch.index.clone().unwrap_or_else(|| match touch.action {
        "ses:SendEmail" => "mail".to_owned(),
        _ => touch.resource.to_lowercase(),
    });
    let writes = matches!(touch.action, "dynamodb:PutItem" | "dynamodb:UpdateItem");
    let keys = touch.partition().filter(|_| writes);
    let keys = keys.and_then(|pk| ONLY.iter().find(|(prefix, _)| pk.starts_with(prefix)));
    format!("{} on {on}{}", touch.action, keys.map_or("", |(_, keys)| keys))
}

/// The statements of a function's policy: its own, or those of the managed policy that it names.
fn statements(policy: &Value) -> Vec<Value> {
    let managed = policy["!Ref"].as_str().map(|name| tree::resource(name)["PolicyDocument"].clone());
    let statements = managed.as_ref().unwrap_or(policy)["Statement"].as_array().cloned().unwrap_or_default();
    statements.into_iter().filter(|statement| statement["Effect"] == "Allow").collect()
}

/// A grant for each action and resource of a statement, with the keys to which it is limited.
fn of_statement(statement: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let resources: Vec<_> = list(&statement["Resource"]).iter().map(resource).collect();
    let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
    let keys = &if keys.is_null() { String::new() } else { format!(" only {keys}") };
    let actions = list(&statement["Action"]);
    let actions = actions.iter().filter_map(Value::as_str);
    actions.flat_map(|action| resources.iter().map(move |on| format!("{action} on {on}{keys}"))).collect()
}

/// `!GetAtt Table.Arn` is the table, `!Sub "${Table.Arn}/index/due"` its index, `!Ref Secret` the secret.
fn resource(value: &Value) -> String {
    let tagged = value.as_object().and_then(|tagged| tagged.values().next()).and_then(Value::as_str);
    let text = tagged.unwrap_or_else(|| panic!("a resource is a reference: {value}"));
    match text.strip_prefix("${Table.Arn}/index/") {
        Some(index) => index.to_owned(),
        // `!Sub "${Images.Arn}/public/*"` is every object below that.
        None if text.ends_with("/*") => {
            text.trim_end_matches("/*").replacen("${", "", 1).replacen(".Arn}", "", 1).to_lowercase()
        }
        None if text.contains(":ses:") => "mail".to_owned(),
        None => text.trim_end_matches(".Arn").to_lowercase(),
    }
}
