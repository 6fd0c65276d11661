//! The headers of pages for people.

use http::{HeaderName, HeaderValue, header};

/// What the browser may do on a page (CSP level 3). Scripts and styles are files of the shop alone, and
/// scripts cannot turn text into elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      manifest-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; \
                      img-src 'self'";

/// The headers of every page; pictures may come from this origin, too.
pub(crate) fn page_headers(pictures: Option<&str>) -> [(HeaderName, HeaderValue); 2] {
    let policy = pictures.map_or_else(|| POLICY.to_owned(), |origin| format!("{POLICY} {origin}"));
    [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(POLICY)),
        ),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ]
}

/// Scheme and host of a URL.
pub(crate) fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    url.get(..scheme.len() + "://".len() + host.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_a_url_has_no_path() {
        for (url, wanted) in [
            ("https://bucket.s3.amazonaws.com", Some("https://bucket.s3.amazonaws.com")),
            ("http://127.0.0.1:4566/images/x", Some("http://127.0.0.1:4566")),
            ("images", None),
        ] {
            assert_eq!(origin(url), wanted, "{url}");
        }
    }
}
