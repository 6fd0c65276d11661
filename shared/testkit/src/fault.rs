//! The faults of calls.

/// Whether a fault comes before or after the service does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// The work was not done.
    Before,
    /// The work was done, but the caller gets no answer.
    After,
}

/// A fault of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    #[default]
    None,
    /// An answer with status 500.
    Fail(When),
    /// The service throttles the call, with its own error code.
    Throttle,
    /// The service refuses the call with this status and error code.
    Refuse(u16, &'static str),
    /// The connection times out at once: the SDK sees a dispatch failure by timeout.
    Timeout(When),
    /// There is never an answer, so the SDK's own timeouts fire (on a paused clock without waiting).
    Hang(When),
    /// The caller's process dies: [`Aws::run`](crate::Aws::run) drops the handler.
    Crash(When),
    /// A message or mail is accepted and lost.
    Drop,
    /// The transaction is cancelled because this item (from 0) is in another transaction. A write of a single
    /// item (0) is refused for it.
    Conflict(usize),
    /// The transaction is cancelled because this item (from 0) is throttled.
    ThrottleItem(usize),
    /// This entry (from 0) of a batch is not done: SQS reports it as failed, DynamoDB as unprocessed.
    Partial(usize),
    /// This read is up to date, although a [`Lag`](crate::Lag) is set.
    Fresh,
}

impl Fault {
    /// Whether the service does the work.
    pub(crate) fn applies(&self) -> bool {
        match self {
            Self::None | Self::Fresh | Self::Drop | Self::Partial(_) => true,
            Self::Fail(when) | Self::Timeout(when) | Self::Hang(when) | Self::Crash(when) => {
                *when == When::After
            }
            Self::Throttle | Self::Refuse(..) | Self::Conflict(_) | Self::ThrottleItem(_) => false,
        }
    }
}
