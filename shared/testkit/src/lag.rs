//! How far eventually consistent reads are behind.

/// The age of what eventually consistent reads answer. Reads of an index always are such reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lag {
    /// Every read is up to date.
    #[default]
    None,
    /// They see nothing that was written since, until [`Aws::catch_up`](crate::Aws::catch_up).
    UntilCaughtUp,
    /// They see a write once this many further calls have been made.
    Calls(u64),
}
