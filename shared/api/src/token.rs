//! Access tokens and refresh tokens: how they are signed, checked and stored.

mod access;
mod refresh;
mod signer;
mod text;

pub use access::{ACCESS_LIFE, Claims};
pub(crate) use access::{key_id, verify};
pub use refresh::{REFRESH_LIFE, RefreshToken};
pub use signer::{KEY_RETIREMENT, KEY_SPREAD, SIGNER_LIFE, Signer, WeakSecret};
pub use text::{base64, from_base64, hash};
