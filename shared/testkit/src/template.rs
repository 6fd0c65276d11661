//! The deployed table's shape, read from the CloudFormation template, so that every test runs on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Map, Value, json};

/// A table's shape: the `CreateTable` request and the TTL attribute.
pub(crate) struct TableShape {
    pub(crate) create: Value,
    pub(crate) ttl: Option<String>,
}

impl TableShape {
    /// The shape of the `AWS::DynamoDB::Table` `resource` in the template at `path`.
    pub(crate) fn read(path: &Path, resource: &str) -> Self {
        let template = read_template(path);
        let table = &template["Resources"][resource];
        let kind = table["Type"].as_str().unwrap_or_default();
        assert_eq!(kind, "AWS::DynamoDB::Table", "{resource} in {}", path.display());
        Self::of(resource, &table["Properties"])
    }

    fn of(resource: &str, properties: &Value) -> Self {
        // A name that is composed at deployment is not known here.
        let name = properties["TableName"].as_str().unwrap_or(resource);
        let mut create = json!({ "TableName": name });
        for field in ["KeySchema", "AttributeDefinitions", "BillingMode", "ProvisionedThroughput"] {
            copy(field, properties, &mut create);
        }
        if let Some(indexes) = properties["GlobalSecondaryIndexes"].as_array() {
            let indexes = indexes.iter().map(|index| {
                let mut shape = json!({});
                for field in ["IndexName", "KeySchema", "Projection", "ProvisionedThroughput"] {
                    copy(field, index, &mut shape);
                }
                shape
            });
            create["GlobalSecondaryIndexes"] = indexes.collect();
        }
        // CloudFormation has no field that enables the stream; the view type implies it.
        if let Some(view) = properties["StreamSpecification"]["StreamViewType"].as_str() {
            create["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
        }
        let ttl = &properties["TimeToLiveSpecification"];
        let ttl =
            (ttl["Enabled"] == true).then(|| ttl["AttributeName"].as_str().map(str::to_owned)).flatten();
        Self { create, ttl }
    }
}

/// The CloudFormation template at `path` as JSON. A tag such as `!Ref` is an object with the tag as its only
/// key. It is read once for each process, because parsing takes longer than most tests.
pub fn read_template(path: &Path) -> Value {
    static KNOWN: Mutex<BTreeMap<PathBuf, Value>> = Mutex::new(BTreeMap::new());
    let read = || {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        plain(yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    KNOWN.lock().unwrap().entry(path.to_owned()).or_insert_with(read).clone()
}

fn copy(field: &str, from: &Value, to: &mut Value) {
    if let Some(value) = from.get(field) {
        to[field] = value.clone();
    }
}

/// YAML as JSON.
fn plain(value: yaml_serde::Value) -> Value {
    use yaml_serde::Value as Yaml;
    match value {
        Yaml::Mapping(map) => {
            let entries = map.into_iter().map(|(key, value)| {
                let key = plain(key);
                (key.as_str().map_or_else(|| key.to_string(), str::to_owned), plain(value))
            });
            Value::Object(entries.collect())
        }
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            Value::Object(Map::from_iter([(tag, plain(tagged.value))]))
        }
        scalar => serde_json::to_value(scalar).expect("a scalar is JSON"),
    }
}
