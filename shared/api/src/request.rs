//! Requests, as an endpoint sees them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use domain::text::IdempotencyKey;
use http::{HeaderMap, HeaderValue, header};
use serde::de::DeserializeOwned;

use crate::limit::Standing;
use crate::{Problem, Result, SharedSite, body, code, reply};

/// The most bytes that a request body may have.
pub const MAX_BODY: usize = 64 * 1024;

/// One HTTP request.
pub struct Request {
    /// Names this request in every log line and answer.
    pub id: RequestId,
    /// The method.
    pub method: String,
    /// The path as it came.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The raw query string.
    pub query: String,
    /// The path's parameters by name.
    pub params: HashMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// The address that it came from, as the gateway saw it; nothing that a caller writes.
    pub source: String,
    /// As what it is counted.
    pub standing: Standing,
    /// What every endpoint of the deployment shares.
    pub site: SharedSite,
}

/// Names a request: the caller's own `x-request-id` when that is sane, else one made by the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes the first sane candidate: 1 to 64 letters, digits, `-`, `_`, `.`, `=`.
    pub fn first_sane<'a>(candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let sane = |id: &&str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
        };
        Self(candidates.into_iter().find(sane).unwrap_or("unknown").to_owned())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Request {
    /// The body byte for byte, as whoever has signed it wrote it. Refuses 413, and 415 when it is compressed.
    pub fn raw_body(&self) -> Result<&[u8]> {
        if self.body.len() > MAX_BODY {
            return Err(Problem::new(code::TOO_LARGE, "A request body may have 64 KiB."));
        }
        let encodings = self.headers.get_all(header::CONTENT_ENCODING).iter();
        let plain = |encodings: &HeaderValue| {
            encodings.to_str().is_ok_and(|encodings| {
                encodings
                    .split(',')
                    .map(str::trim)
                    .all(|one| one.is_empty() || one.eq_ignore_ascii_case("identity"))
            })
        };
        match encodings.into_iter().all(plain) {
            true => Ok(&self.body),
            // RFC 9110, section 12.5.3: in an answer 415 the header says which encodings a request may have.
            false => {
                Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "Send the body without a Content-Encoding.")
                    .header(header::ACCEPT_ENCODING, "identity"))
            }
        }
    }

    /// Reads the JSON body. Refuses 413, 415, 400, or 422 with every bad field.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let body = self.raw_body()?;
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json."));
        }
        if !parameters.split(';').all(is_utf8) {
            return Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "Send the body with charset=utf-8."));
        }
        body::json(body)
    }

    /// Reads the JSON body if there is one.
    pub fn json_if_any<T: DeserializeOwned + Default>(&self) -> Result<T> {
        if self.body.trim_ascii().is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// Reads the query string. Refuses 422 with every bad field.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T> {
        body::query(&self.query)
    }

    /// Reads a path parameter. What is no id cannot be found: 404.
    pub fn param<T: FromStr>(&self, name: &str, what: &str) -> Result<T> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or_else(|| Problem::missing(what))
    }

    /// The caller's name for this attempt, if they give it one; 400 when it is none.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>> {
        let Some(key) = self.headers.get("idempotency-key") else { return Ok(None) };
        let visible = key.to_str().ok().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
        visible.and_then(|key| key.parse().ok()).map(Some).ok_or_else(|| {
            Problem::new(code::MALFORMED, "The Idempotency-Key must be 1 to 255 visible ASCII characters.")
        })
    }

    /// Refuses to change another state of a resource than the one that the caller has seen: 412 when `If-Match` names
    /// neither this `version`, as [`Reply::etag`](crate::Reply::etag) or [`Reply::etag_with_data`](crate::Reply::etag_with_data)
    /// says it, nor `*` (RFC 9110, section 13.1.1).
    pub fn if_match(&self, version: u64) -> Result<()> {
        match matches(&self.headers, version) {
            true => Ok(()),
            false => Err(Problem::new(code::VERSION_MISMATCH, "This has changed since you looked at it.")),
        }
    }

    /// A header's value, if it is UTF-8. The gateway hands headers over as text, so all of its are.
    pub fn header(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }
}

/// Whether a parameter of a content type says nothing but that the text is in UTF-8, or is about something else.
fn is_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset")
        || ["utf-8", "utf8"].iter().any(|utf8| value.eq_ignore_ascii_case(utf8))
}

/// Whether `If-Match` allows this version; without the header every one is fine.
fn matches(headers: &HeaderMap, version: u64) -> bool {
    let lines = headers.get_all(header::IF_MATCH);
    !headers.contains_key(header::IF_MATCH)
        || members(lines).any(|named| named == "*" || reply::names(named, version))
}

/// The members of a header that is a list, such as `If-None-Match`. A member that is not UTF-8 is skipped and hides no
/// other: the entity tags of others may have such bytes (RFC 9110, section 8.8.3).
pub(crate) fn members<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> impl Iterator<Item = &'a str> {
    let members = lines.into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    members.filter_map(|member| str::from_utf8(member).ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: bool) {
        let lines = lines.iter().map(|line| (header::IF_MATCH, HeaderValue::from_str(line).unwrap()));
        assert_eq!(matches(&lines.collect(), 3), expected);
    }

    #[test]
    fn if_match_names_the_version_that_may_be_changed() {
        check(&[], true);
        check(&["\"3\""], true);
        check(&["*"], true);
        check(&["\"1\", \"3\""], true);
        check(&["\"1\"", "\"3\""], true);
        check(&["\"ü\", \"3\""], true);
        check(&["\"ü\""], false);
        // What else was shown with that version does not matter.
        check(&["\"3-AAAA\""], true);
        check(&["\"2\""], false);
        check(&["\"2-3\""], false);
        check(&["\"31-AAAA\""], false);
        check(&[""], false);
        check(&["3"], false);
        // A weak tag is never strong enough to change something by.
        check(&["W/\"3\""], false);
    }
}
