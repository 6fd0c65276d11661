//! The path of one request: from the SDK's HTTP client through log, rewrite, fault, delay and interleaving to
//! a service.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::json;

use crate::answer::Answer;
use crate::aws::Aws;
use crate::call::{CallInfo, Outcome};
use crate::crash;
use crate::fault::Fault;
use crate::partial::Undone;
use crate::service::Service;
use crate::units::Units;
use crate::wire::Wire;

/// The HTTP client of one caller. Without a name, its calls are neither logged nor disturbed.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) aws: Aws,
    pub(crate) caller: Option<Arc<str>>,
}

/// Clients and configurations for callers.
impl Aws {
    /// An HTTP client whose calls are logged and disturbed, under the calling function's name.
    pub fn client_for(&self, caller: &str) -> SharedHttpClient {
        SharedHttpClient::new(Connector { aws: self.clone(), caller: Some(caller.into()) })
    }

    /// An HTTP client whose calls are neither logged nor disturbed, for sandboxes and for the test itself.
    pub fn quiet_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector { aws: self.clone(), caller: None })
    }

    /// The configuration of an SDK client on [`client_for`](Self::client_for). It has no retries and no
    /// stalled-stream protection; a test adds them by `to_builder`.
    pub fn config_for(&self, caller: &str) -> SdkConfig {
        sdk_config(self.client_for(caller))
    }

    /// The configuration of an SDK client on [`quiet_client`](Self::quiet_client).
    pub fn quiet_config(&self) -> SdkConfig {
        sdk_config(self.quiet_client())
    }
}

fn sdk_config(http: SharedHttpClient) -> SdkConfig {
    let credentials = Credentials::new("testkit", "testkit", None, None, "testkit");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url("http://aws.local")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .sleep_impl(TokioSleep::new())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http)
        .build()
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { aws, caller } = self.clone();
        let wire = Wire::read(&request);
        HttpConnectorFuture::new(async move {
            match caller {
                Some(caller) => disturbed(&aws, caller, wire).await,
                None => Ok(done(&aws, &wire, &Fault::Fresh).0.response(wire.service)),
            }
        })
    }
}

/// The full path, with all faults and delays that the test has set.
async fn disturbed(aws: &Aws, caller: Arc<str>, wire: Wire) -> Result<HttpResponse, ConnectorError> {
    if crash::is_dead() {
        return crash::crash().await;
    }
    let (ticket, info, fault) = aws.admit(caller, &wire);
    assert!(info.can(&fault), "{fault:?} cannot happen to {} of {}", info.operation, info.caller);
    let service = wire.service;
    aws.interleave().await;
    aws.delay().await;
    if crash::is_dead() {
        return crash::crash().await;
    }
    let answer = fault.applies().then(|| apply(aws, ticket, wire, &info, &fault));
    aws.tick();
    let ending = ending(&info, &fault, answer);
    aws.close(ticket, ending.outcome());
    let seen = match ending {
        Ending::Answer(answer) => Ok(answer.response(service)),
        Ending::TimedOut => Err(ConnectorError::timeout("testkit: no answer in time".into())),
        Ending::Silence => std::future::pending().await,
        Ending::Death => crash::crash().await,
    };
    aws.interleave().await;
    seen
}

/// Applies the request, rewritten if the test wants that, and logs its cost.
fn apply(aws: &Aws, ticket: u64, mut wire: Wire, info: &CallInfo, fault: &Fault) -> Answer {
    aws.rewritten(info, &mut wire.request);
    let undone = match fault {
        Fault::Partial(entry) => Undone::take(&wire.operation, &mut wire.request, *entry),
        _ => None,
    };
    let (mut answer, stale) = match &undone {
        Some(undone) if undone.alone => (Undone::nothing_done(), false),
        _ => done(aws, &wire, fault),
    };
    if let Some(undone) = undone {
        undone.tell(&mut answer);
    }
    let units = Units::of(&answer.body, !info.reads());
    let applied = answer.is_ok() && *fault != Fault::Drop;
    aws.note(ticket, |call| {
        (call.applied, call.stale, call.units) = (applied, stale, units);
    });
    answer
}

/// Lets the service answer, and says whether the lagging copy did.
fn done(aws: &Aws, wire: &Wire, fault: &Fault) -> (Answer, bool) {
    let Wire { service, operation, request, object } = wire;
    let vanish = *fault == Fault::Drop;
    match service {
        Service::DynamoDb => aws.dynamo().answer(operation, request.clone(), *fault == Fault::Fresh),
        Service::Sqs => (aws.sqs().answer(operation, request, vanish), false),
        Service::S3 => (aws.buckets().answer(operation, request, object, aws.clock().now()), false),
        Service::SecretsManager => (aws.secrets().answer(operation, request), false),
        Service::Stripe => (aws.stripe().answer(operation, request), false),
        Service::Ses => (aws.mailbox().answer(operation, request, aws.clock().now(), vanish), false),
    }
}

/// How a call ends.
enum Ending {
    Answer(Answer),
    TimedOut,
    Silence,
    Death,
}

impl Ending {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Answer(Answer { code: None, .. }) => Outcome::Ok,
            Self::Answer(Answer { code: Some(code), status, .. }) => Outcome::Error(*status, code.clone()),
            Self::TimedOut => Outcome::TimedOut,
            Self::Silence => Outcome::Unanswered,
            Self::Death => Outcome::Crashed,
        }
    }
}

/// The outcome for the caller. `answer` is the service's, if it was asked.
fn ending(info: &CallInfo, fault: &Fault, answer: Option<Answer>) -> Ending {
    let service = info.service;
    Ending::Answer(match fault {
        Fault::None | Fault::Fresh | Fault::Drop | Fault::Partial(_) => {
            answer.expect("these faults let the call through")
        }
        Fault::Fail(_) => Answer::error(500, service.failure(), "injected"),
        Fault::Throttle => {
            let (status, code) = service.throttle();
            Answer::error(status, code, "injected")
        }
        Fault::Refuse(status, code) => Answer::error(*status, code, "injected"),
        Fault::Conflict(_) if info.transaction_items() == 0 => {
            Answer::error(400, "TransactionConflictException", "injected")
        }
        Fault::Conflict(item) => cancelled(info, *item, "TransactionConflict"),
        Fault::ThrottleItem(item) => cancelled(info, *item, "ThrottlingError"),
        Fault::Timeout(_) => return Ending::TimedOut,
        Fault::Hang(_) => return Ending::Silence,
        Fault::Crash(_) => return Ending::Death,
    })
}

/// A transaction that is cancelled because of one item, with DynamoDB's error text.
fn cancelled(info: &CallInfo, item: usize, code: &str) -> Answer {
    let reasons = (0..info.transaction_items()).map(|i| {
        if i == item { json!({ "Code": code, "Message": "injected" }) } else { json!({ "Code": "None" }) }
    });
    let reasons = reasons.collect::<Vec<_>>();
    let codes = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect::<Vec<_>>().join(", ");
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]");
    let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Answer::error_body(
        400,
        name,
        json!({ "__type": name, "Message": message, "CancellationReasons": reasons }),
    )
}
