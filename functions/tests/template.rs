//! The template, as far as the in-process world needs it: which functions there are, and what each is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use yaml_serde::Value;

/// The template at the root of the repository.
pub struct Template {
    root: Value,
    parameters: BTreeMap<String, String>,
}

impl Template {
    /// Reads it, with some parameters other than their defaults.
    pub fn read(parameters: &[(&str, &str)]) -> Self {
        let text = std::fs::read_to_string(path()).unwrap();
        let root: Value = yaml_serde::from_str(&text).unwrap();
        let mut values: BTreeMap<_, _> = entries(&root["Parameters"])
            .map(|(name, parameter)| (name, parameter.get("Default").map(scalar).unwrap_or_default()))
            .collect();
        for (name, value) in parameters {
            let known = values.insert((*name).to_owned(), (*value).to_owned());
            assert!(known.is_some(), "the template has no parameter {name}");
        }
        Self { root, parameters: values }
    }

    /// The queues that are no dead-letter queues, by the names that messages use.
    pub fn queues(&self) -> Vec<String> {
        let queues = self.resources("AWS::SQS::Queue").filter(|(name, _)| !name.ends_with("DeadLetters"));
        queues.map(|(name, _)| name.to_lowercase()).collect()
    }

    /// Each function's variables, by the name of its binary.
    pub fn variables(
        &self,
        queue_url: impl Fn(&str) -> String,
    ) -> BTreeMap<String, BTreeMap<String, String>> {
        let global = &self.root["Globals"]["Function"]["Environment"]["Variables"];
        let functions = self.resources("AWS::Serverless::Function").map(|(_, function)| {
            let properties = &function["Properties"];
            let binary = scalar(&properties["CodeUri"]);
            let binary = binary.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            let own = &properties["Environment"]["Variables"];
            let variables = entries(global).chain(entries(own));
            (binary, variables.map(|(name, value)| (name, self.resolve(value, &queue_url))).collect())
        });
        functions.collect()
    }

    /// The resources of one type.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (String, &Value)> {
        entries(&self.root["Resources"]).filter(move |(_, resource)| resource["Type"].as_str() == Some(kind))
    }

    /// A value as CloudFormation would put it in.
    fn resolve(&self, value: &Value, queue_url: &impl Fn(&str) -> String) -> String {
        let Value::Tagged(tagged) = value else { return scalar(value) };
        assert_eq!(tagged.tag.to_string(), "!Ref", "only !Ref is known here: {value:?}");
        let name = scalar(&tagged.value);
        if let Some(value) = self.parameters.get(&name) {
            return value.clone();
        }
        match self.root["Resources"][name.as_str()]["Type"].as_str() {
            Some("AWS::SQS::Queue") => queue_url(&name.to_lowercase()),
            _ => name,
        }
    }
}

/// Where it is.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")
}

/// A mapping's names and values.
pub fn entries(value: &Value) -> impl Iterator<Item = (String, &Value)> {
    value.as_mapping().into_iter().flatten().map(|(name, value)| (scalar(name), value))
}

/// A scalar as text; empty for anything else.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}
