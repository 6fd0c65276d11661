//! Tokens as text: base64url, and the hash that is stored of one.

use ring::digest;

/// Base64url without padding.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a base64url text without padding; none when it is not what [`base64`] writes.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

/// What is stored of a token.
pub fn hash(token: &str) -> String {
    base64(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}
