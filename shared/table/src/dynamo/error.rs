//! What a call can end in beside its answer.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Nothing is known about the outcome, or the table holds what it should not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others kept winning the race for the whole time budget. Nothing was written.
    #[error("contention: {0}")]
    Contended(&'static str),
    /// DynamoDB could not be asked, or did not answer in time. A write may or may not have happened.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// An item cannot be read, or a request was wrong: a bug, not a passing fault.
    #[error("{0}")]
    Broken(String),
}

/// What every function here gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whether a condition refused a single write: somebody else was faster.
pub(crate) fn lost<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ConditionalCheckFailedException")
}

/// An SDK error that is not an answer: whether it is ours or a passing fault decides 500 or 503.
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

/// A request that the SDK's builder refuses: a required part is missing, so a bug.
pub(crate) fn broken(error: impl std::fmt::Display) -> Error {
    Error::Broken(error.to_string())
}
