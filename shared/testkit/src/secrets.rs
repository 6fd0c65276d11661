//! Secrets Manager: secrets with versions and staging labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::answer::Answer;

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";
const PREVIOUS: &str = "AWSPREVIOUS";

#[derive(Default)]
pub(crate) struct Secrets(Mutex<BTreeMap<String, Secret>>);

/// A secret's versions by their ids.
#[derive(Default)]
struct Secret(BTreeMap<String, Version>);

/// A version has no value between the beginning of a rotation and its first step.
#[derive(Default)]
struct Version {
    value: Option<String>,
    stages: BTreeSet<String>,
}

impl Secrets {
    pub(crate) fn set(&self, id: &str, value: &str) {
        let stages = [CURRENT.to_owned()].into();
        let first = Version { value: Some(value.to_owned()), stages };
        let secret = Secret([("first".to_owned(), first)].into());
        self.0.lock().unwrap().insert(id.to_owned(), secret);
    }

    pub(crate) fn begin_rotation(&self, id: &str, version: &str) {
        let mut secrets = self.0.lock().unwrap();
        secrets.entry(id.to_owned()).or_default().attach(PENDING, version);
    }

    pub(crate) fn labelled(&self, id: &str, label: &str) -> Option<(String, Option<String>)> {
        let secrets = self.0.lock().unwrap();
        let secret = secrets.get(id)?;
        let version = secret.with(label)?;
        let value = secret.0[&version].value.clone();
        Some((version, value))
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Answer {
        let id = request["SecretId"].as_str().unwrap_or_default();
        let mut secrets = self.0.lock().unwrap();
        let Some(secret) = secrets.get_mut(id) else {
            return Answer::error(
                400,
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret.",
            );
        };
        let answered = match operation {
            "GetSecretValue" => secret.get(request),
            "DescribeSecret" => Ok(secret.describe()),
            "PutSecretValue" => secret.put(request),
            "UpdateSecretVersionStage" => secret.move_stage(request),
            _ => return Answer::unknown(operation),
        };
        match answered {
            Ok(mut body) => {
                body["ARN"] = id.into();
                body["Name"] = id.into();
                Answer::ok(body)
            }
            Err((code, message)) => Answer::error(400, code, &message),
        }
    }
}

type Refusal = (&'static str, String);

fn missing(what: &str) -> Refusal {
    ("ResourceNotFoundException", format!("Secrets Manager can't find the specified secret {what}."))
}

impl Secret {
    fn with(&self, stage: &str) -> Option<String> {
        let mut versions = self.0.iter();
        versions.find(|(_, version)| version.stages.contains(stage)).map(|(id, _)| id.clone())
    }

    /// Moves a label to a version, which is created if it does not exist. The version that loses `AWSCURRENT`
    /// gets `AWSPREVIOUS`. A version without labels is deleted.
    fn attach(&mut self, stage: &str, to: &str) {
        let from = self.with(stage).filter(|from| from != to);
        self.0.values_mut().for_each(|version| _ = version.stages.remove(stage));
        self.0.entry(to.to_owned()).or_default().stages.insert(stage.to_owned());
        if let Some(from) = from.filter(|_| stage == CURRENT) {
            self.attach(PREVIOUS, &from);
        }
        self.0.retain(|_, version| !version.stages.is_empty());
    }

    fn get(&self, request: &Value) -> Result<Value, Refusal> {
        let stage = request["VersionStage"].as_str();
        let id = match request["VersionId"].as_str() {
            Some(id) => id.to_owned(),
            None => self.with(stage.unwrap_or(CURRENT)).ok_or_else(|| missing("value for staging label"))?,
        };
        let version = self.0.get(&id).ok_or_else(|| missing("version"))?;
        if stage.is_some_and(|stage| !version.stages.contains(stage)) {
            let message = "You provided a VersionStage that is not associated to the provided VersionId.";
            return Err(("InvalidRequestException", message.to_owned()));
        }
        let value = version.value.as_ref().ok_or_else(|| missing("value for VersionId"))?;
        Ok(json!({ "VersionId": id, "SecretString": value, "VersionStages": version.stages }))
    }

    fn describe(&self) -> Value {
        let stages = self.0.iter().map(|(id, version)| (id.clone(), json!(version.stages)));
        json!({ "VersionIdsToStages": stages.collect::<serde_json::Map<_, _>>() })
    }

    fn put(&mut self, request: &Value) -> Result<Value, Refusal> {
        let id = request["ClientRequestToken"].as_str().expect("the SDK makes a token where none is given");
        let value = request["SecretString"].as_str().unwrap_or_default();
        let known = self.0.get(id).and_then(|version| version.value.as_deref());
        if known.is_some_and(|known| known != value) {
            let message = format!(
                "You can't use ClientRequestToken {id} because that value is already in use for a version of \
                 the secret."
            );
            return Err(("ResourceExistsException", message));
        }
        // Putting the same value again changes nothing, not even labels.
        if known.is_none() {
            self.0.entry(id.to_owned()).or_default().value = Some(value.to_owned());
            let stages = request["VersionStages"].as_array().cloned();
            let stages = stages.unwrap_or_else(|| vec![CURRENT.into()]);
            stages.iter().filter_map(Value::as_str).for_each(|stage| self.attach(stage, id));
        }
        Ok(json!({ "VersionId": id, "VersionStages": self.0[id].stages }))
    }

    fn move_stage(&mut self, request: &Value) -> Result<Value, Refusal> {
        let stage = request["VersionStage"].as_str().unwrap_or_default();
        let [to, from] =
            ["MoveToVersionId", "RemoveFromVersionId"].map(|name| request[name].as_str().map(str::to_owned));
        if [&to, &from].into_iter().flatten().any(|id| !self.0.contains_key(id)) {
            return Err(missing("version"));
        }
        let holder = self.with(stage);
        if holder != to && holder != from {
            let message = format!(
                "The parameter RemoveFromVersionId doesn't name the version that the staging label {stage} \
                 is attached to."
            );
            return Err(("InvalidParameterException", message));
        }
        match (to, from) {
            (Some(to), _) => self.attach(stage, &to),
            (None, Some(from)) => {
                self.0.get_mut(&from).into_iter().for_each(|version| _ = version.stages.remove(stage));
                self.0.retain(|_, version| !version.stages.is_empty());
            }
            (None, None) => {}
        }
        Ok(json!({}))
    }
}
