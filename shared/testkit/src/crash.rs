//! A simulated crash of the calling process: the handler's future is dropped where it is.

use std::fmt;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

tokio::task_local! {
    /// The process that the running handler simulates.
    static PROCESS: Arc<Process>;
}

/// The handler was dropped in the middle of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crashed;

impl fmt::Display for Crashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process crashed")
    }
}

impl std::error::Error for Crashed {}

#[derive(Default)]
struct Process {
    dead: AtomicBool,
    died: Notify,
}

/// Runs `handler` as a process that [`crash`] can end.
pub(crate) async fn run<T>(handler: impl Future<Output = T>) -> Result<T, Crashed> {
    let process = Arc::new(Process::default());
    tokio::select! {
        biased;
        () = process.died.notified() => Err(Crashed),
        done = PROCESS.scope(Arc::clone(&process), handler) => Ok(done),
    }
}

/// Ends the running handler's process. Outside of [`run`] the call only never returns.
pub(crate) async fn crash<T>() -> T {
    let _ = PROCESS.try_with(|process| {
        process.dead.store(true, Ordering::SeqCst);
        process.died.notify_one();
    });
    pending().await
}

/// Whether the running handler's process has crashed. Calls that it makes at the same time must then not go
/// out.
pub(crate) fn is_dead() -> bool {
    PROCESS.try_with(|process| process.dead.load(Ordering::SeqCst)).unwrap_or(false)
}
