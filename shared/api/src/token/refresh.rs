//! Reads refresh tokens. Only the signer can tell whether we issued one.

use domain::ids::{SessionId, UserId};

/// The life of a refresh token, in seconds.
pub const REFRESH_LIFE: i64 = 7 * 24 * 3600;

/// The parts of a refresh token. [`Signer::issued`](super::Signer::issued) checks whether we issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// How often the session's token had been exchanged when this one was issued.
    pub generation: u32,
}

impl RefreshToken {
    /// Reads `user.session.generation.secret`; `None` for a text of another form.
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
