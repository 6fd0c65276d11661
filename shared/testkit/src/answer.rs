//! The answers of services, in the forms that the SDK's parsers accept.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::service::Service;

/// Status, error code (none for success) and JSON body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The error's short name, `ConditionalCheckFailedException`.
    pub(crate) code: Option<String>,
    pub(crate) body: Value,
    /// Whether it is the stored answer of an idempotency key.
    pub(crate) is_replayed: bool,
    /// An object's bytes and entity tag, instead of JSON.
    pub(crate) object: Option<(Vec<u8>, String)>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, code: None, body, is_replayed: false, object: None }
    }

    /// An object, with its entity tag.
    pub(crate) fn bytes(bytes: Vec<u8>, etag: &str) -> Self {
        Self { object: Some((bytes, format!("\"{etag}\""))), ..Self::ok(Value::Null) }
    }

    /// An error with its name and text.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::error_body(status, code, json!({ "__type": code, "message": message }))
    }

    /// An error whose body has more than the name. The code is the part after the last `#` or dot.
    pub(crate) fn error_body(status: u16, code: &str, body: Value) -> Self {
        let short = code.rsplit('#').next().unwrap_or(code);
        Self { status, code: Some(short.to_owned()), body, is_replayed: false, object: None }
    }

    /// The stored answer to a repeated request.
    pub(crate) fn replayed(self) -> Self {
        Self { is_replayed: true, ..self }
    }

    /// An operation that this crate does not implement.
    pub(crate) fn unknown(operation: &str) -> Self {
        Self::error(400, "UnknownOperationException", &format!("testkit does not know {operation}"))
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.status < 300
    }

    /// The HTTP response. The JSON protocols have the error's name in the body, SES in a header, and SQS
    /// repeats its old name in another header.
    pub(crate) fn response(&self, service: Service) -> HttpResponse {
        let status = StatusCode::try_from(self.status).expect("a status code");
        let mut response = HttpResponse::new(status, self.sent(service));
        let headers = response.headers_mut();
        headers.insert("content-type", service.content_type());
        headers.insert("x-amzn-requestid", "testkit");
        if self.is_replayed {
            headers.insert("idempotent-replayed", "true");
        }
        if let Some((bytes, etag)) = &self.object {
            headers.insert("content-length", bytes.len().to_string());
            headers.insert("etag", etag.clone());
        }
        if let Some(code) = &self.code {
            headers.insert("x-amzn-errortype", code.clone());
            if service == Service::Sqs {
                let fault = if self.status < 500 { "Sender" } else { "Receiver" };
                headers.insert("x-amzn-query-error", format!("{code};{fault}"));
            }
        }
        response
    }

    /// The body: bytes of an object, S3's XML, or JSON.
    fn sent(&self, service: Service) -> SdkBody {
        match (&self.object, &self.code) {
            (Some((bytes, _)), _) => SdkBody::from(bytes.clone()),
            (None, Some(code)) if service == Service::S3 => {
                let message = self.body["message"].as_str().unwrap_or_default();
                SdkBody::from(format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
            }
            _ => SdkBody::from(self.body.to_string()),
        }
    }
}
