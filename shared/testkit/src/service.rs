//! The services of the embedded AWS, and Stripe.

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The table.
    DynamoDb,
    /// The queues.
    Sqs,
    /// The buckets.
    S3,
    /// The secrets.
    SecretsManager,
    /// The mailbox.
    Ses,
    /// Real payments.
    Stripe,
}

impl Service {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::DynamoDb | Self::Sqs => "application/x-amz-json-1.0",
            Self::SecretsManager => "application/x-amz-json-1.1",
            Self::Ses | Self::Stripe => "application/json",
            Self::S3 => "application/xml",
        }
    }

    /// The answer of a throttled call: status and error code.
    pub(crate) fn throttle(self) -> (u16, &'static str) {
        match self {
            Self::DynamoDb => (400, "ProvisionedThroughputExceededException"),
            Self::Sqs => (400, "RequestThrottled"),
            Self::S3 => (503, "SlowDown"),
            Self::SecretsManager => (400, "ThrottlingException"),
            Self::Ses => (429, "TooManyRequestsException"),
            Self::Stripe => (429, "rate_limit"),
        }
    }

    /// The error code of a failure, whose status is always 500.
    pub(crate) fn failure(self) -> &'static str {
        match self {
            Self::DynamoDb => "InternalServerError",
            Self::SecretsManager => "InternalServiceError",
            Self::Sqs | Self::Ses => "InternalFailure",
            Self::Stripe => "api_error",
            Self::S3 => "InternalError",
        }
    }
}
