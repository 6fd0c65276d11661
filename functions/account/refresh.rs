//! `POST /auth/refresh`: exchange the refresh token for new tokens.

use api::code::{UNAUTHENTICATED, VALIDATION_ERROR};
use api::session::{RefreshBody, Shown, ended, expiry, fingerprint, next_tokens, present_token, successor};
use api::token::{RefreshToken, Signer};
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
/// session ends, and its owner gets a mail. Of several cookies, the first that can be exchanged counts.
pub async fn refresh((table, signer, mails): &(Table, Signer, Queue<SendMail>), request: Request) -> Result {
    let mut used_again = Vec::new();
    for Shown { text, token, delivery } in request.refresh_tokens()? {
        let (is_admin, refresh_token) = match exchange(table, signer, &text, token).await? {
            Exchanged::Now { is_admin, next } => (is_admin, next),
            Exchanged::UsedAgain => {
                used_again.push(token);
                continue;
            }
            Exchanged::Not => continue,
        };
        let issuer = &request.deployment.issuer;
        let access_token = signer.access_token(issuer, token.user, token.session, is_admin, table.now());
        return next_tokens(access_token.map_err(Problem::internal)?, refresh_token, delivery);
    }
    for RefreshToken { user, session, .. } in used_again {
        table.owe_notice(user, Notice::SessionRevoked).await?;
        table.end_session(user, session, None).await?;
        mails.try_send(SendMail::User { user, mail: Notice::SessionRevoked }).await;
    }
    Err(ended("no such session or token, or a token was used again"))
}

/// How the exchange of one token ended.
enum Exchanged {
    Now {
        is_admin: bool,
        next: String,
    },
    /// The token is ours, and was exchanged more than 10 seconds ago.
    UsedAgain,
    Not,
}

async fn exchange(table: &Table, signer: &Signer, text: &str, token: RefreshToken) -> Result<Exchanged> {
    let (now, id) = (table.now(), (token.user, token.session));
    let (generation, next) = successor(signer, token, now);
    let next_is = (generation, fingerprint(&next));
    let refreshed =
        table.refresh_session(id, &fingerprint(text), (next_is.0, &next_is.1), expiry(now)).await?;
    Ok(match refreshed {
        Refreshed::Now { is_admin } => Exchanged::Now { is_admin, next },
        // None if the key of the successor was deleted.
        Refreshed::Repeated { is_admin, session } => {
            present_token(signer, token.user, token.session, &session)
                .map_or(Exchanged::Not, |next| Exchanged::Now { is_admin, next })
        }
        Refreshed::Superseded { session } if token.generation < session.generation && signer.issued(text) => {
            Exchanged::UsedAgain
        }
        Refreshed::Superseded { .. } | Refreshed::Missing => Exchanged::Not,
    })
}
