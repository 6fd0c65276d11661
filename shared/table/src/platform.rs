//! What the shop itself needs: the keys of tokens, rate limits, the stream.

pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod stream;
