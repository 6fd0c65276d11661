//! Secrets Manager, read only.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::answer::Answer;

#[derive(Default)]
pub(crate) struct Secrets(Mutex<BTreeMap<String, String>>);

impl Secrets {
    pub(crate) fn set(&self, id: &str, value: &str) {
        self.0.lock().unwrap().insert(id.to_owned(), value.to_owned());
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Answer {
        if operation != "GetSecretValue" {
            return Answer::unknown(operation);
        }
        let id = request["SecretId"].as_str().unwrap_or_default();
        let secrets = self.0.lock().unwrap();
        let Some(value) = secrets.get(id) else {
            let message = "Secrets Manager can't find the specified secret.";
            return Answer::error(400, "ResourceNotFoundException", message);
        };
        Answer::ok(json!({ "ARN": id, "Name": id, "SecretString": value }))
    }
}
