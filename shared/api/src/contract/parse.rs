//! Reads request bodies and query strings into typed values, and names every bad field at once.
//!
//! There are two steps: the text becomes a tree ([`text`]), and the tree becomes the type ([`Node`]).
//! Messages to clients are written in these files and in the domain's types; serde's own messages do not
//! reach clients.
//!
//! A derived `Deserialize` stops at the first error, which is enough for valid requests. Only if it fails,
//! the input is probed: each field is read *alone*, so that one bad field does not hide another. A probe
//! costs the depth of its field, not the size of the request, and at most [`MOST_PROBES`] are made.

mod node;
mod number;
mod path;
mod text;

use std::cell::RefCell;

use domain::invalid::{INVALID, Invalid, UNKNOWN_FIELD};
use domain::text::is_blank;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::{Fault, Problem};
use node::{Found, Halt, Node};
use path::{MOST_FAULTS, MOST_PROBES, Step, Tree, fault};

/// Reads a JSON body: 400 when it is not JSON, 422 with every bad field when it is not a `T`.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    typed(&text::tree(body)?, false)
}

/// Reads a query string: 422 with every bad field when it is not a `T`. Empty parameters are ignored. A
/// parameter that is given several times is an array, which only a list accepts.
pub(crate) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut fields = serde_json::Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let value = Value::from(text.into_owned());
        match fields.get_mut(&*name) {
            Some(earlier) if !is_empty(earlier) => {
                if let Value::Array(all) = earlier {
                    all.extend(Some(value).filter(|value| !is_empty(value)));
                } else if !is_empty(&value) {
                    *earlier = Value::Array(vec![earlier.take(), value]);
                }
            }
            _ => {
                fields.insert(name.into_owned(), value);
            }
        }
    }
    typed(&Tree { value: Value::Object(fields), repeated: Vec::new() }, true)
}

fn is_empty(value: &Value) -> bool {
    value.as_str().is_some_and(is_blank)
}

/// Reads a `T` from a tree. With `text`, as in a query string, every value is a string and numbers are read
/// from it.
fn typed<T: DeserializeOwned>(tree: &Tree, text: bool) -> Result<T, Problem> {
    let found = RefCell::new(Found::default());
    let node = Node { value: Some(&tree.value), text, aim: None, found: &found };
    let first = match T::deserialize(node) {
        Ok(read) if tree.repeated.is_empty() => return Ok(read),
        Ok(_) | Err(Halt::Seen) => None,
        Err(Halt::Bad(invalid)) => Some(invalid),
    };
    let mut faults = faults::<T>(tree, text);
    if faults.is_empty() {
        // The fault lies behind more fields than are probed.
        let path: Vec<_> = found.into_inner().trail.into_iter().rev().collect();
        faults.extend(first.map(|invalid| fault(&path, &invalid)));
    }
    Err(Problem::validation(faults))
}

/// The faults of a tree that is not a `T`: the first [`MOST_FAULTS`] faults of the first [`MOST_PROBES`]
/// fields.
fn faults<T: DeserializeOwned>(tree: &Tree, text: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut ahead = vec![Vec::new()];
    let mut probes = 0;
    while let Some(path) = ahead.pop() {
        probes += 1;
        if probes > MOST_PROBES {
            break;
        }
        let found = RefCell::new(Found::default());
        let verdict =
            T::deserialize(Node { value: Some(&tree.value), text, aim: Some(&path), found: &found });
        let Found { fields, unknown, known, .. } = found.into_inner();
        if let Err(Halt::Bad(invalid)) = verdict {
            faults.push(fault(&path, &invalid));
        }
        let below = |step: Step| path.iter().cloned().chain([step]).collect::<Vec<_>>();
        let what = if text { "parameter" } else { "field" };
        for field in unknown {
            let message = format!("there is no such {what}; the {what}s are {known}");
            faults.push(fault(&below(Step::Field(field)), &Invalid::new(UNKNOWN_FIELD, message)));
        }
        ahead.extend(fields.into_iter().rev().map(below));
    }
    for path in &tree.repeated {
        let repeated = fault(path, &Invalid::new(INVALID, "is given more than once"));
        if faults.iter().all(|fault| fault.field != repeated.field) {
            faults.push(repeated);
        }
    }
    faults.truncate(MOST_FAULTS);
    faults
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::contract::{Named, code};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are checked")]
    struct Order {
        note: Option<String>,
        number: u8,
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals are checked")]
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
        let body = r#"{ "lines": [{ "sku": 5, "quantity": 300 }, { "sku": "a", "quantity": 1, "gift": true }],
            "note": 1, "x": 0 }"#;
        check(
            json::<Order>(body.as_bytes()).unwrap_err(),
            &[
                ("UNKNOWN_FIELD", "x"),
                ("INVALID", "note"),
                ("REQUIRED", "number"),
                ("INVALID", "lines[0].sku"),
                ("OUT_OF_RANGE", "lines[0].quantity"),
                ("UNKNOWN_FIELD", "lines[1].gift"),
            ],
        );
    }

    #[test]
    fn a_body_that_is_not_json_is_malformed() {
        assert_eq!(json::<Order>(b"{").unwrap_err().code, code::MALFORMED);
        check(json::<Order>(b"[]").unwrap_err(), &[("INVALID", "")]);
    }

    #[test]
    fn a_field_that_is_given_twice_is_named() {
        let twice = json::<Order>(br#"{"number":1,"lines":[],"number":1}"#).unwrap_err();
        check(twice, &[("INVALID", "number")]);
        let twice =
            json::<Order>(br#"{"number":1,"lines":[{"sku":"a","quantity":1,"sku":"a"}],"x":1,"x":2}"#);
        check(twice.unwrap_err(), &[("UNKNOWN_FIELD", "x"), ("INVALID", "lines[0].sku")]);
    }

    #[test]
    fn a_bad_field_behind_many_good_ones_is_named() {
        let line = r#"{ "sku": "a", "quantity": 1 },"#.repeat(900);
        let order = |last: &str| format!(r#"{{ "number": 1, "lines": [{line} {last}] }}"#);
        let refused = json::<Order>(order(r#"{ "sku": "a", "quantity": "1" }"#).as_bytes()).unwrap_err();
        check(refused, &[("INVALID", "lines[900].quantity")]);
        let refused = json::<Order>(order("7").as_bytes()).unwrap_err();
        check(refused, &[("INVALID", "lines[900]")]);
    }

    #[test]
    fn the_entries_of_a_map_are_named() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only the refusals are checked")]
        struct Prices {
            by_name: std::collections::BTreeMap<String, Line>,
        }
        let refused = json::<Prices>(br#"{"by_name":{"a":{"sku":"a","quantity":1},"b":{"sku":1},"c":1}}"#);
        let expected =
            [("INVALID", "by_name.b.sku"), ("REQUIRED", "by_name.b.quantity"), ("INVALID", "by_name.c")];
        check(refused.unwrap_err(), &expected);
        check(json::<Prices>(br#"{"by_name":[]}"#).unwrap_err(), &[("INVALID", "by_name")]);
    }

    #[test]
    fn an_array_is_not_read_as_an_object() {
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
    fn a_patch_keeps_unnamed_fields_and_null_clears_only_optional_ones() {
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
        // The brackets make `Named` read by the probing reader.
        let named = patch(r#"{ "sku": "[]", "note": "b" }"#).unwrap();
        assert_eq!(named.note.or(None).as_deref(), Some("b"));
        assert_eq!(patch("{}").unwrap().sku.or("a".to_owned()), "a");
        check(
            patch(r#"{ "sku": null, "line": { "quantity": -1 }, "x": null }"#).unwrap_err(),
            &[
                ("UNKNOWN_FIELD", "x"),
                ("INVALID", "sku"),
                ("REQUIRED", "line.sku"),
                ("OUT_OF_RANGE", "line.quantity"),
            ],
        );
        check(patch(r#"{ "line": null }"#).unwrap_err(), &[("INVALID", "line")]);
    }

    #[test]
    fn a_list_in_a_query_string_is_a_parameter_that_is_repeated() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Numbers {
            number: Option<Vec<u8>>,
        }
        for (text, numbers) in [
            ("", None),
            ("number=&number=", None),
            ("number=1", Some(vec![1])),
            ("number=&number=1&number=%20&number=2&number=2", Some(vec![1, 2, 2])),
        ] {
            assert_eq!(query::<Numbers>(text).unwrap().number, numbers, "{text}");
        }
        check(query::<Numbers>("number=1&number=a").unwrap_err(), &[("INVALID", "number[1]")]);
        check(query::<Numbers>("number=a").unwrap_err(), &[("INVALID", "number[0]")]);
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
        let list: List = query("limit=&q=&limit=20&q=%20").unwrap();
        assert_eq!((list.limit, list.q), (Some(20), None));
        let refused = query::<List>("limit=many&q=1&page=2").unwrap_err();
        check(refused, &[("UNKNOWN_FIELD", "page"), ("INVALID", "limit")]);
        let twice = query::<List>("limit=1&limit=2").unwrap_err();
        assert_eq!(twice.errors[0].message, "is given more than once");
        let refused = query::<List>("limit=1&q=a&page=1&limit=1&page=2&q=b&q=a").unwrap_err();
        check(refused, &[("UNKNOWN_FIELD", "page"), ("INVALID", "limit"), ("INVALID", "q")]);
    }
}
