//! Reads the bytes of a body into a tree of JSON.

use std::cell::{Cell, RefCell};
use std::fmt;

use domain::invalid::{INVALID, Invalid};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::number::{as_written, numbers};
use super::path::{MOST_FAULTS, Step, Tree, fault, name};
use crate::contract::problem::Problem;

/// Some programs write this before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a body, with or without a byte order mark. 400 when it is not JSON; 422 when a string in it is not
/// Unicode.
pub(super) fn tree(body: &[u8]) -> Result<Tree, Problem> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let (path, repeated, read) = Default::default();
    let (within, numbers) = numbers(body);
    let mut reader = serde_json::Deserializer::from_slice(&within);
    let read =
        Reader { path: &path, repeated: &repeated, numbers: &numbers, read: &read }.deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(Tree { value, repeated: repeated.into_inner() }),
        Err(error) => Err(refusal(body, &path.into_inner(), &error)),
    }
}

/// Says what is wrong with a body, and in which field.
fn refusal(body: &[u8], path: &[Step], error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    let unicode = ["lone leading surrogate", "unexpected end of hex escape", "invalid unicode"];
    if begins(&unicode) || std::str::from_utf8(body).map_or(true, |body| body.contains('\u{fffd}')) {
        return Problem::validation(vec![fault(
            path,
            &Invalid::new(INVALID, "must be Unicode text in UTF-8"),
        )]);
    }
    let why = match () {
        () if body.trim_ascii().is_empty() => "it is empty",
        () if error.is_eof() => "it ends too early",
        () if begins(&["recursion limit"]) => "it is nested more than 127 levels deep",
        () if begins(&["trailing characters"]) => "something follows after its end",
        () if begins(&["trailing comma"]) => "nothing follows a comma",
        () if begins(&["control character"]) => {
            "a string has a line break or another control character; write \\n"
        }
        () if begins(&["invalid escape"]) => "a string has a backslash that is no escape; write \\\\",
        () if begins(&["key must be"]) => "the name of a field must be in double quotes",
        () if begins(&["invalid number"]) => "a number is not written as in JSON, such as -12.5",
        () if begins(&["expected `,`"]) => "a comma or a closing bracket is missing",
        () if begins(&["expected `:`"]) => "a colon is missing after the name of a field",
        () => "a value is not written as in JSON",
    };
    let detail = format!("The body is not JSON: {why} (line {}, column {}).", error.line(), error.column());
    Problem::malformed(name(path), &detail)
}

/// Reads one value. When that fails, `path` leads to the fault.
#[derive(Clone, Copy)]
struct Reader<'a> {
    path: &'a RefCell<Vec<Step>>,
    repeated: &'a RefCell<Vec<Vec<Step>>>,
    /// The numbers of the body as they are written, and how many of them are read.
    numbers: &'a [&'a str],
    read: &'a Cell<usize>,
}

impl<'a> Reader<'a> {
    fn enter(self, step: Step) -> Self {
        self.path.borrow_mut().push(step);
        self
    }

    fn leave(self) {
        self.path.borrow_mut().pop();
    }

    /// The next number as it is written.
    fn next_number(self) -> &'a str {
        let place = self.read.replace(self.read.get() + 1);
        self.numbers.get(place).copied().unwrap_or_default()
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        self.next_number();
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        self.next_number();
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        let number = as_written(number, self.next_number());
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(value) = entries.next_element_seed(self.enter(Step::Entry(array.len())))? {
            self.leave();
            array.push(value);
        }
        self.leave();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.enter(Step::Field(name.clone())))?;
            if object.insert(name, value).is_some() && self.repeated.borrow().len() < MOST_FAULTS {
                self.repeated.borrow_mut().push(self.path.borrow().clone());
            }
            self.leave();
        }
        Ok(Value::Object(object))
    }
}
