//! The calls to Stripe: forms out, JSON in, through the HTTP client of the AWS SDKs.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Unavailable;

/// The API version that this code was written for. Without this header, the account's own version would be
/// used.
const VERSION: &str = "2024-06-20";
/// A bank may take seconds to decide. If it takes longer, the webhook or the message's retry looks again.
const CALL: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(1);
/// The most idempotency keys that a call tries.
const MOST_KEYS: u32 = 3;

/// Stripe's API.
pub(super) struct Wire(Operation<Call, Answer, Infallible>);

/// One request.
#[derive(Clone, Debug)]
struct Call {
    method: &'static str,
    path: String,
    /// The idempotency key, under which Stripe does it once.
    key: Option<String>,
    form: String,
}

/// An answer of any status. Its body may hold a buyer's secret.
struct Answer {
    status: u16,
    /// Whether Stripe repeats the stored answer of the same idempotency key.
    is_replayed: bool,
    body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)
    }
}

/// Stripe refuses, and a repeat of the same call cannot change that.
#[derive(Debug, Default, Deserialize, thiserror::Error)]
#[error("{} {} {}: {}", r#type, code.as_deref().unwrap_or("-"), param.as_deref().unwrap_or("-"), message)]
#[serde(default)]
pub(super) struct Refused {
    r#type: String,
    code: Option<String>,
    param: Option<String>,
    message: String,
}

impl Refused {
    pub(super) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether the buyer can fix it, by another card or another cart.
    pub(super) fn is_for_the_buyer(&self) -> bool {
        self.r#type == "card_error"
            || self.param.as_deref() == Some("payment_method")
            || self.is("amount_too_small")
            || self.is("amount_too_large")
    }
}

impl From<Refused> for Unavailable {
    fn from(refused: Refused) -> Self {
        Self::new("Stripe", refused)
    }
}

impl Wire {
    pub(super) fn new(http: SharedHttpClient, endpoint: &str, key: String) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build();
        let operation = Operation::builder()
            .service_name("stripe")
            .operation_name("call")
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .endpoint_url(endpoint)
            .no_auth()
            // The queue retries, and reads the payment first.
            .no_retry()
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(timeouts)
            .serializer(move |call: Call| request(call, &key))
            .deserializer(|response: &HttpResponse| Ok(answer(response)));
        Self(operation.build())
    }

    /// Reads a resource.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Result<T, Refused>, Unavailable> {
        let call = Call { method: "GET", path: path.to_owned(), key: None, form: String::new() };
        self.send(call).await?.read()
    }

    /// Does something once, under an idempotency key. Stripe stores even its own failures under the key. A
    /// stored failure would be repeated for ever, so the call is then tried under the next key. That is safe,
    /// because an intent's state allows each step only once.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, String)],
    ) -> Result<Result<T, Refused>, Unavailable> {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let mut call = Call { method: "POST", path: path.to_owned(), key: Some(key.to_owned()), form };
        let mut answer = self.send(call.clone()).await?;
        for attempt in 2..=MOST_KEYS {
            if answer.status < 500 || !answer.is_replayed {
                break;
            }
            call.key = Some(format!("{key}/{attempt}"));
            answer = self.send(call.clone()).await?;
        }
        answer.read()
    }

    async fn send(&self, call: Call) -> Result<Answer, Unavailable> {
        let what = format!("{} {}", call.method, call.path);
        // The SDK's error text is not logged, because it may quote an answer.
        self.0.invoke(call).await.map_err(|error| {
            let why = match error {
                SdkError::TimeoutError(_) => "no answer in time",
                SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time",
                SdkError::DispatchFailure(_) => "no connection",
                _ => "no answer that can be read",
            };
            Unavailable::new("Stripe", format!("{what}: {why}"))
        })
    }
}

impl Answer {
    /// The result or the refusal. An error means that the outcome is unknown, or that Stripe could not serve
    /// the request.
    fn read<T: DeserializeOwned>(&self) -> Result<Result<T, Refused>, Unavailable> {
        #[derive(Deserialize)]
        struct Failed {
            error: Refused,
        }
        let unreadable =
            || Unavailable::new("Stripe", format!("an answer {} that cannot be read", self.status));
        if (200..300).contains(&self.status) {
            return serde_json::from_slice(&self.body).map(Ok).map_err(|_| unreadable());
        }
        let Failed { error } = serde_json::from_slice(&self.body).map_err(|_| unreadable())?;
        match self.status {
            400 | 402 | 404 => Ok(Err(error)),
            status => Err(Unavailable::new("Stripe", format!("{status}: {error}"))),
        }
    }
}

fn request(Call { method, path, key, form }: Call, secret: &str) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(form));
    request.set_method(method)?;
    request.set_uri(path)?;
    let headers = request.headers_mut();
    headers.try_insert("authorization", format!("Bearer {secret}"))?;
    headers.try_insert("stripe-version", VERSION)?;
    if let Some(key) = key {
        headers.try_insert("idempotency-key", key)?;
        headers.try_insert("content-type", "application/x-www-form-urlencoded")?;
    }
    Ok(request)
}

fn answer(response: &HttpResponse) -> Answer {
    Answer {
        status: response.status().as_u16(),
        is_replayed: response.headers().get("idempotent-replayed") == Some("true"),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    }
}
