//! Logs: one JSON object on each line of standard output, where Lambda collects them.

/// Starts logging. It must be called once, before anything is logged.
pub(crate) fn start() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
}
