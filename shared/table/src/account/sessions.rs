//! Sessions.
//!
//! All sessions of a user are one item, each in an attribute of its own (`s#<id>`), with the set of their
//! ids. So ending all of them is one write, the most that there may be is a condition, and a refresh reads
//! nothing before it writes. The item knows the version of the user's credential: a login that has checked an
//! older password begins no session.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::Timestamp;
use domain::account::{Credential, MOST_SESSIONS, REPEAT_WITHIN, Session};
use domain::ids::{SessionId, UserId};

use crate::dynamo::{
    Backoff, Item, Key, Read, Result, Table, broken, failed, lost, number, put, text, value,
};

/// How beginning a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The session can be refreshed from now on.
    Now,
    /// The credential that was checked has changed meanwhile.
    Outdated,
}

/// How the exchange of a refresh token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The session has the next token now, and its owner this role.
    Now {
        /// Whether they administer the shop.
        is_admin: bool,
    },
    /// The token was exchanged moments ago: its successor is what the session says.
    Repeated {
        /// Whether they administer the shop.
        is_admin: bool,
        /// The session as it stands.
        session: Session,
    },
    /// The session has another token, and has had it for longer.
    Superseded {
        /// The session as it stands.
        session: Session,
    },
    /// There is no such session, or it has ended.
    Missing,
}

/// The item outlives its sessions by a day, in seconds, so that it cannot vanish while a login that has read
/// an older credential is still under way.
const MARGIN: i64 = 24 * 3600;

fn attribute(id: SessionId) -> String {
    format!("s#{id}")
}

impl Table {
    /// Begins a session of who has signed in with `credential`. Where there are as many as there may be, the
    /// one that began first makes room; ended ones go before it.
    pub async fn begin_session(
        &self,
        credential: &Credential,
        id: SessionId,
        session: &Session,
    ) -> Result<Begun> {
        let mut backoff = Backoff::new();
        loop {
            let begin = self.beginning(credential, id, session, "ADD ids :ids")?;
            let begin = begin
                .condition_expression(
                    "(attribute_not_exists(credential) OR credential = :credential) AND \
                     (attribute_not_exists(ids) OR size(ids) < :most)",
                )
                .expression_attribute_values(":ids", AttributeValue::Ss(vec![id.to_string()]))
                .expression_attribute_values(":most", number(MOST_SESSIONS))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let Err(error) = begin.send().await else { return Ok(Begun::Now) };
            let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error()
            else {
                return Err(failed(error));
            };
            let seen = refused.item().cloned().unwrap_or_default();
            if seen.get("credential").is_some_and(|known| *known != number(credential.version)) {
                return Ok(Begun::Outdated);
            }
            // The SDK's own retry after a lost answer finds its session begun.
            let there = sessions(&seen)?;
            if there.contains_key(&id) || self.begin_in_place(credential, &seen, there, (id, session)).await?
            {
                return Ok(Begun::Now);
            }
            backoff.wait("a user's sessions").await?;
        }
    }

    /// Begins a session in the place of others. False when the sessions are not those that were `seen` any
    /// more.
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
        let gone: Vec<_> = there.into_keys().filter(|id| !kept.contains(id)).enumerate().collect();
        let names: Vec<_> = gone.iter().map(|(place, _)| format!("#gone{place}")).collect();

        let ids = format!(", ids = :ids REMOVE {}", names.join(", "));
        let mut begin = self.beginning(credential, id, session, &ids)?;
        for (name, (_, id)) in names.iter().zip(gone) {
            begin = begin.expression_attribute_names(name, attribute(id));
        }
        let ids = kept.into_iter().chain([id]).map(|id| id.to_string()).collect();
        let begin = begin
            .condition_expression("ids = :seen AND credential = :credential")
            .expression_attribute_values(":ids", AttributeValue::Ss(ids))
            .expression_attribute_values(
                ":seen",
                seen.get("ids").cloned().unwrap_or(AttributeValue::Null(true)),
            );
        match begin.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// The write that begins a session; `ids` says how it joins the others.
    fn beginning(
        &self,
        credential: &Credential,
        id: SessionId,
        session: &Session,
        ids: &str,
    ) -> Result<UpdateItemFluentBuilder> {
        let update = self.client.update_item().table_name(&*self.name);
        Ok(update
            .set_key(Some(Key::sessions(credential.user_id).into()))
            .update_expression(format!(
                "SET #session = :session, credential = :credential, is_admin = :admin, \
                 expires_at = :expires, v = :v {ids}"
            ))
            .expression_attribute_names("#session", attribute(id))
            .expression_attribute_values(":session", value(session)?)
            .expression_attribute_values(":credential", number(credential.version))
            .expression_attribute_values(":admin", AttributeValue::Bool(credential.is_admin))
            .expression_attribute_values(":expires", number(session.expires_at.seconds() + MARGIN))
            .expression_attribute_values(":v", number(1)))
    }

    /// Exchanges a refresh token for the next generation's: one write without a read before it. `token` and
    /// `next` are what recognises the two.
    pub async fn refresh_session(
        &self,
        (user, id): (UserId, SessionId),
        token: &str,
        (generation, next): (u32, &str),
        expires_at: Timestamp,
    ) -> Result<Refreshed> {
        let now = self.now();
        let update = self.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(Key::sessions(user).into()))
            .update_expression(
                "SET #session.g = :generation, #session.h = :next, #session.p = :token, #session.r = :now, \
                 #session.e = :expires, expires_at = :ttl",
            )
            .condition_expression("#session.h = :token AND #session.e > :now")
            .expression_attribute_names("#session", attribute(id))
            .expression_attribute_values(":generation", number(generation))
            .expression_attribute_values(":next", text(next))
            .expression_attribute_values(":token", text(token))
            .expression_attribute_values(":now", number(now.millis()))
            .expression_attribute_values(":expires", number(expires_at.millis()))
            .expression_attribute_values(":ttl", number(expires_at.seconds() + MARGIN))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            Ok(updated) => {
                return Ok(Refreshed::Now { is_admin: is_admin(&updated.attributes.unwrap_or_default()) });
            }
            Err(error) => error,
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(failed(error));
        };
        let item = refused.item().cloned().unwrap_or_default();
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

    /// A user's sessions that have not ended.
    pub async fn sessions(&self, user: UserId) -> Result<BTreeMap<SessionId, Session>> {
        let item = self.get_item(Key::sessions(user), Read::Strong).await?.unwrap_or_default();
        let mut alive = sessions(&item)?;
        alive.retain(|_, session| session.expires_at > self.now());
        Ok(alive)
    }

    /// Ends a session, on condition that it has this token or had it before the last exchange, if one is
    /// given. False when there is no such session.
    pub async fn end_session(&self, user: UserId, id: SessionId, token: Option<&str>) -> Result<bool> {
        let update = self.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(Key::sessions(user).into()))
            .update_expression("REMOVE #session DELETE ids :id")
            .expression_attribute_names("#session", attribute(id))
            .expression_attribute_values(":id", AttributeValue::Ss(vec![id.to_string()]));
        let update = match token {
            Some(token) => update
                .condition_expression("#session.h = :token OR #session.p = :token")
                .expression_attribute_values(":token", text(token)),
            None => update.condition_expression("attribute_exists(#session)"),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Ends all sessions of a user.
    pub async fn end_sessions(&self, user: UserId) -> Result<()> {
        let mut backoff = Backoff::new();
        loop {
            let item = self.get_item(Key::sessions(user), Read::Strong).await?.unwrap_or_default();
            let Some(ids) = item.get("ids") else { return Ok(()) };
            let mut update = self.client.update_item().table_name(&*self.name);
            let mut gone = vec!["ids".to_owned()];
            for (place, id) in sessions(&item)?.into_keys().enumerate() {
                update = update.expression_attribute_names(format!("#s{place}"), attribute(id));
                gone.push(format!("#s{place}"));
            }
            let update = update
                .set_key(Some(Key::sessions(user).into()))
                .update_expression(format!("REMOVE {}", gone.join(", ")))
                .condition_expression("ids = :seen")
                .expression_attribute_values(":seen", ids.clone());
            match update.send().await {
                Ok(_) => return Ok(()),
                Err(error) if lost(&error) => backoff.wait("a user's sessions").await?,
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Ends all sessions with the change of a credential, for a transaction: `after` is the credential as it
    /// will be.
    pub(crate) fn no_sessions(&self, after: &Credential) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::sessions(after.user_id));
        item.insert("credential".to_owned(), number(after.version));
        item.insert("is_admin".to_owned(), AttributeValue::Bool(after.is_admin));
        item.insert("expires_at".to_owned(), number(self.now().seconds() + MARGIN));
        item.insert("v".to_owned(), number(1));
        put(Put::builder().table_name(&*self.name).set_item(Some(item)))
    }

    /// Keeps the sessions, and tells them of the change of a credential, for a transaction.
    pub(crate) fn keep_sessions(&self, after: &Credential) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Key::sessions(after.user_id).into()))
            .update_expression(
                "SET credential = :credential, is_admin = :admin, \
                 expires_at = if_not_exists(expires_at, :expires), v = :v",
            )
            .expression_attribute_values(":credential", number(after.version))
            .expression_attribute_values(":admin", AttributeValue::Bool(after.is_admin))
            .expression_attribute_values(":expires", number(self.now().seconds() + MARGIN))
            .expression_attribute_values(":v", number(1));
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }
}

fn is_admin(item: &Item) -> bool {
    item.get("is_admin") == Some(&AttributeValue::Bool(true))
}

/// Reads the sessions from their item.
fn sessions(item: &Item) -> Result<BTreeMap<SessionId, Session>> {
    let attributes = item.iter().filter_map(|(name, value)| Some((name.strip_prefix("s#")?, value)));
    let read = attributes.map(|(id, session)| {
        let session = serde_dynamo::from_attribute_value(session.clone()).map_err(broken)?;
        Ok((id.parse().map_err(broken)?, session))
    });
    read.collect()
}
