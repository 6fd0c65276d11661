//! Requests, as an endpoint sees them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::limit::Standing;
use crate::{Problem, Result, SharedSite, body, code};

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
    /// Reads the JSON body. Refuses 413, 415, 400, or 422 with every bad field.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.body.len() > MAX_BODY {
            return Err(Problem::new(code::TOO_LARGE, "A request body may have 64 KiB."));
        }
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json."));
        }
        body::json(&self.body)
    }

    /// Reads the query string. Refuses 422 with every bad field.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T> {
        body::query(&self.query)
    }

    /// Reads a path parameter. What is no id cannot be found: 404.
    pub fn param<T: FromStr>(&self, name: &str, what: &str) -> Result<T> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or_else(|| Problem::missing(what))
    }

    /// A header's value, when it is there once and visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
