//! What the build script embeds.

/// A file as it is, and compressed.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) br: &'static [u8],
    pub(crate) gz: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
