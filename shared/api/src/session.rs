//! Beginning a session: what login and register have in common.

use domain::account::{Credential, Session, User};
use domain::ids::SessionId;
use http::header;
use serde::{Deserialize, Serialize};
use store::Store;

use crate::token::{self, ACCESS_LIFE, REFRESH_LIFE, Signer};
use crate::view::UserBody;
use crate::{Problem, Reply, Request, Result, Schema};

/// How the refresh token is handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the body, for native clients.
    #[default]
    Body,
    /// In a cookie that scripts cannot read, for browsers.
    Cookie,
}

/// The answer to who has signed in.
#[derive(Serialize, Schema)]
pub struct SignedIn {
    user: UserBody,
    access_token: String,
    /// How long the access token lives, in seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// A session that is about to begin, with its tokens.
pub struct Beginning {
    /// What the table is given.
    pub session: Session,
    access_token: String,
    refresh_token: String,
}

impl Beginning {
    /// A new session of whoever signs in like this.
    pub fn of(credential: &Credential, store: &Store, signer: &Signer, request: &Request) -> Result<Self> {
        let (now, user) = (store.now(), credential.user_id);
        let id: SessionId = store.new_id()?;
        let access_token = signer.access_token(&request.site.issuer, user, id, credential.is_admin, now);
        let refresh_token = signer.refresh_token(user, id, 0, now);
        let session = Session {
            id,
            user_id: user,
            generation: 0,
            token_hash: token::hash(&refresh_token),
            created_at: now,
            is_admin: credential.is_admin,
            expires_at: now.seconds() + REFRESH_LIFE,
        };
        Ok(Self { session, access_token: access_token.map_err(Problem::internal)?, refresh_token })
    }

    /// The answer that hands the tokens over, in the way that was asked for.
    pub fn reply(self, status: u16, user: &User, delivery: Delivery) -> Result {
        let Self { access_token, refresh_token, .. } = self;
        let cookie = format!(
            "refresh_token={refresh_token}; HttpOnly; Secure; SameSite=Strict; Path=/api/v1/auth; Max-Age={REFRESH_LIFE}"
        );
        let refresh_token = (delivery == Delivery::Body).then_some(refresh_token);
        let body =
            SignedIn { user: UserBody::of(user), access_token, expires_in: ACCESS_LIFE, refresh_token };
        let reply = Reply::with_status(status, &body)?;
        match delivery {
            Delivery::Body => Ok(reply),
            Delivery::Cookie => reply.header(header::SET_COOKIE, &cookie),
        }
    }
}
