//! Tokens as text: base64url, and the stored hash.

use ring::digest;

/// Base64url without padding.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a base64url text without padding; `None` if [`base64`] would write it differently.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

/// The stored hash of a token, or the checksum of an answer.
pub fn hash(bytes: impl AsRef<[u8]>) -> String {
    base64(digest::digest(&digest::SHA256, bytes.as_ref()).as_ref())
}
