//! Reads a request as the SDK sends it.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use crate::s3;
use crate::service::Service;
use crate::stripe::{self, Stripe};

/// A received request.
pub(crate) struct Wire {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) request: Value,
    /// The bytes of an object that is put.
    pub(crate) object: Vec<u8>,
}

impl Wire {
    pub(crate) fn read(request: &HttpRequest) -> Self {
        if let Some(path) = request.uri().strip_prefix(stripe::ENDPOINT) {
            return Self::read_form(request, path);
        }
        if is_s3(request) {
            return Self::read_object(request);
        }
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (service, operation) = match target.split_once('.') {
            Some(("DynamoDB_20120810", operation)) => (Service::DynamoDb, operation),
            Some(("AmazonSQS", operation)) => (Service::Sqs, operation),
            Some(("secretsmanager", operation)) => (Service::SecretsManager, operation),
            _ if request.uri().ends_with("/v2/email/outbound-emails") => (Service::Ses, "SendEmail"),
            _ => panic!("testkit plays no service for {} {} {target}", request.method(), request.uri()),
        };
        let body = request.body().bytes().expect("the SDK sends what is in memory");
        let request = serde_json::from_slice(body).expect("the SDK writes JSON");
        Self { service, operation: operation.to_owned(), request, object: Vec::new() }
    }

    /// S3: method and path name the operation, and the body is the object.
    fn read_object(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let (operation, asked) = s3::read(request.method(), request.uri(), header);
        let object = request.body().bytes().expect("the SDK sends what is in memory").to_vec();
        Self { service: Service::S3, operation, request: asked, object }
    }

    /// Stripe: the path names the operation, and the rest is a form.
    fn read_form(request: &HttpRequest, path: &str) -> Self {
        let header = |name: &str| request.headers().get(name);
        assert!(header("stripe-version").is_some(), "a call to Stripe says its version");
        assert!(header("authorization").is_some_and(|key| key.starts_with("Bearer sk_test_")), "its key");
        let (operation, id) = Stripe::operation(request.method(), path);
        let body = request.body().bytes().expect("a form in memory");
        let fields = form_urlencoded::parse(body);
        let mut form: serde_json::Map<_, _> =
            fields.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        form.extend(header("idempotency-key").map(|key| ("idempotency_key".to_owned(), key.into())));
        if !id.is_empty() {
            form.insert("id".to_owned(), id.into());
        }
        let (operation, request) = (operation.to_owned(), Value::Object(form));
        Self { service: Service::Stripe, operation, request, object: Vec::new() }
    }
}

/// S3's requests name no operation; their signatures name the service.
fn is_s3(request: &HttpRequest) -> bool {
    request.headers().get("authorization").is_some_and(|signed| signed.contains("/s3/aws4_request"))
}
