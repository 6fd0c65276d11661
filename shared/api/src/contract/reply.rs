//! Answers and their envelope.

use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::code::{self, Code};
use super::encoding::{Encoded, Encoding};
use super::endpoint::{ProblemPage, ProblemText};
use super::etag::{holds, tag};
use super::page::page_headers;
use super::problem::{Fault, Problem};
use super::request_id::RequestId;
use crate::token;

/// The result of a handler.
pub type Result<T = Reply, E = Problem> = std::result::Result<T, E>;

/// A success, without its envelope.
#[derive(Clone, Debug)]
pub struct Reply {
    status: StatusCode,
    content: Content,
    page: Option<Page>,
    headers: HeaderMap,
}

/// What an answer carries.
#[derive(Clone, Debug)]
enum Content {
    Nothing,
    /// JSON that gets the envelope.
    Data(Box<RawValue>),
    /// JSON of its own form.
    Document(Box<RawValue>),
    /// A page or a file.
    Bytes(Bytes),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Nothing => &[],
            Self::Data(data) | Self::Document(data) => data.get().as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// The position of a page in its list.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// The requested number of entries.
    pub limit: u32,
    /// The value of `?cursor=` for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
    /// The number of all entries, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty for 204 and 304.
    pub body: Bytes,
}

#[derive(Serialize)]
struct Envelope<'a> {
    data: &'a RawValue,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Meta<'a> {
    request_id: &'a str,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<&'a Page>,
}

#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    errors: Vec<Fault>,
    meta: Meta<'a>,
}

impl Reply {
    fn with(status: StatusCode, data: &impl Serialize) -> Result {
        let data = serde_json::value::to_raw_value(data).map_err(Problem::internal)?;
        Ok(Self { content: Content::Data(data), ..Self::empty(status) })
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, content: Content::Nothing, page: None, headers: HeaderMap::new() }
    }

    /// 200 with `data`.
    pub fn ok(data: &impl Serialize) -> Result {
        Self::with(StatusCode::OK, data)
    }

    /// 200 with one page of a list.
    pub fn page(data: &impl Serialize, page: Page) -> Result {
        Ok(Self { page: Some(page), ..Self::ok(data)? })
    }

    /// 201 with the new resource, and its path in `Location`.
    pub fn created(data: &impl Serialize, location: &str) -> Result {
        Self::with(StatusCode::CREATED, data)?.header(header::LOCATION, location)
    }

    /// A success with `data`.
    pub fn with_status(status: u16, data: &impl Serialize) -> Result {
        Self::with(StatusCode::from_u16(status).map_err(Problem::internal)?, data)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// 202: the work is done later.
    pub fn accepted() -> Self {
        Self::empty(StatusCode::ACCEPTED)
    }

    /// 200 with a document of its own form instead of the envelope. `json` must be JSON.
    pub fn document(json: &str) -> Result {
        let data = RawValue::from_string(json.trim().to_owned()).map_err(Problem::internal)?;
        Ok(Self { content: Content::Document(data), ..Self::empty(StatusCode::OK) })
    }

    /// Replaces what the browser may do on a page (CSP level 3).
    pub fn policy(mut self, policy: &'static str) -> Self {
        self.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        self
    }

    /// 200 with the bytes of a page or a file. Other encodings of it may exist, so caches keep each by its
    /// `Accept-Encoding`.
    pub fn bytes(media_type: &'static str, Encoded { encoding, bytes }: Encoded) -> Result {
        let reply = Self { content: Content::Bytes(bytes), ..Self::empty(StatusCode::OK) };
        let reply = reply.header(header::CONTENT_TYPE, media_type)?;
        let reply = reply.header(header::VARY, header::ACCEPT_ENCODING.as_str())?;
        match encoding {
            Encoding::Identity => Ok(reply),
            coded => reply.header(header::CONTENT_ENCODING, coded.as_str()),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result {
        self.headers.append(name, HeaderValue::try_from(value).map_err(Problem::internal)?);
        Ok(self)
    }

    /// Adds an `ETag` that names the version (RFC 9110, section 8.8.3).
    pub fn etag(self, version: u64) -> Result {
        self.header(header::ETAG, &tag(version))
    }

    /// Adds an `ETag` for a resource that shows more than its version counts, such as the stock of a product.
    /// A checksum of everything shown follows the version. So 304 means that nothing has changed, while
    /// `If-Match` compares only the version, and a sale does not refuse a seller's edit.
    pub fn etag_with_data(self, version: u64) -> Result {
        let sum = token::hash(self.content.bytes());
        let tag = format!("\"{version}-{}\"", sum.get(..SHOWN).unwrap_or_default());
        self.header(header::ETAG, &tag)
    }

    /// Lets every cache keep the answer this long. An answer without an `ETag` gets a checksum of its
    /// content.
    pub(crate) fn kept_for(self, life: Duration) -> Result {
        let kept = self.header(header::CACHE_CONTROL, &format!("public, max-age={}", life.as_secs()))?;
        if kept.headers.contains_key(header::ETAG) {
            return Ok(kept);
        }
        let next = kept.page.as_ref().and_then(|page| page.next_cursor.as_deref()).unwrap_or_default();
        let sum = token::hash([next.as_bytes(), b" ", kept.content.bytes()].concat());
        kept.header(header::ETAG, &format!("\"{}\"", sum.get(..SHOWN).unwrap_or_default()))
    }

    /// Adds the `Age` of an answer from the page cache (RFC 9111, section 5.1).
    pub(crate) fn aged(self, age: Duration) -> Result {
        self.header(header::AGE, &age.as_secs().to_string())
    }

    /// The size of the data in bytes.
    pub(crate) fn len(&self) -> usize {
        self.content.bytes().len()
    }

    /// The answer to a request with these `If-None-Match` headers.
    pub(crate) fn answer(self, id: &RequestId, now: Timestamp, if_none_match: &[HeaderValue]) -> Answer {
        let Self { status, content, page, headers } = self;
        let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        if tag.is_some_and(|tag| holds(if_none_match, tag)) {
            return Answer { status: StatusCode::NOT_MODIFIED.as_u16(), headers, body: Bytes::new() };
        }
        let meta = Meta { request_id: id.as_str(), timestamp: now, pagination: page.as_ref() };
        let (headers, body) = match content {
            Content::Nothing => (headers, Bytes::new()),
            Content::Data(data) => (typed(headers, JSON), json(&Envelope { data: &data, meta })),
            Content::Document(data) => (typed(headers, JSON), data.get().to_owned().into()),
            Content::Bytes(bytes) => (headers, bytes),
        };
        Answer { status: status.as_u16(), headers, body }
    }
}

impl Problem {
    /// The answer, without the cause.
    pub(crate) fn answer(&self, id: &RequestId, now: Timestamp) -> Answer {
        let body = json(&ProblemBody {
            r#type: self.code.kind(),
            title: self.code.title,
            status: self.code.status,
            detail: &self.detail,
            errors: self.faults(),
            meta: Meta { request_id: id.as_str(), timestamp: now, pagination: None },
        });
        let mut headers = typed(self.headers.iter().cloned().collect(), "application/problem+json");
        if self.code == code::UNAUTHENTICATED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Answer { status: self.code.status, headers, body }
    }

    /// The answer as a page for people.
    fn page(&self, id: &RequestId, render: ProblemPage) -> Answer {
        let Code { status, name, .. } = self.code;
        let text = ProblemText { status, code: name, detail: &self.detail, request_id: id.as_str() };
        let mut headers = typed(self.headers.iter().cloned().collect(), HTML);
        for (name, value) in page_headers(None) {
            headers.insert(name, value);
        }
        Answer { status, headers, body: render(&text).into() }
    }
}

impl Answer {
    /// The answer to a request, with the headers that every answer has. They repeat the request's id, forbid
    /// caching unless the endpoint allows it, keep a browser from guessing the type, and make it use HTTPS. A
    /// 304 has the headers of the 200. `if_none_match` is empty unless the request is a read. With a
    /// `problem_page`, a problem is a page for people.
    pub fn new(
        result: Result,
        id: &RequestId,
        now: Timestamp,
        if_none_match: &[HeaderValue],
        problem_page: Option<ProblemPage>,
    ) -> Self {
        let mut answer = match (result, problem_page) {
            (Ok(reply), _) => reply.answer(id, now, if_none_match),
            (Err(problem), None) => problem.answer(id, now),
            (Err(problem), Some(render)) => problem.page(id, render),
        };
        let headers = &mut answer.headers;
        if let Ok(id) = HeaderValue::try_from(id.as_str()) {
            headers.insert("x-request-id", id);
        }
        if answer.status >= 400 || !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
        answer
    }

    /// The answer to `HEAD`: the headers of the `GET`, with the length of its body, and no body (RFC 9110,
    /// section 9.3.2).
    pub fn without_body(mut self) -> Self {
        if !self.body.is_empty() {
            self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
            self.body.clear();
        }
        self
    }
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// Characters of the checksum in an entity tag: 72 bits.
const SHOWN: usize = 12;

/// Browsers use only HTTPS for this host, for a year (RFC 6797). Other hosts on the domain are not included,
/// because they are not the shop's.
const HTTPS_ONLY: &str = "max-age=31536000";

fn typed(mut headers: HeaderMap, content_type: &'static str) -> HeaderMap {
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    headers
}

/// Our own types always serialize: their keys are strings, and their `Serialize` never fails.
fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}
