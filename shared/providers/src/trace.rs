//! Follows a request through the chain. One search shows the whole life of an order, and X-Ray shows it as
//! one trace.

use std::future::Future;

tokio::task_local! {
    static TRACE: Trace;
}

/// What messages pass on beside their content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The id of the request that everything belongs to.
    pub request_id: String,
    /// X-Ray's header, if it traces the request.
    pub header: Option<String>,
}

impl Trace {
    /// Runs `work` as part of this trace.
    pub async fn follow<T>(self, work: impl Future<Output = T>) -> T {
        TRACE.scope(self, work).await
    }

    /// The trace of the current work.
    pub fn current() -> Option<Self> {
        TRACE.try_with(Clone::clone).ok()
    }
}
