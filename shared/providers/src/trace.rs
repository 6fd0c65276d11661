//! The request on its way through the chain: one search shows an order's whole life, and X-Ray shows it as
//! one trace.

use std::future::Future;

tokio::task_local! {
    static TRACE: Trace;
}

/// What goes from message to message beside what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Names the request that all of it is part of.
    pub request_id: String,
    /// X-Ray's own header, where it traces the request.
    pub header: Option<String>,
}

impl Trace {
    /// Runs `work` as part of this.
    pub async fn follow<T>(self, work: impl Future<Output = T>) -> T {
        TRACE.scope(self, work).await
    }

    /// What the current work is part of.
    pub fn current() -> Option<Self> {
        TRACE.try_with(Clone::clone).ok()
    }
}
