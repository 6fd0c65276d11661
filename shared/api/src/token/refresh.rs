//! Refresh tokens, as they are read. Whether we issued one is known to the signer alone.

use domain::ids::{SessionId, UserId};

/// A refresh token lives this long, in seconds.
pub const REFRESH_LIFE: i64 = 7 * 24 * 3600;

/// What a refresh token says. That we issued it is another question:
/// [`Signer::issued`](super::Signer::issued).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose session it continues.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// How often the session's token had been exchanged when this one was issued.
    pub generation: u32,
}

impl RefreshToken {
    /// Reads `user.session.generation.secret`; none when the text has another form.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let token = Self {
            user: parts.next()?.parse().ok()?,
            session: parts.next()?.parse().ok()?,
            generation: parts.next()?.parse().ok()?,
        };
        let secret = parts.next()?;
        (secret.len() == SECRET_CHARS && parts.next().is_none()).then_some(token)
    }
}

/// The characters of 32 bytes in base64url.
const SECRET_CHARS: usize = 43;
