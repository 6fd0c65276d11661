//! One call to AWS: what the fault hook sees of it, and what the log keeps.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::fault::Fault;
use crate::service::Service;
use crate::touch::Touch;
use crate::units::Units;

/// A call about to be made, for hooks to choose by.
#[derive(Clone, Debug)]
pub struct CallInfo {
    /// 1 for the first call since the log was cleared.
    pub number: usize,
    /// 1 for the first call of this operation since the log was cleared.
    pub nth: usize,
    /// Who calls: the name given to [`Aws::client_for`](crate::Aws::client_for).
    pub caller: Arc<str>,
    /// Whom.
    pub service: Service,
    /// The operation as the API names it: `TransactWriteItems`, `SendMessageBatch`.
    pub operation: String,
    /// What it touches: one entry per item of a batch or transaction.
    pub touches: Vec<Touch>,
    /// The request as the caller wrote it.
    pub request: Value,
}

impl CallInfo {
    /// How many items a transaction has, 0 for every other operation.
    pub fn transaction_items(&self) -> usize {
        if self.operation.starts_with("Transact") { self.touches.len() } else { 0 }
    }

    /// How many items can be in conflict with another transaction: those of a transaction, or the one that is
    /// written.
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

    /// Whether `fault` can happen to this call: a conflict needs a transaction with that item, a drop a
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

/// How a call ended, for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet, or never: under way, hung, or dropped by its caller.
    Unanswered,
    /// Success.
    Ok,
    /// An error, with HTTP status and the service's short code.
    Error(u16, String),
    /// The connection timed out.
    TimedOut,
    /// The calling process died on it.
    Crashed,
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct Call {
    /// What was asked. Its request is the one sent, not what a rewrite made of it.
    pub info: CallInfo,
    /// The fault that was put into it.
    pub fault: Fault,
    /// Whether the service did what was asked, told or untold; false when it refused or dropped it.
    pub applied: bool,
    /// Whether it was answered from the lagging copy.
    pub stale: bool,
    /// What it consumed. A refused write counts 0 here, though AWS bills one.
    pub units: Units,
    /// What the caller saw.
    pub outcome: Outcome,
}

impl Call {
    /// A call that has come in and has no answer yet.
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
