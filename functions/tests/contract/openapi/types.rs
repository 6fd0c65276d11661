//! The types of bodies, queries and answers, as components of the document.

use std::collections::BTreeMap;

use api::Endpoint;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::shared::shared_schemas;
use crate::tree::{Function, pascal};

/// The place of a type in an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Body,
    Query,
    Answer,
}

/// A schema, and the definitions that it refers to.
type Described = (Value, Map<String, Value>);

/// The types of all endpoints. Different types in different files may have one name (`Item`); these get the
/// function's name in front.
#[derive(Default)]
pub struct Types {
    /// The schema at each place, with its definitions.
    places: BTreeMap<(&'static str, Place), Described>,
}

impl Types {
    pub fn learn(&mut self, function: &Function, endpoint: &Endpoint) {
        let (body, query, answer) = (endpoint.body, endpoint.query, endpoint.answer.1);
        let types = [(Place::Body, body), (Place::Query, query), (Place::Answer, answer)];
        for (place, kind) in types {
            let Some(kind) = kind else { continue };
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
            });
            let settings =
                if place == Place::Answer { settings.for_serialize() } else { settings.for_deserialize() };
            let mut generator: SchemaGenerator = settings.into_generator();
            let schema: Schema = (kind.schema)(&mut generator);
            let mut definitions = generator.take_definitions(true);
            definitions.values_mut().for_each(|definition| optional_fields(definition, place));
            self.places.insert((function.name, place), (schema.to_value(), definitions));
        }
    }

    /// The schema at a place, with references to the document's components.
    pub fn get(&self, function: &Function, place: Place) -> Value {
        let (schema, _) = &self.places[&(function.name, place)];
        self.renamed(schema.clone(), function.name)
    }

    /// The same, resolved if it is a reference.
    pub fn resolved(&self, function: &Function, place: Place) -> Value {
        let (schema, definitions) = &self.places[&(function.name, place)];
        let name = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next());
        name.map_or_else(|| schema.clone(), |name| definitions[name].clone())
    }

    /// The schema of an id of this name; any text if the document has no such id.
    pub fn id(&self, name: &str) -> Value {
        let known = self.places.values().any(|(_, definitions)| definitions.contains_key(name));
        if known {
            json!({ "$ref": format!("#/components/schemas/{name}") })
        } else {
            json!({ "type": "string" })
        }
    }

    /// Every definition by its name in the document. A query's fields are parameters, so its type is not
    /// included.
    pub fn components(&self) -> Value {
        let mut components = Map::new();
        for ((function, place), (_, definitions)) in &self.places {
            for (name, schema) in definitions.iter().filter(|_| *place != Place::Query) {
                let (name, schema) = (self.name(name, function), self.renamed(schema.clone(), function));
                let earlier = components.insert(name.clone(), schema.clone());
                assert!(
                    earlier.is_none_or(|earlier| earlier == schema),
                    "{name} of {function} looks like another's, but is made of other types: rename one"
                );
            }
        }
        components.extend(shared_schemas().map(|(name, schema)| (name.to_owned(), schema)));
        Value::Object(components)
    }

    fn name(&self, name: &str, function: &str) -> String {
        let named = self.places.iter().filter(|((_, place), _)| *place != Place::Query);
        let mut meanings: Vec<_> = named.filter_map(|(_, (_, definitions))| definitions.get(name)).collect();
        meanings.dedup();
        let is_shared = shared_schemas().iter().any(|(shared, _)| *shared == name);
        match meanings.len() > 1 || is_shared {
            true => pascal(function) + name,
            false => name.to_owned(),
        }
    }

    fn renamed(&self, mut schema: Value, function: &str) -> Value {
        match &mut schema {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    let name = value.as_str().and_then(|target| target.strip_prefix("#/components/schemas/"));
                    *value = match name.filter(|_| key == "$ref") {
                        Some(name) => json!(format!("#/components/schemas/{}", self.name(name, function))),
                        None => self.renamed(value.take(), function),
                    };
                }
            }
            Value::Array(array) => {
                for value in array {
                    *value = self.renamed(value.take(), function);
                }
            }
            _ => {}
        }
        schema
    }
}

/// Rules for all optional fields. An answer leaves them out and never has null. A request may have an empty
/// text, as forms send it.
fn optional_fields(definition: &mut Value, place: Place) {
    let required = definition["required"].clone();
    let is_required = |name: &String| required.as_array().is_some_and(|names| names.contains(&json!(name)));
    let fields = definition.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, schema) in fields.filter(|(name, _)| !is_required(name)) {
        match place {
            Place::Answer | Place::Query => *schema = without_null(schema.take()),
            Place::Body => take_empty_text(schema),
        }
    }
}

/// A parameter or a field of an answer may be absent, but is never null.
fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<_> = kinds.iter().filter(|kind| **kind != "null").cloned().collect();
        schema["type"] = if let [kind] = kinds.as_slice() { kind.clone() } else { json!(kinds) };
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    let choices = schema["anyOf"].as_array().cloned().unwrap_or_default();
    let choices: Vec<_> = choices.into_iter().filter(|choice| choice["type"] != "null").collect();
    let ([Value::Object(only)], Value::Object(whole)) = (choices.as_slice(), &mut schema) else {
        return schema;
    };
    whole.remove("anyOf");
    whole.extend(only.clone());
    schema
}

/// Lets a nullable text with a pattern also be empty: both mean that there is none.
fn take_empty_text(schema: &mut Value) {
    let may_be_null = schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("null")));
    let Some(pattern) = schema["pattern"].as_str().filter(|_| may_be_null) else { return };
    schema["pattern"] = format!(r"^\s*$|{pattern}").into();
    schema["minLength"] = 0.into();
}
