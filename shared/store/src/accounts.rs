//! Users, their logins and their sessions.

use domain::Timestamp;
use domain::account::{Credential, Session, User};
use domain::ids::UserId;
use domain::text::Email;

use crate::due::{self, Due};
use crate::entity::{Entity, Key};
use crate::item::{ABSENT, Read, Written, number, put, read, text};
use crate::{Result, Store, failed, lost};

/// What registering writes.
pub struct NewUser {
    /// The user.
    pub user: User,
    /// How they sign in.
    pub credential: Credential,
    /// Their first session; an account made by an administrator has none.
    pub session: Option<Session>,
}

/// How registering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The account is open.
    Now,
    /// Somebody has this address.
    EmailTaken,
}

impl Store {
    /// Opens an account; one of many with the same address wins.
    pub async fn register(&self, new: &NewUser) -> Result<Registered> {
        let mut writes = vec![
            put(self.put(&new.credential)?.condition_expression(ABSENT))?,
            put(self.put(&new.user)?.condition_expression(ABSENT))?,
        ];
        if let Some(session) = &new.session {
            writes.push(put(self.put(session)?)?);
        }
        match self.transact("register", writes).await? {
            Written::All => Ok(Registered::Now),
            Written::Refused(_) => Ok(Registered::EmailTaken),
        }
    }

    /// How an address signs in.
    pub async fn credential(&self, email: &Email) -> Result<Option<Credential>> {
        self.get_settled(email).await
    }

    /// A user. One who registered only moments ago may need the strong read that follows a miss.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.get_settled(&id).await
    }

    /// A user, as they are at this moment.
    pub async fn user_now(&self, id: UserId) -> Result<Option<User>> {
        self.get(&id, Read::Strong).await
    }

    /// Begins a session.
    pub async fn begin_session(&self, session: &Session) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(session.item()?));
        put.send().await.map_err(failed).map(drop)
    }

    /// Takes a mail to a user in hand until `until`. None when it is not owed any more or another worker has it.
    pub async fn claim_user_mail(&self, id: UserId, mail: &str, until: Timestamp) -> Result<Option<User>> {
        self.claim(User::key(&id), mail, until).await?.map(read).transpose()
    }

    /// The mail is sent. A user who is owed nothing more leaves the index.
    pub async fn user_mail_sent(&self, user: &User, mail: &str) -> Result<()> {
        let last = user.owed.keys().all(|owed| owed == mail);
        let update = if last { "REMOVE owed.#mail, due, due_at" } else { "REMOVE owed.#mail" };
        self.mail_sent(User::key(&user.id), mail, update).await
    }

    /// Puts off the next reminder for a user. False when somebody else was faster.
    pub async fn remind_user(&self, user: &User, next: Option<Timestamp>) -> Result<bool> {
        let seen = (user.due_at, None);
        self.remind(User::key(&user.id), Due::User(user.id), seen, next, user.attempts + 1).await
    }

    /// Takes an owed mail in hand; a claim that ran out may be taken over.
    pub(crate) async fn claim(
        &self,
        key: Key,
        mail: &str,
        until: Timestamp,
    ) -> Result<Option<crate::item::Item>> {
        let update = self.client.update_item().table_name(&*self.table).set_key(Some(key.into()));
        let update = update
            .update_expression("SET owed.#mail.claimed = :until")
            .condition_expression(
                "attribute_exists(owed.#mail) AND (attribute_not_exists(owed.#mail.claimed) OR owed.#mail.claimed < :now)",
            )
            .expression_attribute_names("#mail", mail)
            .expression_attribute_values(":until", number(until.millis()))
            .expression_attribute_values(":now", number(self.now().millis()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        match update.send().await {
            Ok(updated) => Ok(updated.attributes),
            Err(error) if lost(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Strikes a mail off; striking it off twice does no harm.
    pub(crate) async fn mail_sent(&self, key: Key, mail: &str, expression: &str) -> Result<()> {
        let update = self.client.update_item().table_name(&*self.table).set_key(Some(key.into()));
        let update = update.update_expression(expression).condition_expression("attribute_exists(owed)");
        match update.expression_attribute_names("#mail", mail).send().await {
            Err(error) if !lost(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Moves an item in the `due` index, on condition that nobody has since it was `seen`, nor its version if it has one.
    pub(crate) async fn remind(
        &self,
        key: Key,
        who: Due,
        (seen, version): (Option<Timestamp>, Option<u64>),
        next: Option<Timestamp>,
        attempts: u32,
    ) -> Result<bool> {
        let Some(seen) = seen else { return Ok(false) };
        let update = self.client.update_item().table_name(&*self.table).set_key(Some(key.into()));
        let update = update
            .expression_attribute_values(":seen", number(seen.millis()))
            .expression_attribute_values(":attempts", number(attempts));
        let update = match version {
            Some(version) => update
                .condition_expression("due_at = :seen AND version = :version")
                .expression_attribute_values(":version", number(version)),
            None => update.condition_expression("due_at = :seen"),
        };
        let update = match next {
            Some(next) => update
                .update_expression("SET attempts = :attempts, due_at = :next, due = :shard")
                .expression_attribute_values(":next", number(next.millis()))
                .expression_attribute_values(":shard", text(due::shard(who))),
            None => update.update_expression("SET attempts = :attempts REMOVE due_at, due"),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }
}
