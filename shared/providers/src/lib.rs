//! The outside world: a trait each, sandbox and real adapters.
