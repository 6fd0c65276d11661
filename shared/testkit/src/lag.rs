//! The lag of eventually consistent reads.

/// How old the answers of eventually consistent reads are. Index reads are always eventually consistent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lag {
    /// Every read is up to date.
    #[default]
    None,
    /// Reads see no later write, until [`Aws::catch_up`](crate::Aws::catch_up).
    UntilCaughtUp,
    /// Reads see a write after this many further calls.
    Calls(u64),
}
