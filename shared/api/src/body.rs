//! Reading request bodies and query strings into typed values, with every bad field named at once.
//!
//! A derived `Deserialize` stops at the first error, which is right for the usual, valid request. Only when it fails is
//! the input probed: each field is offered to the type *alone*, so its verdict does not hide behind another field's.
//! A probe costs the depth of its field, not the size of the request, and at most [`MOST_PROBES`] are made.

use std::cell::RefCell;

use domain::invalid::{INVALID, Invalid, REQUIRED, UNKNOWN_FIELD};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::{Fault, Problem, code};

/// A request of 50 lines with 3 fields each has some 200 places.
const MOST_PROBES: usize = 500;

/// Reads a JSON body: 400 when it is not JSON, 422 with every bad field when it is not a `T`.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let read = serde_json::from_slice::<T>(body).map_err(|error| error.to_string());
    match read {
        // A derived `Deserialize` takes an array of the fields for an object, too; only a body with a bracket holds one.
        Ok(read) if !body.contains(&b'[') => Ok(read),
        read => {
            let value = serde_json::from_slice(body)
                .map_err(|error| Problem::new(code::MALFORMED, format!("The body is not JSON: {error}.")))?;
            read.and_then(|_| strictly(&value, false)).map_err(|error| refusal::<T>(&value, false, &error))
        }
    }
}

/// Reads a query string: 422 with every bad field when it is not a `T`. Of what is given more than once nobody knows which
/// is meant, so it becomes an array, which is nothing that a field can be.
pub(crate) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut fields = serde_json::Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let again = fields.contains_key(&*name);
        let value = if again { Value::Array(Vec::new()) } else { text.into() };
        fields.insert(name.into_owned(), value);
    }
    let value = Value::Object(fields);
    strictly(&value, true).map_err(|error| refusal::<T>(&value, true, &error))
}

/// Reads a `T` from a value in which only objects are objects.
fn strictly<T: DeserializeOwned>(value: &Value, text: bool) -> Result<T, String> {
    let node = Node { value: Some(value), text, aim: None, found: &RefCell::default() };
    T::deserialize(node).map_err(|halt| halt.to_string())
}

fn refusal<T: DeserializeOwned>(value: &Value, text: bool, first: &str) -> Problem {
    let mut faults = faults::<T>(value, text);
    if faults.is_empty() {
        faults.push(Fault { code: INVALID, field: None, message: Invalid::read(first).message });
    }
    Problem::validation(faults)
}

fn faults<T: DeserializeOwned>(value: &Value, text: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut ahead = vec![Vec::new()];
    let mut probes = 0;
    while let Some(path) = ahead.pop() {
        probes += 1;
        if probes > MOST_PROBES {
            break;
        }
        let found = RefCell::new(Found::default());
        let verdict = T::deserialize(Node { value: Some(value), text, aim: Some(&path), found: &found });
        let Found { fields, unknown } = found.into_inner();
        if let Err(Halt::Bad(invalid)) = verdict {
            faults.push(Fault { field: name(&path), ..Fault::of("", &invalid) });
        }
        let below = |step: Step| path.iter().cloned().chain([step]).collect::<Vec<_>>();
        for field in unknown {
            let invalid = Invalid::new(UNKNOWN_FIELD, "there is no such field");
            faults.push(Fault { field: name(&below(Step::Field(field))), ..Fault::of("", &invalid) });
        }
        ahead.extend(fields.into_iter().rev().map(below));
    }
    faults
}

/// `items[0].quantity`; nothing for the document itself.
fn name(path: &[Step]) -> Option<String> {
    let steps = path.iter().map(|step| match step {
        Step::Field(field) => format!(".{field}"),
        Step::Entry(index) => format!("[{index}]"),
    });
    let name: String = steps.collect();
    (!name.is_empty()).then(|| name.trim_start_matches('.').to_owned())
}

#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Entry(usize),
}

/// What a probe learnt about the place it aimed at.
#[derive(Default)]
struct Found {
    fields: Vec<Step>,
    unknown: Vec<String>,
}

/// Why a probe ended: it has seen what it came for, or the value is bad.
#[derive(Debug, thiserror::Error)]
enum Halt {
    #[error("seen")]
    Seen,
    #[error("{0}")]
    Bad(Invalid),
}

impl serde::de::Error for Halt {
    fn custom<T: std::fmt::Display>(text: T) -> Self {
        Self::Bad(Invalid::read(&text.to_string()))
    }
}

/// A value of the input, on the way to the place that the probe aims at; without an aim, the whole of it.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: Option<&'a Value>,
    /// Everything is text, as in a query string, and numbers are read from it.
    text: bool,
    aim: Option<&'a [Step]>,
    found: &'a RefCell<Found>,
}

impl<'a> Node<'a> {
    fn child(self, value: Option<&'a Value>) -> Self {
        Self { value, aim: self.aim.map(|aim| aim.get(1..).unwrap_or_default()), ..self }
    }

    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        if self.text && matches!(self.value, Some(Value::Array(_))) {
            return Err(Halt::Bad(Invalid::new(INVALID, "is given more than once")));
        }
        let value = self.value.unwrap_or(&Value::Null).clone();
        value.deserialize_any(visitor).map_err(|error| serde::de::Error::custom(error.to_string()))
    }

    fn number<N: std::str::FromStr>(self) -> Option<N> {
        self.text.then(|| self.value?.as_str()?.parse().ok()).flatten()
    }
}

macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> { self.scalar(visitor) })*
    };
}

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
            match self.number() {
                Some(number) => visitor.$visit(number),
                None => self.scalar(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Halt;

    scalars! {
        deserialize_any deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any
        deserialize_map
    }

    numbers! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        match self.value {
            // How a `Named` field learns that it is not named.
            None => visitor.visit_none(),
            Some(_) => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Halt> {
        self.scalar(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let value = self.value.unwrap_or(&Value::Null).clone();
        let enumerated = value.deserialize_enum(name, variants, visitor);
        enumerated.map_err(|error| serde::de::Error::custom(error.to_string()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let object = match self.value {
            Some(Value::Object(object)) => object,
            Some(Value::Array(_)) => return Err(Halt::Bad(Invalid::new(INVALID, "must be an object"))),
            _ => return self.scalar(visitor),
        };
        match self.aim {
            None => {
                let entries = object.iter().map(|(name, value)| (name.as_str(), Some(value))).collect();
                visitor.visit_map(Entries { node: self, entries })
            }
            Some([Step::Field(field), ..]) => {
                visitor.visit_map(Entries { node: self, entries: vec![(field, object.get(field))] })
            }
            Some(_) => {
                let mut found = self.found.borrow_mut();
                found.fields = fields.iter().map(|field| Step::Field((*field).to_owned())).collect();
                found.unknown =
                    object.keys().filter(|key| !fields.contains(&key.as_str())).cloned().collect();
                Err(Halt::Seen)
            }
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        let Some(Value::Array(array)) = self.value else { return self.scalar(visitor) };
        match self.aim {
            None => visitor.visit_seq(Entries {
                node: self,
                entries: array.iter().map(|value| ("", Some(value))).collect(),
            }),
            Some([Step::Entry(index), ..]) => {
                visitor.visit_seq(Entries { node: self, entries: vec![("", array.get(*index))] })
            }
            Some(_) => {
                self.found.borrow_mut().fields = (0..array.len().min(MOST_PROBES)).map(Step::Entry).collect();
                Err(Halt::Seen)
            }
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Halt> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.deserialize_seq(visitor)
    }
}

/// The entries that a container shows: all of them, or the one that the probe goes through.
struct Entries<'a> {
    node: Node<'a>,
    entries: Vec<(&'a str, Option<&'a Value>)>,
}

impl<'a> Entries<'a> {
    /// A probe ends at its aim, whatever the verdict.
    fn verdict<'de, S: DeserializeSeed<'de>>(
        &self,
        seed: S,
        value: Option<&'a Value>,
    ) -> Result<S::Value, Halt> {
        let verdict = seed.deserialize(self.node.child(value));
        match (self.node.aim, verdict) {
            (Some([_]), Err(Halt::Bad(_))) if value.is_none() => {
                Err(Halt::Bad(Invalid::new(REQUIRED, "this field is required")))
            }
            (Some(_), Ok(_)) => Err(Halt::Seen),
            (_, verdict) => verdict,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Halt;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Halt> {
        let Some((name, _)) = self.entries.first() else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Halt> {
        let (_, value) = self.entries.remove(0);
        self.verdict(seed, value)
    }
}

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = Halt;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Halt> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        let (_, value) = self.entries.remove(0);
        self.verdict(seed, value).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Named;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are looked at")]
    struct Order {
        note: Option<String>,
        number: u8,
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are looked at")]
    struct Line {
        sku: String,
        quantity: u8,
    }

    fn check(refused: Problem, expected: &[(&str, &str)]) {
        let faults: Vec<_> =
            refused.errors.iter().map(|fault| (fault.code, fault.field.as_deref().unwrap_or(""))).collect();
        assert_eq!(faults, expected);
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let body = r#"{ "lines": [{ "sku": 5, "quantity": 300 }, { "sku": "a", "quantity": 1, "gift": true }], "note": 1, "x": 0 }"#;
        check(
            json::<Order>(body.as_bytes()).unwrap_err(),
            &[
                ("UNKNOWN_FIELD", "x"),
                ("INVALID", "note"),
                ("REQUIRED", "number"),
                ("INVALID", "lines[0].sku"),
                ("INVALID", "lines[0].quantity"),
                ("UNKNOWN_FIELD", "lines[1].gift"),
            ],
        );
    }

    #[test]
    fn a_body_that_is_not_json_is_malformed() {
        assert_eq!(json::<Order>(b"{").unwrap_err().code, code::MALFORMED);
        check(json::<Order>(b"[]").unwrap_err(), &[("INVALID", "")]);
        check(json::<Order>(br#"{"number":1,"number":1,"lines":[]}"#).unwrap_err(), &[("INVALID", "")]);
    }

    #[test]
    fn an_array_is_no_object() {
        let line = r#"{ "sku": "a", "quantity": 1 }"#;
        json::<Order>(format!(r#"{{ "number": 1, "note": "[]", "lines": [{line}, {line}] }}"#).as_bytes())
            .unwrap();
        check(json::<Order>(b"[null, 1, []]").unwrap_err(), &[("INVALID", "")]);
        check(
            json::<Order>(format!(r#"{{ "number": 1, "lines": [{line}, ["a", 1]] }}"#).as_bytes())
                .unwrap_err(),
            &[("INVALID", "lines[1]")],
        );
    }

    #[test]
    fn what_a_patch_does_not_name_stays_and_null_clears_only_what_may_be_missing() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Patch {
            sku: Named<String>,
            note: Named<Option<String>>,
            line: Named<Line>,
        }
        let patch = |body: &str| json::<Patch>(body.as_bytes());
        let named = patch(r#"{ "note": null }"#).unwrap();
        assert_eq!((named.sku.get(), named.note.get()), (None, Some(&None)));
        // The brackets have it read by the other reader.
        let named = patch(r#"{ "sku": "[]", "note": "b" }"#).unwrap();
        assert_eq!(named.note.or(None).as_deref(), Some("b"));
        assert_eq!(patch("{}").unwrap().sku.or("a".to_owned()), "a");
        check(
            patch(r#"{ "sku": null, "line": { "quantity": -1 }, "x": null }"#).unwrap_err(),
            &[
                ("UNKNOWN_FIELD", "x"),
                ("INVALID", "sku"),
                ("REQUIRED", "line.sku"),
                ("INVALID", "line.quantity"),
            ],
        );
        check(patch(r#"{ "line": null }"#).unwrap_err(), &[("INVALID", "line")]);
    }

    #[test]
    fn numbers_in_a_query_string_are_read_from_text() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct List {
            limit: Option<u8>,
            q: Option<String>,
        }
        let list: List = query("limit=20&q=007").unwrap();
        assert_eq!((list.limit, list.q.as_deref()), (Some(20), Some("007")));
        let refused = query::<List>("limit=many&q=1&page=2").unwrap_err();
        check(refused, &[("UNKNOWN_FIELD", "page"), ("INVALID", "limit")]);
        let refused = query::<List>("limit=1&q=a&page=1&limit=1&page=2&q=b&q=a").unwrap_err();
        check(refused, &[("UNKNOWN_FIELD", "page"), ("INVALID", "limit"), ("INVALID", "q")]);
    }
}
