//! Sessions: how they begin and go on, and how their tokens reach the client.

use domain::account::{Credential, Session, User};
use domain::ids::{SessionId, UserId};
use domain::{Schema, Timestamp};
use http::header;
use serde::Deserialize;
use table::{Begun, Table};

use crate::contract::{Problem, Reply, Result, code};
use crate::request::Request;
use crate::token::{self, REFRESH_LIFE, RefreshToken, Signer};
use crate::view::{SignedIn, Tokens};

/// How the refresh token is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the body, for native clients.
    #[default]
    Body,
    /// In a cookie that scripts cannot read, for browsers.
    Cookie,
}

/// A refresh token in a body. A browser sends it as a cookie instead.
#[derive(Default, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    refresh_token: Option<String>,
}

/// A refresh token that a request holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The token's text.
    pub text: String,
    /// The token's parts.
    pub token: RefreshToken,
    /// Where it was. Its successor is delivered in the same way.
    pub delivery: Delivery,
}

/// The most cookies of a request that are looked up in the table.
pub(super) const MOST_COOKIES: usize = 3;

impl Shown {
    /// `None` if the text is not of the form of our tokens. White space around a token is ignored, because
    /// copied tokens often end in a line break.
    pub fn read(text: &str, delivery: Delivery) -> Option<Self> {
        let text = text.trim().to_owned();
        RefreshToken::read(&text).map(|token| Self { text, token, delivery })
    }
}

impl Request {
    /// The refresh token of the body, or else those of at most three cookies: a browser may send cookies of
    /// ended sessions, and of other sites on the same domain, before the good one. Empty if there is none or
    /// it has another form.
    pub fn refresh_tokens(&self) -> Result<Vec<Shown>> {
        Ok(match self.refresh_body()? {
            Some(text) => Shown::read(&text, Delivery::Body).into_iter().collect(),
            None => self.refresh_cookies().into_iter().take(MOST_COOKIES).collect(),
        })
    }

    /// The text in the body's field `refresh_token`. 413, 415, 400 or 422 if the body cannot be read.
    pub fn refresh_body(&self) -> Result<Option<String>> {
        let body: RefreshBody = self.json_if_any()?;
        Ok(body.refresh_token)
    }

    /// The refresh tokens of the cookies, each once.
    pub fn refresh_cookies(&self) -> Vec<Shown> {
        let mut tokens = Vec::new();
        for shown in self.cookies("refresh_token").filter_map(|text| Shown::read(text, Delivery::Cookie)) {
            if !tokens.contains(&shown) {
                tokens.push(shown);
            }
        }
        tokens
    }
}

/// The stored form of a refresh token: 132 bits of its hash. It is short, because each refresh writes all
/// sessions of the user.
pub fn fingerprint(refresh_token: &str) -> String {
    let mut hash = token::hash(refresh_token);
    hash.truncate(22);
    hash
}

/// A new session with its tokens, not yet written.
pub struct Beginning {
    credential: Credential,
    id: SessionId,
    session: Session,
    access_token: String,
    refresh_token: String,
}

impl Beginning {
    /// A new session of the user of this credential.
    pub fn of(credential: Credential, table: &Table, signer: &Signer, request: &Request) -> Result<Self> {
        let (now, user) = (table.now(), credential.user_id);
        let id: SessionId = table.new_id()?;
        let access_token =
            signer.access_token(&request.deployment.issuer, user, id, credential.is_admin, now);
        let refresh_token = signer.refresh_token(user, id, 0, now);
        let session = Session {
            generation: 0,
            token: fingerprint(&refresh_token),
            previous: None,
            created_at: now,
            refreshed_at: now,
            expires_at: expiry(now),
            device: device(request.header(header::USER_AGENT.as_str()).unwrap_or_default()),
        };
        let access_token = access_token.map_err(Problem::internal)?;
        Ok(Self { credential, id, session, access_token, refresh_token })
    }

    /// Writes the session.
    pub async fn begin(&self, table: &Table) -> Result<()> {
        match table.begin_session(&self.credential, self.id, &self.session).await? {
            Begun::Now => Ok(()),
            // A retry reads the new credential, and fails if the password is no longer right.
            Begun::Outdated => Err(Problem::try_again("the credential has just changed")),
        }
    }

    /// The answer with the tokens, delivered as asked.
    pub fn reply(self, status: u16, user: &User, delivery: Delivery) -> Result {
        let (tokens, cookie) = hand_over(self.access_token, self.refresh_token, delivery);
        let reply = Reply::with_status(status, &SignedIn::of(user, tokens))?;
        cookie.into_iter().try_fold(reply, |reply, cookie| reply.header(header::SET_COOKIE, &cookie))
    }
}

/// When a session that is refreshed at `now` ends, unless it is refreshed again.
pub fn expiry(now: Timestamp) -> Timestamp {
    now + std::time::Duration::from_secs(REFRESH_LIFE.unsigned_abs())
}

/// The answer to a refresh.
pub fn next_tokens(access_token: String, refresh_token: String, delivery: Delivery) -> Result {
    let (tokens, cookie) = hand_over(access_token, refresh_token, delivery);
    let reply = Reply::ok(&tokens)?;
    cookie.into_iter().try_fold(reply, |reply, cookie| reply.header(header::SET_COOKIE, &cookie))
}

/// 204, and deletes the cookie.
pub fn signed_out() -> Result {
    Reply::no_content().header(header::SET_COOKIE, &refresh_cookie("", 0))
}

/// 401, with one body for every cause.
pub fn ended(cause: &str) -> Problem {
    let detail = "This session has ended or does not exist. Sign in again.";
    Problem { cause: Some(cause.into()), ..Problem::new(code::UNAUTHENTICATED, detail) }
}

fn hand_over(access_token: String, refresh_token: String, delivery: Delivery) -> (Tokens, Option<String>) {
    let (refresh_token, cookie) = match delivery {
        Delivery::Body => (Some(refresh_token), None),
        Delivery::Cookie => (None, Some(refresh_cookie(&refresh_token, REFRESH_LIFE))),
    };
    (Tokens::of(access_token, refresh_token), cookie)
}

fn refresh_cookie(token: &str, life: i64) -> String {
    format!("refresh_token={token}; HttpOnly; Secure; SameSite=Strict; Path=/api/v1/auth; Max-Age={life}")
}

/// The most bytes of [`Session::device`]: an item of ten sessions stays within 2 KB, so two write units.
const DEVICE: usize = 40;

/// A name of the device for people: the text in a browser's first brackets (`X11; Linux x86_64`), or the
/// program's name (`curl/8.5.0`).
fn device(user_agent: &str) -> String {
    let browser =
        user_agent.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(system, _)| system);
    let plain = |char: &char| !char.is_control();
    let mut device: String =
        browser.unwrap_or(user_agent).trim().chars().filter(plain).take(DEVICE).collect();
    device.truncate(device.floor_char_boundary(DEVICE));
    device
}

/// The generation and text of the token that follows `token`.
pub fn successor(signer: &Signer, token: RefreshToken, now: Timestamp) -> (u32, String) {
    let RefreshToken { user, session, generation } = token;
    let generation = generation.saturating_add(1);
    (generation, signer.refresh_token(user, session, generation, now))
}

/// The session's current token, for a repeated refresh. One of our keys made it, perhaps the one before a
/// rotation.
pub fn present_token(signer: &Signer, user: UserId, id: SessionId, session: &Session) -> Option<String> {
    signer.refresh_tokens(user, id, session.generation).find(|token| fingerprint(token) == session.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_name_that_people_know() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        for (agent, expected) in
            [(firefox, "X11; Linux x86_64; rv:128.0"), ("curl/8.5.0", "curl/8.5.0"), ("", ""), ("a(b", "a(b")]
        {
            assert_eq!(device(agent), expected);
        }
        assert_eq!(device(&"é\u{7}".repeat(1000)), "é".repeat(DEVICE / 2));
        assert_eq!(device(&format!("a{}", "é".repeat(1000))).len(), DEVICE - 1);
    }
}
