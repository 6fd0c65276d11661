//! Sessions.
//!
//! All sessions of a user are one item: an attribute for each session (`s#<id>`), and the set of their ids.
//! So one write ends all of them, their greatest number is a condition, and a refresh writes without a read.
//! The item holds the version of the user's credential, so that a login that has checked an older password
//! begins no session.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::Timestamp;
use domain::account::{Credential, MOST_SESSIONS, REPEAT_WITHIN, Session};
use domain::ids::{SessionId, UserId};

use crate::dynamo::{
    Item, Key, Read, Result, Table, Updates, Write, broken, number, readable, shape, text, until_won, value,
};

/// How beginning a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The session can be refreshed from now on.
    Now,
    /// The credential has changed since it was checked.
    Outdated,
}

/// How exchanging a refresh token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The session has the next token now.
    Now {
        /// Whether its owner is an administrator.
        is_admin: bool,
    },
    /// The token was exchanged a moment ago; the session holds its successor.
    Repeated {
        /// Whether its owner is an administrator.
        is_admin: bool,
        /// The session as it is.
        session: Session,
    },
    /// The token was exchanged longer ago than a repeat takes, or was never the session's.
    Superseded {
        /// The session as it is.
        session: Session,
    },
    /// There is no such session, or it has ended.
    Missing,
}

/// How long the item outlives its sessions, in seconds: a day. So it cannot expire while a login that has
/// read an older credential is under way.
const MARGIN: i64 = 24 * 3600;

fn attribute(id: SessionId) -> String {
    format!("s#{id}")
}

impl Table {
    /// Begins a session of the user who has signed in with `credential`. When there are [`MOST_SESSIONS`],
    /// the expired ones are removed, or else the one that began first.
    pub async fn begin_session(
        &self,
        credential: &Credential,
        id: SessionId,
        session: &Session,
    ) -> Result<Begun> {
        until_won("a user's sessions", async || {
            let begin = self
                .beginning(credential, id, session)?
                .add("ids :ids")
                .only_if("(attribute_not_exists(credential) OR credential = :credential)")
                .only_if("(attribute_not_exists(ids) OR size(ids) < :most)")
                .with(":ids", AttributeValue::Ss(vec![id.to_string()]))
                .with(":most", number(MOST_SESSIONS))
                .returning_old();
            let Err(seen) = begin.write_and_return().await? else { return Ok(Some(Begun::Now)) };
            let seen = seen.unwrap_or_default();
            if seen.get("credential").is_some_and(|known| *known != number(credential.version)) {
                return Ok(Some(Begun::Outdated));
            }
            let there = sessions(&seen)?;
            // The SDK's own retry after a lost answer finds the session that the first try began.
            let has_begun = there.contains_key(&id)
                || self.begin_in_place(credential, &seen, there, (id, session)).await?;
            Ok(has_begun.then_some(Begun::Now))
        })
        .await
    }

    /// Begins a session in the place of others. False when the sessions have changed since they were `seen`.
    async fn begin_in_place(
        &self,
        credential: &Credential,
        seen: &Item,
        there: BTreeMap<SessionId, Session>,
        (id, session): (SessionId, &Session),
    ) -> Result<bool> {
        let mut kept: Vec<_> = there.iter().filter(|(_, other)| other.expires_at > self.now()).collect();
        kept.sort_by_key(|(id, other)| std::cmp::Reverse((other.created_at, **id)));
        let kept: BTreeSet<_> =
            kept.into_iter().take(MOST_SESSIONS as usize - 1).map(|(id, _)| *id).collect();
        let gone = there.into_keys().filter(|id| !kept.contains(id));

        let ids = kept.iter().copied().chain([id]).map(|id| id.to_string()).collect();
        let mut begin = self
            .beginning(credential, id, session)?
            .set("ids = :ids")
            .only_if("ids = :seen AND credential = :credential")
            .with(":ids", AttributeValue::Ss(ids))
            .with(":seen", seen.get("ids").cloned().unwrap_or(AttributeValue::Null(true)));
        for (place, id) in gone.enumerate() {
            let name = format!("#gone{place}");
            begin = begin.remove(&name).name(name, attribute(id));
        }
        begin.write().await
    }

    /// The update that begins a session, but for the set of ids.
    fn beginning(
        &self,
        credential: &Credential,
        id: SessionId,
        session: &Session,
    ) -> Result<Write<'_, Updates>> {
        Ok(self
            .update_at(Key::sessions(credential.user_id))
            .set("#session = :session, credential = :credential, is_admin = :admin")
            .set("expires_at = :expires, v = :v")
            .name("#session", attribute(id))
            .with(":session", value(session)?)
            .with(":credential", number(credential.version))
            .with(":admin", AttributeValue::Bool(credential.is_admin))
            .with(":expires", number(session.expires_at.seconds() + MARGIN))
            .with(":v", shape(1)))
    }

    /// Exchanges a refresh token for the next one: one write without a read. `token` and `next` are the
    /// hashes of the two.
    pub async fn refresh_session(
        &self,
        (user, id): (UserId, SessionId),
        token: &str,
        (generation, next): (u32, &str),
        expires_at: Timestamp,
    ) -> Result<Refreshed> {
        let now = self.now();
        let exchange = self
            .update_at(Key::sessions(user))
            .set("#session.g = :generation, #session.h = :next, #session.p = :token, #session.r = :now")
            .set("#session.e = :expires, expires_at = :ttl")
            .only_if("#session.h = :token AND #session.e > :now")
            .name("#session", attribute(id))
            .with(":generation", number(generation))
            .with(":next", text(next))
            .with(":token", text(token))
            .with(":now", number(now.millis()))
            .with(":expires", number(expires_at.millis()))
            .with(":ttl", number(expires_at.seconds() + MARGIN))
            .returning_new()
            .returning_old();
        let item = match exchange.write_and_return().await? {
            Ok(exchanged) => return Ok(Refreshed::Now { is_admin: is_admin(&exchanged) }),
            Err(seen) => seen.unwrap_or_default(),
        };
        let session = sessions(&item)?.remove(&id).filter(|session| session.expires_at > now);
        Ok(match session {
            None => Refreshed::Missing,
            Some(session)
                if session.previous.as_deref() == Some(token)
                    && now.since(session.refreshed_at) <= REPEAT_WITHIN =>
            {
                Refreshed::Repeated { is_admin: is_admin(&item), session }
            }
            Some(session) => Refreshed::Superseded { session },
        })
    }

    /// The sessions of a user that have not expired.
    pub async fn sessions(&self, user: UserId) -> Result<BTreeMap<SessionId, Session>> {
        let item = self.get_item(Key::sessions(user), Read::Strong).await?.unwrap_or_default();
        let mut alive = sessions(&item)?;
        alive.retain(|_, session| session.expires_at > self.now());
        Ok(alive)
    }

    /// Ends a session; with a `token`, only if that is the session's present or previous one. False when
    /// there is no such session.
    pub async fn end_session(&self, user: UserId, id: SessionId, token: Option<&str>) -> Result<bool> {
        let end = self
            .update_at(Key::sessions(user))
            .remove("#session")
            .delete_from("ids :id")
            .name("#session", attribute(id))
            .with(":id", AttributeValue::Ss(vec![id.to_string()]));
        match token {
            Some(token) => {
                end.only_if("#session.h = :token OR #session.p = :token").with(":token", text(token))
            }
            None => end.only_if("attribute_exists(#session)"),
        }
        .write()
        .await
    }

    /// Ends all sessions of a user.
    pub async fn end_sessions(&self, user: UserId) -> Result<()> {
        until_won("a user's sessions", async || {
            let item = self.get_item(Key::sessions(user), Read::Strong).await?.unwrap_or_default();
            let Some(ids) = item.get("ids") else { return Ok(Some(())) };
            let mut end = self
                .update_at(Key::sessions(user))
                .remove("ids")
                .only_if("ids = :seen")
                .with(":seen", ids.clone());
            for (place, id) in sessions(&item)?.into_keys().enumerate() {
                let name = format!("#s{place}");
                end = end.remove(&name).name(name, attribute(id));
            }
            Ok(end.write().await?.then_some(()))
        })
        .await
    }

    /// Ends all sessions with the change of a credential to `after`, for a transaction.
    pub(crate) fn no_sessions(&self, after: &Credential) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::sessions(after.user_id));
        item.insert("credential".to_owned(), number(after.version));
        item.insert("is_admin".to_owned(), AttributeValue::Bool(after.is_admin));
        item.insert("expires_at".to_owned(), number(self.now().seconds() + MARGIN));
        item.insert("v".to_owned(), shape(1));
        self.put_item(item).in_transaction()
    }

    /// Keeps the sessions through the change of a credential to `after`, for a transaction.
    pub(crate) fn keep_sessions(&self, after: &Credential) -> Result<TransactWriteItem> {
        self.update_at(Key::sessions(after.user_id))
            .set("credential = :credential, is_admin = :admin")
            .set("expires_at = if_not_exists(expires_at, :expires), v = :v")
            .with(":credential", number(after.version))
            .with(":admin", AttributeValue::Bool(after.is_admin))
            .with(":expires", number(self.now().seconds() + MARGIN))
            .with(":v", shape(1))
            .in_transaction()
    }
}

fn is_admin(item: &Item) -> bool {
    item.get("is_admin") == Some(&AttributeValue::Bool(true))
}

/// Reads the sessions from their item.
fn sessions(item: &Item) -> Result<BTreeMap<SessionId, Session>> {
    readable(item, "Sessions")?;
    let attributes = item.iter().filter_map(|(name, value)| Some((name.strip_prefix("s#")?, value)));
    let read = attributes.map(|(id, session)| {
        let session = serde_dynamo::from_attribute_value(session.clone()).map_err(broken)?;
        Ok((id.parse().map_err(broken)?, session))
    });
    read.collect()
}
