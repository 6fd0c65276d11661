//! What a request touches: the IAM actions that it needs, items and attributes.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::service::Service;

/// An item, index or queue that a call touches.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The action that the caller's role must allow: `dynamodb:ConditionCheckItem`, `sqs:SendMessage`.
    pub action: &'static str,
    /// The table, queue or secret, or the bucket with the first part of a key; empty for mail.
    pub resource: String,
    /// The index, if one is read.
    pub index: Option<String>,
    /// The item's key attributes; the whole item for a Put, nothing for a Query.
    pub key: Option<Value>,
    /// The written or projected top-level attributes. Empty for a read of all attributes.
    pub attributes: BTreeSet<String>,
}

impl fmt::Display for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        self.index.iter().try_for_each(|index| write!(f, " {index}"))
    }
}

impl Touch {
    /// The partition of the touched item, if there is one.
    pub fn partition(&self) -> Option<&str> {
        self.key.as_ref()?["pk"]["S"].as_str()
    }

    fn new(action: &'static str, resource: &Value) -> Self {
        let resource = resource.as_str().unwrap_or_default().to_owned();
        Self { action, resource, index: None, key: None, attributes: BTreeSet::new() }
    }

    /// One request for an item, or one query: both have the same fields.
    fn item(action: &'static str, request: &Value) -> Self {
        let mut touch = Self::new(action, &request["TableName"]);
        touch.index = request["IndexName"].as_str().map(str::to_owned);
        touch.key = request.get("Key").or_else(|| request.get("Item")).cloned();
        if let Some(item) = request["Item"].as_object() {
            touch.attributes = item.keys().cloned().collect();
        }
        for expression in ["UpdateExpression", "ProjectionExpression"] {
            let text = request[expression].as_str().unwrap_or_default();
            touch.attributes.extend(attributes(text, &request["ExpressionAttributeNames"]));
        }
        touch
    }
}

/// What a request touches.
pub(crate) fn touches(service: Service, operation: &str, request: &Value) -> Vec<Touch> {
    match service {
        Service::DynamoDb => table_touches(operation, request),
        Service::Sqs => {
            let queue =
                request["QueueUrl"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            vec![Touch::new(queue_action(operation), &Value::from(queue))]
        }
        Service::S3 => object_touches(operation, request),
        Service::SecretsManager => vec![Touch::new(secret_action(operation), &request["SecretId"])],
        Service::Ses => vec![Touch::new("ses:SendEmail", &Value::Null)],
        // No IAM role decides about Stripe.
        Service::Stripe => Vec::new(),
    }
}

/// The single and the batch call need the same action.
fn queue_action(operation: &str) -> &'static str {
    match operation {
        "SendMessage" | "SendMessageBatch" => "sqs:SendMessage",
        "ReceiveMessage" => "sqs:ReceiveMessage",
        "DeleteMessage" => "sqs:DeleteMessage",
        "GetQueueAttributes" => "sqs:GetQueueAttributes",
        _ => "sqs:*",
    }
}

/// Roles distinguish objects by the first part of the key. A reader that may not list the bucket gets 403 for
/// a missing object.
fn object_touches(operation: &str, request: &Value) -> Vec<Touch> {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let folder = text("Key").split('/').next().unwrap_or_default();
    let place = Value::from(format!("{}/{folder}", text("Bucket")));
    match operation {
        // A reader of a part knows that the object exists, so it need not list the bucket.
        "GetObject" if !request["Range"].is_null() => vec![Touch::new("s3:GetObject", &place)],
        "GetObject" => {
            vec![Touch::new("s3:GetObject", &place), Touch::new("s3:ListBucket", &request["Bucket"])]
        }
        "PutObject" => vec![Touch::new("s3:PutObject", &place)],
        "DeleteObject" => vec![Touch::new("s3:DeleteObject", &place)],
        "ListObjectsV2" => vec![Touch::new("s3:ListBucket", &request["Bucket"])],
        _ => vec![Touch::new("s3:*", &place)],
    }
}

fn secret_action(operation: &str) -> &'static str {
    match operation {
        "GetSecretValue" => "secretsmanager:GetSecretValue",
        "DescribeSecret" => "secretsmanager:DescribeSecret",
        "PutSecretValue" => "secretsmanager:PutSecretValue",
        "UpdateSecretVersionStage" => "secretsmanager:UpdateSecretVersionStage",
        _ => "secretsmanager:*",
    }
}

fn table_touches(operation: &str, request: &Value) -> Vec<Touch> {
    match operation {
        "GetItem" => vec![Touch::item("dynamodb:GetItem", request)],
        "PutItem" => vec![Touch::item("dynamodb:PutItem", request)],
        "UpdateItem" => vec![Touch::item("dynamodb:UpdateItem", request)],
        "DeleteItem" => vec![Touch::item("dynamodb:DeleteItem", request)],
        "Query" => vec![Touch::item("dynamodb:Query", request)],
        "Scan" => vec![Touch::item("dynamodb:Scan", request)],
        "TransactWriteItems" | "TransactGetItems" => {
            list(&request["TransactItems"]).filter_map(transaction_touch).collect()
        }
        "BatchGetItem" => tables(request)
            .flat_map(|(table, wanted)| {
                list(&wanted["Keys"]).map(move |key| batch_touch("dynamodb:BatchGetItem", table, key))
            })
            .collect(),
        "BatchWriteItem" => tables(request)
            .flat_map(|(table, writes)| {
                list(writes).filter_map(move |write| {
                    let key =
                        write["PutRequest"].get("Item").or_else(|| write["DeleteRequest"].get("Key"))?;
                    Some(batch_touch("dynamodb:BatchWriteItem", table, key))
                })
            })
            .collect(),
        _ => vec![Touch::new("dynamodb:*", &request["TableName"])],
    }
}

fn transaction_touch(item: &Value) -> Option<Touch> {
    let (kind, request) = item.as_object()?.iter().next()?;
    let action = match kind.as_str() {
        "Put" => "dynamodb:PutItem",
        "Update" => "dynamodb:UpdateItem",
        "Delete" => "dynamodb:DeleteItem",
        "ConditionCheck" => "dynamodb:ConditionCheckItem",
        _ => "dynamodb:GetItem",
    };
    Some(Touch::item(action, request))
}

fn batch_touch(action: &'static str, table: &str, key: &Value) -> Touch {
    Touch { key: Some(key.clone()), ..Touch::new(action, &Value::from(table)) }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn tables(request: &Value) -> impl Iterator<Item = (&String, &Value)> {
    request["RequestItems"].as_object().into_iter().flatten()
}

/// The top-level attributes of an expression, with placeholders resolved.
fn attributes<'a>(expression: &'a str, names: &'a Value) -> impl Iterator<Item = String> + 'a {
    // Reserved words cannot be bare attribute names, so these words are never attributes.
    const WORDS: [&str; 9] =
        ["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "if_not_exists", "list_append"];
    let paths = expression.split(|c: char| !(c.is_alphanumeric() || "_#:.[]-".contains(c)));
    paths.filter_map(move |path| {
        let name = path.split(['.', '[']).next()?;
        let value_or_number = name.starts_with([':', '-']) || name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || value_or_number || WORDS.iter().any(|word| word.eq_ignore_ascii_case(name)) {
            return None;
        }
        Some(names[name].as_str().unwrap_or(name).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_names_the_attributes_it_writes() {
        let request = json!({
            "TableName": "t", "Key": { "pk": { "S": "a" } },
            "UpdateExpression": "SET #s = :s, lines.#l[0] = if_not_exists(lines, :e), \
                on_hand = on_hand - :q REMOVE due",
            "ExpressionAttributeNames": { "#s": "status", "#l": "lamp" },
        });
        let touch = &touches(Service::DynamoDb, "UpdateItem", &request)[0];
        let names: Vec<_> = touch.attributes.iter().map(String::as_str).collect();
        assert_eq!(names, ["due", "lines", "on_hand", "status"]);
    }
}
