//! Why the index cannot be read or written.

/// The index cannot be read or written. A rebuild makes a new one.
#[derive(Debug, thiserror::Error)]
#[error("the index of products: {0}")]
pub struct Error(pub(crate) String);

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
