//! Cursors: opaque positions in a list, with a checksum over the list that they belong to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::invalid::{Invalid, OUT_OF_RANGE};
use serde::{Deserialize, Serialize};

use crate::{Problem, code};

/// How many entries of a list to give: 1 to 100, 20 unless said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Limit(u32);

impl Limit {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<i64> for Limit {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        match u32::try_from(number) {
            Ok(number @ 1..=100) => Ok(Self(number)),
            _ => Err(Invalid::new(OUT_OF_RANGE, "must be from 1 to 100")),
        }
    }
}

impl From<Limit> for u32 {
    fn from(limit: Limit) -> Self {
        limit.0
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Limit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The checksum's length in bytes.
const CHECK: usize = 6;

/// Writes a cursor: a position in the list that `list` names by its route, filters and caller. It holds no secret,
/// because the partition that is read always comes from the request.
pub fn write(list: &str, position: &str) -> String {
    let mut bytes = checksum(list, position);
    bytes.extend(position.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of the same list; 400 for any other.
pub fn read(list: &str, cursor: &str) -> Result<String, Problem> {
    let bad = || Problem::new(code::MALFORMED, "This cursor does not belong to this list.");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let (check, position) = bytes.split_at_checked(CHECK).ok_or_else(bad)?;
    let position = std::str::from_utf8(position).map_err(|_| bad())?;
    if check == checksum(list, position) { Ok(position.to_owned()) } else { Err(bad()) }
}

fn checksum(list: &str, position: &str) -> Vec<u8> {
    let whole = format!("{}#{list}#{position}", list.len());
    ring::digest::digest(&ring::digest::SHA256, whole.as_bytes())
        .as_ref()
        .iter()
        .take(CHECK)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_on_in_its_own_list_only() {
        let cursor = write("GET /products", "2026#prd_1");
        assert_eq!(read("GET /products", &cursor).unwrap(), "2026#prd_1");
        for (list, cursor) in [
            ("GET /orders", cursor.as_str()),
            ("GET /products", "!"),
            ("GET /products", ""),
            ("GET /products", "AAAAAAAAAAAA"),
        ] {
            assert_eq!(read(list, cursor).unwrap_err().code, code::MALFORMED);
        }
    }
}
