//! Errors, with one text for the caller and one for the log.

use domain::invalid::Invalid;
use domain::orders::IllegalMove;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;

use super::code::{self, Code};

/// An error answer: RFC 9457 problem details, with the list of faults that the caller can act on.
#[derive(Debug)]
pub struct Problem {
    /// The code, which sets status, type and title.
    pub code: Code,
    /// One sentence for the caller.
    pub detail: Box<str>,
    /// One entry for each bad field or refused line. If empty, the answer has one entry for the whole
    /// problem.
    pub errors: Vec<Fault>,
    /// Additional headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The cause for the operator's log. No answer contains it.
    pub cause: Option<Box<str>>,
}

/// One entry of `errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A code of the contract.
    pub code: &'static str,
    /// A path into the request, such as `items[0].quantity`. For `NO_LONGER_SOLD` and `OUT_OF_STOCK` it is
    /// the id of what cannot be sold: the product's or, where the product has options, the variant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// One sentence for people.
    pub message: String,
}

impl Problem {
    /// A problem with one sentence for the caller.
    pub fn new(code: Code, detail: impl Into<Box<str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// 404: the resource does not exist, or is somebody else's. Both look alike.
    pub fn missing(what: &str) -> Self {
        Self::new(code::NOT_FOUND, format!("There is no such {what}."))
    }

    /// 401, with one body for every cause.
    pub fn unauthenticated(cause: impl Into<Box<str>>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(code::UNAUTHENTICATED, "A valid access token is needed.")
        }
    }

    /// 409: another resource has this value.
    pub fn taken(code: Code, field: &str) -> Self {
        let name = field.rsplit('.').next().unwrap_or(field);
        Self::taken_because(code, field, format!("This {name} is taken."))
    }

    /// 409: another resource has this name, or one that looks the same.
    pub fn name_taken() -> Self {
        let message = "This name is taken, or looks like one that is.";
        Self::taken_because(code::NAME_TAKEN, "name", message.to_owned())
    }

    /// 409: what a field names is in the way, with one sentence for people.
    pub fn taken_because(code: Code, field: &str, message: String) -> Self {
        let fault = Fault { code: code.name, field: Some(field.to_owned()), message: message.clone() };
        Self { errors: vec![fault], ..Self::new(code, message) }
    }

    /// 400: the field cannot be read.
    pub(crate) fn malformed(field: Option<String>, detail: &str) -> Self {
        let fault = Fault { code: code::MALFORMED.name, field, message: detail.to_owned() };
        Self { errors: vec![fault], ..Self::new(code::MALFORMED, detail) }
    }

    /// 400: the cursor belongs to another list, or was not made by the shop.
    pub(crate) fn foreign_cursor() -> Self {
        Self::malformed(Some("cursor".to_owned()), "This cursor does not belong to this list.")
    }

    /// 422: the field names something that does not exist.
    pub fn unknown(field: &str, what: &str) -> Self {
        Self::invalid(field, &Invalid::new(domain::invalid::INVALID, format!("there is no such {what}")))
    }

    /// 422 for one field.
    pub fn invalid(field: &str, invalid: &Invalid) -> Self {
        Self::validation(vec![Fault::of(field, invalid)])
    }

    /// 422 for all these fields at once.
    pub fn validation(errors: Vec<Fault>) -> Self {
        Self { errors, ..Self::new(code::VALIDATION_ERROR, "Some fields are not valid.") }
    }

    /// 500: a fault of the shop. The caller gets only the request id.
    pub fn internal(cause: impl ToString) -> Self {
        let detail = "This is our fault; please report the request id.";
        Self { cause: Some(cause.to_string().into()), ..Self::new(code::INTERNAL, detail) }
    }

    /// 503: contention, or a fault of AWS. The same request can be sent again.
    pub fn try_again(cause: impl ToString) -> Self {
        let detail = "The shop is busy. Please send the same request again.";
        let problem = Self { cause: Some(cause.to_string().into()), ..Self::new(code::TRY_AGAIN, detail) };
        problem.header(header::RETRY_AFTER, "1")
    }

    /// Adds a header. A value that is not valid in a header is left out.
    pub fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.push((name, value));
        }
        self
    }

    /// The problem's list of faults, never empty.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        if self.errors.is_empty() {
            vec![Fault { code: self.code.name, field: None, message: self.detail.to_string() }]
        } else {
            self.errors.clone()
        }
    }
}

/// 503 when the outcome is unknown, so that the caller retries; 500 for a fault that a retry does not fix.
impl From<table::Error> for Problem {
    fn from(error: table::Error) -> Self {
        match error {
            table::Error::Contended(_) | table::Error::Unavailable(_) => Self::try_again(error),
            table::Error::Broken(_) => Self::internal(error),
        }
    }
}

/// A move outside the state machine.
impl From<IllegalMove> for Problem {
    fn from(IllegalMove { from, to }: IllegalMove) -> Self {
        Self::new(code::INVALID_TRANSITION, format!("The status cannot change from {from} to {to}."))
    }
}

/// A cursor with a right checksum but without an id was not made by the shop.
impl From<Invalid> for Problem {
    fn from(_: Invalid) -> Self {
        Self::foreign_cursor()
    }
}

impl Fault {
    /// The fault of one field.
    pub fn of(field: impl Into<String>, invalid: &Invalid) -> Self {
        Self { code: invalid.code, field: Some(field.into()), message: invalid.message.clone() }
    }
}
