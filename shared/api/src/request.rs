//! HTTP requests as handlers see them.

use std::collections::HashMap;
use std::str::FromStr;

use bytes::Bytes;
use domain::text::IdempotencyKey;
use http::{HeaderMap, HeaderValue, header};
use serde::de::DeserializeOwned;

use crate::contract::code;
use crate::contract::etag;
use crate::contract::page::{origin, page_headers};
use crate::contract::{Encoding, Endpoint, Problem, Reply, RequestId, Result, Serves, parse};
use crate::deployment::SharedDeployment;
use crate::deployment::limits::Standing;

/// The most bytes of a request body.
pub const MAX_BODY: usize = 64 * 1024;

/// An HTTP request.
pub struct Request {
    /// The id in every log line and answer.
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
    /// The caller's address as the gateway saw it. Callers cannot set it.
    pub source: String,
    /// The host, with its port, to which the request was sent.
    pub host: String,
    /// The rate limit under which it was counted.
    pub standing: Standing,
    /// The settings of the deployment and the caches of the instance.
    pub deployment: SharedDeployment,
}

impl Request {
    /// The body byte for byte, as a signature covers it. 413 if it is too large, 415 if it is compressed.
    pub fn raw_body(&self) -> Result<&[u8]> {
        if self.body.len() > MAX_BODY {
            return Err(Problem::new(code::TOO_LARGE, "A request body may have at most 64 KiB."));
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
            // RFC 9110, section 12.5.3: in a 415 the header lists the accepted encodings of requests.
            false => {
                Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "Send the body without a Content-Encoding.")
                    .header(header::ACCEPT_ENCODING, "identity"))
            }
        }
    }

    /// Reads the JSON body. 413, 415, 400, or 422 with every bad field.
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
        parse::json(body)
    }

    /// Reads the JSON body if there is one.
    pub fn json_if_any<T: DeserializeOwned + Default>(&self) -> Result<T> {
        if self.body.trim_ascii().is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// Reads the query string. 422 with every bad field.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T> {
        parse::query(&self.query)
    }

    /// Reads these parameters of the query string and ignores others, as a page does. 422 with every bad one.
    pub fn query_among<T: DeserializeOwned>(&self, names: &[&str]) -> Result<T> {
        let pairs =
            form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| names.contains(&&**name));
        parse::query(&form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Reads a path parameter. 404 if it is not of the type, because no such resource can exist.
    pub fn param<T: FromStr>(&self, name: &str, what: &str) -> Result<T> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or_else(|| Problem::missing(what))
    }

    /// The caller's idempotency key, if there is one; 400 if it has another form.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>> {
        let Some(key) = self.headers.get("idempotency-key") else { return Ok(None) };
        let visible = key.to_str().ok().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
        visible.and_then(|key| key.parse().ok()).map(Some).ok_or_else(|| {
            Problem::new(code::MALFORMED, "The Idempotency-Key must be 1 to 255 visible ASCII characters.")
        })
    }

    /// Refuses a change with 412 if `If-Match` names neither this `version`, as
    /// [`Reply::etag`](crate::Reply::etag) or [`Reply::etag_with_data`](crate::Reply::etag_with_data) writes
    /// it, nor `*` (RFC 9110, section 13.1.1).
    pub fn if_match(&self, version: u64) -> Result<()> {
        match etag::matches(&self.headers, version) {
            true => Ok(()),
            false => Err(Problem::new(code::VERSION_MISMATCH, "The resource has changed since you read it.")),
        }
    }

    /// The values of the cookies with this name, in the order in which they came. A browser also sends
    /// cookies of other sites on the same domain. They may have any bytes and the same names. So each pair is
    /// read by itself, one that is not UTF-8 is skipped, and the caller takes the first value that it can
    /// use. Spaces around a name and a value, and quotation marks around a value, do not count (RFC 6265,
    /// sections 4.1.1 and 5.2).
    pub fn cookies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.headers.get_all(header::COOKIE).iter();
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let pairs = pairs.filter_map(|pair| str::from_utf8(pair).ok()?.split_once('='));
        let values = pairs.filter(move |(known, _)| known.trim() == name).map(|(_, value)| value.trim());
        let quoted = |value: &'a str| value.strip_prefix('"')?.strip_suffix('"');
        values.map(move |value| quoted(value).unwrap_or(value))
    }

    /// The cached answer to this request, or else the answer that `make` builds. Both say how long other
    /// caches may keep them: as long as the endpoint says, or else the deployment. A page is cached by its
    /// encoding, and by its host, because it has absolute links.
    pub async fn shared(self, endpoint: &Endpoint, make: impl AsyncFnOnce(Self) -> Result) -> Result {
        let deployment = self.deployment.clone();
        if deployment.pages_live.is_zero() {
            return make(self).await;
        }
        let life = endpoint.shared_for.unwrap_or(deployment.pages_live);
        let mut asked = format!("{}?{}", self.path, self.query);
        if endpoint.serves == Serves::Page {
            asked += &format!(" {} {}", self.host, Encoding::accepted(&self.headers).as_str());
        }
        if let Some(page) = deployment.pages.get(&asked, deployment.clock.now(), life) {
            return page;
        }
        // The answer is as old as the start of its reads.
        let now = deployment.clock.now();
        let page = make(self).await?.kept_for(life)?;
        deployment.pages.put(asked, page.clone(), now);
        Ok(page)
    }

    /// 200 with a page for people, in the best encoding that the request accepts.
    pub fn html(&self, html: String) -> Result {
        let encoded = Encoding::accepted(&self.headers).encode(html);
        let mut reply = Reply::bytes("text/html; charset=utf-8", encoded)?;
        for (name, value) in page_headers(origin(&self.deployment.images)) {
            reply = reply.header(name, value.to_str().unwrap_or_default())?;
        }
        Ok(reply)
    }

    /// The base of absolute links to pages: the storefront's URL, or else the host of this request. Only a
    /// machine's own loopback is served without TLS.
    pub fn base(&self) -> String {
        let Self { host, deployment, .. } = self;
        let is_loopback = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| host.strip_prefix(name).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        match &deployment.storefront {
            Some(url) => url.clone(),
            None if is_loopback => format!("http://{host}"),
            None => format!("https://{host}"),
        }
    }

    /// A header's value, if it is UTF-8. The gateway hands headers over as text, so all of its are.
    pub fn header(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }
}

/// Whether a parameter of a content type is not a charset, or is the charset UTF-8.
fn is_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset")
        || ["utf-8", "utf8"].iter().any(|utf8| value.eq_ignore_ascii_case(utf8))
}
