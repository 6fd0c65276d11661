//! The errors of this crate.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Other writers were faster for the whole time budget. Nothing was written.
    #[error("contention: {0}")]
    Contended(&'static str),
    /// DynamoDB could not be reached, or did not answer in time. A write may or may not have happened.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// An item cannot be read, or a request was wrong: a bug, not a transient fault.
    #[error("{0}")]
    Broken(String),
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whether a condition refused a single write: another writer was faster.
pub(crate) fn lost<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ConditionalCheckFailedException")
}

/// An SDK error that a caller cannot act on: a bug, which becomes 500, or a transient fault, which becomes
/// 503.
pub(crate) fn failed<E, R>(error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default().to_owned();
    let text = DisplayErrorContext(error).to_string();
    match code.as_str() {
        "ValidationException"
        | "AccessDeniedException"
        | "ResourceNotFoundException"
        | "SerializationException" => Error::Broken(format!("DynamoDB: {text}")),
        _ => Error::Unavailable(text),
    }
}

/// A bug: data that cannot be read, or a request that the SDK's builder refuses because a part is missing.
pub(crate) fn broken(error: impl std::fmt::Display) -> Error {
    Error::Broken(error.to_string())
}
