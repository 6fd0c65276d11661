//! A deserializer over a value of a request. It checks the kind of each value itself, so that every refusal
//! is in our words.

use std::cell::RefCell;

use domain::invalid::{INVALID, Invalid, OUT_OF_RANGE, REQUIRED};
use domain::text::is_blank;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::number::number;
use super::path::{MOST_PROBES, Step};

/// What a probe has found at its aim.
#[derive(Default)]
pub(super) struct Found {
    /// The fields or entries below it.
    pub(super) fields: Vec<Step>,
    /// The fields that the type does not have.
    pub(super) unknown: Vec<String>,
    /// The fields that the type has, as a text for people.
    pub(super) known: String,
    /// Without an aim: the path to the first bad value, innermost step first.
    pub(super) trail: Vec<Step>,
}

/// Why a probe ended: it has reached its aim, or the value is bad.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    #[error("seen")]
    Seen,
    #[error("{0}")]
    Bad(Invalid),
}

impl serde::de::Error for Halt {
    /// Keeps the messages of the domain's types. Replaces serde's own messages, which are not written for
    /// clients.
    fn custom<T: std::fmt::Display>(text: T) -> Self {
        let own = Invalid::read(&text.to_string());
        Self::Bad(own.unwrap_or_else(|| Invalid::new(INVALID, "is not valid")))
    }
}

/// A value of the input. With an aim, a probe reads only the path to it; without one, everything is read.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    /// `None` when a probe tries an absent field.
    pub(super) value: Option<&'a Value>,
    /// As in a query string: all values are strings, and numbers are read from them.
    pub(super) text: bool,
    pub(super) aim: Option<&'a [Step]>,
    pub(super) found: &'a RefCell<Found>,
}

impl<'a> Node<'a> {
    fn child(self, value: Option<&'a Value>) -> Self {
        Self { value, aim: self.aim.map(|aim| aim.get(1..).unwrap_or_default()), ..self }
    }

    /// The refusal of a value of the wrong kind.
    fn wrong(self, right: &str) -> Halt {
        if self.is_repeated() {
            return Halt::Bad(Invalid::new(INVALID, "is given more than once"));
        }
        let found = match self.value {
            _ if self.text => None,
            None => None,
            Some(Value::Null) => Some("null"),
            Some(Value::Bool(_)) => Some("a boolean"),
            Some(Value::Number(_)) => Some("a number"),
            Some(Value::String(_)) => Some("a string"),
            Some(Value::Array(_)) => Some("an array"),
            Some(Value::Object(_)) => Some("an object"),
        };
        let found = found.map(|found| format!(", not {found}")).unwrap_or_default();
        Halt::Bad(Invalid::new(INVALID, format!("must be {right}{found}")))
    }

    /// Whether it is a parameter of a query string that is given several times.
    fn is_repeated(self) -> bool {
        self.text && matches!(self.value, Some(Value::Array(_)))
    }

    /// A string. Gateways replace bytes that are not UTF-8 by U+FFFD, so a text with this character is
    /// refused: part of the caller's text is lost.
    fn string(self) -> Result<&'a str, Halt> {
        match self.value {
            Some(Value::String(text)) if text.contains('\u{fffd}') => {
                let lost = "has bytes that are not UTF-8, or the replacement character U+FFFD";
                Err(Halt::Bad(Invalid::new(INVALID, lost)))
            }
            Some(Value::String(text)) => Ok(text),
            _ => Err(self.wrong("a string")),
        }
    }

    /// A whole number; `28.0` is one, as in JSON Schema. Numbers beyond `i64` are clamped, so that the
    /// domain's type refuses them and its message states the limits.
    fn whole(self) -> Result<i64, Halt> {
        const RIGHT: &str = "a whole number such as 28";
        let read = match self.value {
            Some(Value::Number(read)) => read.clone(),
            Some(Value::String(text)) if self.text => match text.trim().parse::<i64>() {
                Ok(number) => return Ok(number),
                Err(_) => number(text.trim()).ok_or_else(|| self.wrong(RIGHT))?,
            },
            _ => return Err(self.wrong(RIGHT)),
        };
        let exact = read.as_i64().or_else(|| read.as_u64().map(|_| i64::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it has no fraction, and the cast stops at the ends"
        )]
        let whole = || read.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64);
        let fraction = || Halt::Bad(Invalid::new(INVALID, format!("must be {RIGHT}, not {read}")));
        exact.or_else(whole).ok_or_else(fraction)
    }

    fn truth(self) -> Result<bool, Halt> {
        match self.value {
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(Value::String(text)) if self.text => {
                text.trim().parse().map_err(|_| self.wrong("true or false"))
            }
            _ => Err(self.wrong("true or false")),
        }
    }

    /// Types of requests never ask for these.
    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        let value = self.value.unwrap_or(&Value::Null).clone();
        value.deserialize_any(visitor).map_err(|error| serde::de::Error::custom(error.to_string()))
    }

    /// An object with these fields or, without `fields`, with any names.
    fn object<'de, V: Visitor<'de>>(
        self,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        let Some(Value::Object(object)) = self.value else {
            // Serde's message names the Rust type, unless the type has `#[serde(expecting = "…")]`.
            let told = (&visitor as &dyn Expected).to_string();
            return Err(self.wrong(&match fields {
                _ if told.starts_with("an object") => told,
                Some(fields) => format!("an object with the fields {}", fields.join(", ")),
                None => "an object".to_owned(),
            }));
        };
        match self.aim {
            None => visitor.visit_map(Entries::of(
                self,
                object.iter().map(|(name, value)| (name.as_str(), Some(value))).collect(),
            )),
            Some([Step::Field(field), ..]) => {
                visitor.visit_map(Entries::of(self, vec![(field, object.get(field))]))
            }
            Some(_) => {
                let mut found = self.found.borrow_mut();
                if let Some(fields) = fields {
                    let unknown = object.keys().filter(|key| !fields.contains(&key.as_str()));
                    found.unknown = unknown.cloned().collect();
                    found.fields = fields.iter().map(|field| Step::Field((*field).to_owned())).collect();
                    found.known = fields.join(", ");
                } else {
                    let names = object.keys().take(MOST_PROBES);
                    found.fields = names.map(|name| Step::Field(name.clone())).collect();
                }
                Err(Halt::Seen)
            }
        }
    }
}

macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> { self.scalar(visitor) })*
    };
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
            let (least, most) = (<$type>::MIN, <$type>::MAX);
            let range = |_| Halt::Bad(Invalid::new(OUT_OF_RANGE, format!("must be from {least} to {most}")));
            visitor.$visit(<$type>::try_from(self.whole()?).map_err(range)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Halt;

    scalars! {
        deserialize_any deserialize_f32 deserialize_f64 deserialize_char
        deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    numbers! {
        deserialize_i8 visit_i8 i8 deserialize_i16 visit_i16 i16 deserialize_i32 visit_i32 i32
        deserialize_u8 visit_u8 u8 deserialize_u16 visit_u16 u16 deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        visitor.visit_i64(self.whole()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        visitor.visit_bool(self.truth()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        visitor.visit_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        visitor.visit_str(self.string()?)
    }

    /// A blank optional field counts as left out, because forms send an empty string for a field that nobody
    /// filled in.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(Value::String(text)) if is_blank(text) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Halt> {
        match self.value {
            // This tells a `Named` field that it is absent.
            None => visitor.visit_none(),
            Some(_) => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Halt> {
        self.scalar(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        if self.is_repeated() {
            return Err(self.wrong(""));
        }
        let named = self.value.and_then(Value::as_str).map(str::trim);
        let right = || Invalid::new(INVALID, format!("must be one of {}", variants.join(", ")));
        let known = named.filter(|named| variants.contains(named)).ok_or_else(|| Halt::Bad(right()))?;
        visitor.visit_enum(known.into_deserializer())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Halt> {
        self.object(Some(fields), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        self.object(None, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Halt> {
        let array = match self.value {
            Some(Value::Array(array)) => array.as_slice(),
            Some(one @ Value::String(_)) if self.text => std::slice::from_ref(one),
            _ => return Err(self.wrong("an array")),
        };
        match self.aim {
            None => {
                visitor.visit_seq(Entries::of(self, array.iter().map(|value| ("", Some(value))).collect()))
            }
            Some([Step::Entry(index), ..]) => {
                visitor.visit_seq(Entries::of(self, vec![("", array.get(*index))]))
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

/// The entries of a container: all of them, or only the one on the probe's path.
struct Entries<'a> {
    node: Node<'a>,
    rest: std::vec::IntoIter<(&'a str, Option<&'a Value>)>,
    /// The key that was read last, with its value.
    last: (&'a str, Option<&'a Value>),
    /// The number of array entries that were read.
    read: usize,
}

impl<'a> Entries<'a> {
    fn of(node: Node<'a>, entries: Vec<(&'a str, Option<&'a Value>)>) -> Self {
        Self { node, rest: entries.into_iter(), last: ("", None), read: 0 }
    }

    /// Ends a probe at its aim, whether the value is good or bad.
    fn verdict<'de, S: DeserializeSeed<'de>>(
        &self,
        seed: S,
        value: Option<&'a Value>,
        step: impl Fn() -> Step,
    ) -> Result<S::Value, Halt> {
        let verdict = seed.deserialize(self.node.child(value)).map_err(|halt| match (halt, value) {
            // Whatever a field holds, an empty text means that it was not filled in.
            (Halt::Bad(_), Some(Value::String(text))) if is_blank(text) => {
                Halt::Bad(Invalid::new(REQUIRED, "must not be empty"))
            }
            (halt, _) => halt,
        });
        match (self.node.aim, verdict) {
            (None, Err(halt)) => {
                self.node.found.borrow_mut().trail.push(step());
                Err(halt)
            }
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
        let Some(next) = self.rest.next() else { return Ok(None) };
        self.last = next;
        seed.deserialize(StrDeserializer::new(next.0)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Halt> {
        let (name, value) = self.last;
        self.verdict(seed, value, || Step::Field(name.to_owned()))
    }
}

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = Halt;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Halt> {
        let Some((_, value)) = self.rest.next() else { return Ok(None) };
        let index = self.read;
        self.read += 1;
        self.verdict(seed, value, || Step::Entry(index)).map(Some)
    }
}
