//! What can go wrong with a call.

/// Before the service did what was asked, or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Nothing was done.
    Before,
    /// It was done, but nobody was told.
    After,
}

/// What happens to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Status 500.
    Fail(When),
    /// Refused, as asked too often, by the code that the service uses for it.
    Throttle,
    /// Refused with this status and error code.
    Refuse(u16, &'static str),
    /// The connection times out, at once: the SDK sees a dispatch failure by time-out.
    Timeout(When),
    /// No answer ever: the SDK's own time-outs fire (on a paused clock without waiting).
    Hang(When),
    /// The caller's process dies: [`Aws::run`](crate::Aws::run) drops the handler.
    Crash(When),
    /// A message or mail is accepted and vanishes.
    Drop,
    /// The whole transaction is cancelled because this item (from 0) is in another transaction; a write of a
    /// single item (0) is refused for it.
    Conflict(usize),
    /// The whole transaction is cancelled because this item (from 0) is throttled.
    ThrottleItem(usize),
    /// This entry (from 0) of a batch is left undone: SQS says it failed, DynamoDB that it is unprocessed.
    Partial(usize),
    /// This read is up to date, though a [`Lag`](crate::Lag) is set.
    Fresh,
}

impl Fault {
    /// Whether the service does what was asked.
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
