//! Cursors: opaque positions in a list, with a checksum that binds them to the list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Schema;
use domain::quantity::Limit;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::reply::{Page, Reply, Result};

/// The `next_cursor` of the previous page.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Cursor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cursor".into()
    }

    /// The base64url of a checksum and a position.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let length = |bytes: usize| (bytes * 4).div_ceil(3);
        let (least, most) = (length(CHECK + 1), length(CHECK + MOST_POSITION));
        schemars::json_schema!({
            "type": "string", "minLength": least, "maxLength": most, "pattern": "^[A-Za-z0-9_-]+$",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The page of a list: the query string of a list without filters.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

impl Paging {
    /// The requested page of the list of this name; see [`ListPage::of`].
    pub fn of(self, list: impl Into<String>) -> Result<ListPage> {
        ListPage::of(list, self.limit, self.cursor)
    }
}

/// The requested page of a list.
pub struct ListPage {
    list: String,
    /// The most entries; 20 if the request does not say.
    pub limit: u32,
    position: Option<String>,
}

impl ListPage {
    /// A page of a list. `list` names it by route, filters and caller. 400 for the cursor of another list.
    pub fn of(list: impl Into<String>, limit: Option<Limit>, cursor: Option<Cursor>) -> Result<Self> {
        let list = list.into();
        let position = cursor.map(|Cursor(text)| read(&list, &text)).transpose()?;
        Ok(Self { list, limit: limit.unwrap_or_default().get(), position })
    }

    /// The position after which the page begins; `None` for the first page.
    pub fn after(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// 200 with the page's entries. `next` becomes the cursor of the next page, if there is one.
    pub fn reply(&self, entries: &impl Serialize, next: Option<String>) -> crate::Result {
        Reply::page(entries, self.shown(next, None))
    }

    /// The page as an answer describes it. `next` becomes the cursor of the next page, if there is one.
    pub fn shown(&self, next: Option<String>, total: Option<u64>) -> Page {
        let next_cursor = next.map(|position| write(&self.list, &position));
        Page { limit: self.limit, next_cursor, total }
    }

    /// 400 for a cursor with a position that is not one of this list.
    pub fn foreign(&self) -> Problem {
        Problem::foreign_cursor()
    }
}

/// The checksum's length in bytes.
const CHECK: usize = 6;
/// Positions have 1 to this many bytes. The checksum is not a secret, so anybody can write a cursor with a
/// longer one.
const MOST_POSITION: usize = 100;

/// Writes a cursor for a position in `list`. It needs no secret, because the request always names the
/// partition that is read.
pub fn write(list: &str, position: &str) -> String {
    let mut bytes = checksum(list, position);
    bytes.extend(position.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of the same list; 400 for any other.
fn read(list: &str, cursor: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Problem::foreign_cursor())?;
    let (check, position) = bytes.split_at_checked(CHECK).ok_or_else(Problem::foreign_cursor)?;
    let position = std::str::from_utf8(position).map_err(|_| Problem::foreign_cursor())?;
    let fits = (1..=MOST_POSITION).contains(&position.len());
    let is_ours = fits && check == checksum(list, position);
    is_ours.then(|| position.to_owned()).ok_or_else(Problem::foreign_cursor)
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
    use crate::contract::code;

    #[test]
    fn a_cursor_is_valid_in_its_own_list_only() {
        let cursor = write("GET /products", "2026#prd_1");
        assert_eq!(read("GET /products", &cursor).unwrap(), "2026#prd_1");
        for (list, cursor) in [
            ("GET /orders", cursor.as_str()),
            ("GET /products", "!"),
            ("GET /products", ""),
            ("GET /products", "AAAAAAAAAAAA"),
            ("GET /products", &write("GET /products", "")),
            ("GET /products", &write("GET /products", &"x".repeat(2000))),
        ] {
            assert_eq!(read(list, cursor).unwrap_err().code, code::MALFORMED);
        }
    }
}
