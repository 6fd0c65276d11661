//! One call to AWS, as the fault hook and the log see it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::fault::Fault;
use crate::service::Service;
use crate::touch::Touch;
use crate::units::Units;

/// A call that is about to be made, for hooks.
#[derive(Clone, Debug)]
pub struct CallInfo {
    /// 1 for the first call since the log was cleared.
    pub number: usize,
    /// 1 for the first call of this operation since the log was cleared.
    pub nth: usize,
    /// The caller's name, given to [`Aws::client_for`](crate::Aws::client_for).
    pub caller: Arc<str>,
    /// The called service.
    pub service: Service,
    /// The operation as the API names it: `TransactWriteItems`, `SendMessageBatch`.
    pub operation: String,
    /// What it touches: one entry for each item of a batch or transaction.
    pub touches: Vec<Touch>,
    /// The request as the caller wrote it.
    pub request: Value,
}

impl CallInfo {
    /// How many items a transaction has, 0 for every other operation.
    pub fn transaction_items(&self) -> usize {
        if self.operation.starts_with("Transact") { self.touches.len() } else { 0 }
    }

    /// How many items can conflict with another transaction: those of a transaction, or the single item that
    /// is written.
    pub fn conflict_items(&self) -> usize {
        match self.operation.as_str() {
            "PutItem" | "UpdateItem" | "DeleteItem" => 1,
            _ => self.transaction_items(),
        }
    }

    /// How many entries a batch has, 0 for every other operation.
    pub fn batch_entries(&self) -> usize {
        match self.operation.as_str() {
            "SendMessageBatch" => self.request["Entries"].as_array().map_or(0, Vec::len),
            "BatchGetItem" | "BatchWriteItem" => self.touches.len(),
            _ => 0,
        }
    }

    /// Whether this call changes anything.
    pub fn writes(&self) -> bool {
        let looks = ["GetSecretValue", "DescribeSecret", "RetrievePaymentIntent", "GetObject"];
        !self.reads() && !looks.contains(&self.operation.as_str())
    }

    /// Whether this call reads the table.
    pub fn reads(&self) -> bool {
        matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems")
    }

    /// Whether `fault` can happen to this call. A conflict needs a transaction with that item, a drop needs a
    /// message.
    pub fn can(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Conflict(item) => *item < self.conflict_items(),
            Fault::ThrottleItem(item) => *item < self.transaction_items(),
            Fault::Drop => matches!(self.service, Service::Sqs | Service::Ses),
            Fault::Partial(entry) => *entry < self.batch_entries(),
            Fault::Fresh => self.reads(),
            _ => true,
        }
    }
}

/// The outcome of a call for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No answer: the call is under way, hangs, or was dropped by its caller.
    Unanswered,
    /// Success.
    Ok,
    /// An error, with HTTP status and the service's short code.
    Error(u16, String),
    /// The connection timed out.
    TimedOut,
    /// The calling process crashed.
    Crashed,
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct Call {
    /// The call. Its request is the caller's, before any rewrite.
    pub info: CallInfo,
    /// The fault of the call.
    pub fault: Fault,
    /// Whether the service did the work, even if the caller was not told.
    pub applied: bool,
    /// Whether the lagging copy answered it.
    pub stale: bool,
    /// The units that it consumed. A refused write counts 0 here, though AWS bills one.
    pub units: Units,
    /// The outcome for the caller.
    pub outcome: Outcome,
}

impl Call {
    /// A call that has no answer yet.
    pub(crate) fn begun(info: CallInfo) -> Self {
        Self {
            info,
            fault: Fault::None,
            applied: false,
            stale: false,
            units: Units::default(),
            outcome: Outcome::Unanswered,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallInfo { number, caller, operation, touches, .. } = &self.info;
        write!(f, "{number} {caller} {operation} [")?;
        for (i, touch) in touches.iter().enumerate() {
            write!(f, "{}{touch}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "] {} {:?}", self.units, self.outcome)
    }
}
