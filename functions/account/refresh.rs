//! `POST /auth/refresh`: exchange the refresh token for new tokens.

use api::code::{UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::{RefreshBody, Shown, ended, expiry, fingerprint, next_tokens, present_token, successor};
use api::token::Signer;
use api::view::Tokens;
use api::{Endpoint, Problem, Request, Result};
use domain::account::Notice;
use domain::messages::SendMail;
use providers::Queue;
use table::{Refreshed, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/auth/refresh")
    .takes::<RefreshBody>()
    .answers::<Tokens>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, refresh);
}

/// A token can be exchanged once. For 10 seconds a repeat gets the same successor, because the first answer
/// may be lost, or two browser tabs may refresh at once. After that, somebody else may have the token: the
/// session ends, and its owner gets a mail.
pub async fn refresh((table, signer, mails): &(Table, Signer, Queue<SendMail>), request: Request) -> Result {
    let Some(Shown { text, token, delivery }) = request.refresh_token()? else {
        return Err(ended("no refresh token"));
    };
    let (now, session) = (table.now(), (token.user, token.session));
    let (generation, next) = successor(signer, token, now);
    let next_is = (generation, fingerprint(&next));
    let refreshed =
        table.refresh_session(session, &fingerprint(&text), (next_is.0, &next_is.1), expiry(now)).await?;
    let (is_admin, refresh_token) = match refreshed {
        Refreshed::Now { is_admin } => (is_admin, next),
        Refreshed::Repeated { is_admin, session } => {
            let present = present_token(signer, token.user, token.session, &session);
            (is_admin, present.ok_or_else(|| ended("the key of its successor was deleted"))?)
        }
        Refreshed::Superseded { session }
            if token.generation < session.generation && signer.issued(&text) =>
        {
            let told = SendMail::User { user: token.user, mail: Notice::SessionRevoked };
            table.owe_notice(token.user, Notice::SessionRevoked).await?;
            table.end_session(token.user, token.session, None).await?;
            mails.try_send(told).await;
            return Err(ended("a refresh token was used again: the session is revoked"));
        }
        Refreshed::Superseded { .. } | Refreshed::Missing => return Err(ended("no such session or token")),
    };
    let access_token =
        signer.access_token(&request.deployment.issuer, token.user, token.session, is_admin, now);
    next_tokens(access_token.map_err(Problem::internal)?, refresh_token, delivery)
}
