//! Logs: one JSON object a line on standard output, which is where Lambda collects them.

/// Starts logging. Called once, before anything that may log.
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
