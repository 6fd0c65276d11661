//! Configuration: reads the environment variables of a function.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use domain::{Clock, Timestamp};

/// Amazon's own root certificates, which sign all AWS endpoints (<https://www.amazontrust.com/repository/>).
/// Reading these few instead of the system's 140 keeps the cold start short.
const AMAZON_ROOTS: &[u8] = include_bytes!("../amazon-roots.pem");

/// The time for one try of a call, and below for the call with its retries. All calls of a request end within
/// every function's timeout.
pub(crate) const ATTEMPT: Duration = Duration::from_millis(1500);
pub(crate) const OPERATION: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(1);

type Variables = dyn Fn(&str) -> Option<String>;

/// What a function starts from. A Lambda reads it from the process; a test builds its own.
pub struct Config {
    variable: Box<Variables>,
    /// The clock of the function.
    pub clock: Clock,
    http: SharedHttpClient,
    sandbox_http: Option<SharedHttpClient>,
    /// Whether this is a Lambda process, where connections are opened early.
    pub(crate) is_process: bool,
}

/// Why a function cannot start. The process ends with one log line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template does not set a variable that the function needs.
    #[error("the environment variable {0} is missing or empty")]
    Missing(String),
    /// A variable has an invalid value.
    #[error("the environment variable {0} is wrong: {1}")]
    Wrong(&'static str, String),
    /// Something that the function needs could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// A provider did not answer.
    #[error(transparent)]
    Provider(#[from] providers::Unavailable),
}

impl Config {
    /// A configuration with any source of variables and any way to reach AWS.
    pub fn new(
        variable: impl Fn(&str) -> Option<String> + 'static,
        clock: Clock,
        http: SharedHttpClient,
    ) -> Self {
        Self { variable: Box::new(variable), clock, http, sandbox_http: None, is_process: false }
    }

    /// Gives the sandbox providers another way to reach their table, so that a test can tell their calls from
    /// ours.
    pub fn with_sandbox_client(self, http: SharedHttpClient) -> Self {
        Self { sandbox_http: Some(http), ..self }
    }

    /// The configuration of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn from_process() -> Result<Self, StartError> {
        let clock = Clock::new(|| {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
        });
        let http = https(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS))?;
        Ok(Self { is_process: true, ..Self::new(|name| std::env::var(name).ok(), clock, http) })
    }

    /// Sets one variable.
    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        let (others, value) = (self.variable, value.into());
        let variable = move |asked: &str| if asked == name { Some(value.clone()) } else { others(asked) };
        Self { variable: Box::new(variable), ..self }
    }

    /// A variable that may be missing.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// A variable that the template must set.
    pub fn required(&self, name: &str) -> Result<String, StartError> {
        self.optional(name).ok_or_else(|| StartError::Missing(name.to_owned()))
    }

    /// A variable that the template must set to a value of this type.
    pub fn parsed<T: FromStr<Err: ToString>>(&self, name: &'static str) -> Result<T, StartError> {
        self.required(name)?.parse().map_err(|error: T::Err| StartError::Wrong(name, error.to_string()))
    }

    /// The function's own credentials: access key id, secret key and session token.
    pub(crate) fn credentials(&self) -> Result<(String, String, Option<String>), StartError> {
        let (id, secret) = (self.required("AWS_ACCESS_KEY_ID")?, self.required("AWS_SECRET_ACCESS_KEY")?);
        Ok((id, secret, self.optional("AWS_SESSION_TOKEN")))
    }

    /// The client for servers outside AWS. They may use any certificate authority, so it reads the system's
    /// roots. Only functions that need it pay for that.
    pub fn outside(&self) -> Result<SharedHttpClient, StartError> {
        if self.is_process { https(TrustStore::default()) } else { Ok(self.http.clone()) }
    }

    /// The SDK configuration of the sandbox providers.
    pub fn sandbox_aws(&self) -> Result<SdkConfig, StartError> {
        let config = self.aws()?.into_builder();
        Ok(config.http_client(self.sandbox_http.as_ref().unwrap_or(&self.http).clone()).build())
    }

    /// The SDK configuration. It uses the variables that Lambda sets. The SDK's default chain reads files and
    /// asks metadata services, which costs 20 million instructions before the first request.
    pub fn aws(&self) -> Result<SdkConfig, StartError> {
        let (id, secret, session_token) = self.credentials()?;
        let credentials = Credentials::new(id, secret, session_token, None, "lambda");
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.required("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.http.clone())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
            // The timeouts above hold for the whole answer, so no second watch over a slow answer is needed.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(timeouts);
        config.set_endpoint_url(self.optional("AWS_ENDPOINT_URL"));
        Ok(config.build())
    }
}

fn https(roots: TrustStore) -> Result<SharedHttpClient, StartError> {
    let tls = TlsContext::builder().with_trust_store(roots).build();
    let tls = tls.map_err(|error| StartError::Unreachable(format!("root certificates: {error}")))?;
    let client = aws_smithy_http_client::Builder::new();
    Ok(client.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
}
