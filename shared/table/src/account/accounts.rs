//! Users and their credentials.
//!
//! A user changes seldom, so a change reads the whole item and replaces it on condition that it is as it was
//! read. A change of several items is a transaction with that condition on each of them.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::account::email::{NewEmail, TypedEmail};
use domain::account::{Credential, User};
use domain::ids::UserId;
use domain::text::Email;

use crate::chart::{Due, USER_SHARDS};
use crate::dynamo::{
    ABSENT, Entity, Key, List, Page, Read, Result, Table, Written, number, read, refused, until_won,
};

/// A new account.
pub struct NewUser {
    /// The user.
    pub user: User,
    /// How the user signs in.
    pub credential: Credential,
}

/// How registering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The account is open.
    Now,
    /// Another account has this address.
    EmailTaken,
}

/// How a change of the address of an account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChanged {
    /// The user signs in at the new address from now on.
    Now,
    /// The account is not as it was read.
    Outdated,
    /// Another account has this address.
    EmailTaken,
}

/// How a change of a role, or the deletion of an account, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChanged {
    /// All of it is written.
    Now,
    /// The account is not as it was read.
    Outdated,
    /// The shop would be without an administrator.
    LastAdmin,
}

impl Table {
    /// Opens an account. Of several at once with the same address, one succeeds.
    pub async fn register(&self, NewUser { user, credential }: &NewUser) -> Result<Registered> {
        let mut writes =
            vec![self.put(credential).only_if(ABSENT).in_transaction()?, self.put(user).in_transaction()?];
        if user.is_admin {
            writes.push(self.count_admin(true)?);
        }
        match self.transact("register", writes).await? {
            Written::All => Ok(Registered::Now),
            Written::Refused(_) => Ok(Registered::EmailTaken),
        }
    }

    /// The credential of an address: of the form that was typed, else of its ASCII form. An eventually
    /// consistent read; one for an ASCII address, two for others.
    pub async fn typed_credential(&self, email: &TypedEmail) -> Result<Option<Credential>> {
        self.typed_credential_as(email, Read::Eventual).await
    }

    /// The same by consistent reads, before a caller is refused.
    pub async fn typed_credential_now(&self, email: &TypedEmail) -> Result<Option<Credential>> {
        self.typed_credential_as(email, Read::Strong).await
    }

    async fn typed_credential_as(&self, email: &TypedEmail, read_as: Read) -> Result<Option<Credential>> {
        let Some(ascii) = email.ascii() else { return self.get(email.typed(), read_as).await };
        // Both at once, so that the time does not tell which form has an account, or whether any has.
        let (typed, ascii) = tokio::try_join!(self.get(email.typed(), read_as), self.get(ascii, read_as))?;
        Ok(typed.or(ascii))
    }

    /// The credential of a stored address, by a consistent read, for a caller that will change it.
    pub async fn credential_now(&self, email: &Email) -> Result<Option<Credential>> {
        self.get(email, Read::Strong).await
    }

    /// The user who has a new address in another form: older accounts keep the form that was typed. No new
    /// account gets such a form, so the answer stays true until the new address is written. An ASCII address
    /// has no other form and costs no read.
    pub async fn owner_of_other_form(&self, email: &NewEmail) -> Result<Option<UserId>> {
        for other in email.others() {
            if let Some(credential) = self.credential_now(other).await? {
                return Ok(Some(credential.user_id));
            }
        }
        Ok(None)
    }

    /// A user, by an eventually consistent read. A consistent read follows when it finds none, so a new user
    /// is found at once.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.get_settled(&id).await
    }

    /// A user, by a consistent read.
    pub async fn user_now(&self, id: UserId) -> Result<Option<User>> {
        self.get(&id, Read::Strong).await
    }

    /// One page of all users, newest first, after `before`. The index may be a moment behind.
    pub async fn newest_users(&self, before: Option<&str>, limit: u32) -> Result<Page<User>> {
        let partitions = (0..USER_SHARDS).map(|shard| format!("USERS#{shard}")).collect();
        let Page { rows, next } =
            self.newest(&List { index: Some("gsi1"), partitions }, before, limit).await?;
        let keys = rows.iter().filter_map(Key::of).collect();
        let users = self.batch(keys, Read::Eventual).await?.into_iter().map(read);
        let mut users = users.collect::<Result<Vec<User>>>()?;
        users.sort_by_key(|user| std::cmp::Reverse((user.created_at, user.id)));
        Ok(Page { rows: users, next })
    }

    /// Changes a user: reads the user, applies `decide`, and writes the result on condition that the user is
    /// as they were read; retries when they are not. None when there is no such user. A refusal by `decide`
    /// is returned as it is.
    pub async fn change_user<E>(
        &self,
        id: UserId,
        decide: impl Fn(User) -> Result<User, E>,
    ) -> Result<Option<Result<User, E>>> {
        until_won("a user", async || {
            let Some(seen) = self.user_now(id).await? else { return Ok(Some(None)) };
            let version = seen.version;
            let after = match decide(seen) {
                Ok(after) => User { version: version + 1, ..after },
                Err(refused) => return Ok(Some(Some(Err(refused)))),
            };
            Ok(self.replace(version, &after).await?.then_some(Some(Ok(after))))
        })
        .await
    }

    /// Moves the sign-in of a user to the address of `after`, and writes `after`.
    pub async fn change_email(
        &self,
        seen: &User,
        credential: &Credential,
        after: User,
    ) -> Result<EmailChanged> {
        let moved =
            Credential { email: after.email.clone(), version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            self.put(&moved).only_if(ABSENT).in_transaction()?,
            self.forget(credential, credential.version)?,
            self.keep_sessions(&moved)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        Ok(match self.transact("change an address", writes).await? {
            Written::All => EmailChanged::Now,
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => EmailChanged::EmailTaken,
            Written::Refused(_) => EmailChanged::Outdated,
        })
    }

    /// Sets a password, ends all sessions of the user, and writes `after`. False when the account is not as
    /// it was read.
    pub async fn change_password(
        &self,
        seen: &User,
        credential: &Credential,
        after: User,
        password_hash: String,
    ) -> Result<bool> {
        let changed = Credential { password_hash, version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            self.replacing(credential.version, &changed)?,
            self.no_sessions(&changed)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        Ok(matches!(self.transact("change a password", writes).await?, Written::All))
    }

    /// Makes a user an administrator or a plain user, as `after` says. The last administrator stays one.
    pub async fn change_role(
        &self,
        seen: &User,
        credential: &Credential,
        after: User,
    ) -> Result<AccountChanged> {
        let is_admin = after.is_admin;
        let changed = Credential { is_admin, version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            self.count_admin(is_admin)?,
            self.replacing(credential.version, &changed)?,
            self.keep_sessions(&changed)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        self.change_with_admins("change a role", writes).await
    }

    /// Writes a transaction that begins with [`count_admin`](Self::count_admin).
    pub(crate) async fn change_with_admins(
        &self,
        what: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<AccountChanged> {
        Ok(match self.transact(what, writes).await? {
            Written::All => AccountChanged::Now,
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => AccountChanged::LastAdmin,
            Written::Refused(_) => AccountChanged::Outdated,
        })
    }

    /// Makes the sweeper start its reminders of the mails that a user is owed from the first, at its next
    /// run. Gives the user; none when there is no such user.
    pub async fn redrive_user(&self, id: UserId) -> Result<Option<User>> {
        until_won("a user", async || {
            let Some(user) = self.user_now(id).await? else { return Ok(Some(None)) };
            let (key, version) = (User::key(&id), user.version);
            let is_done = user.owed.is_empty() || self.redrive(key, Due::User(id), version).await?;
            Ok(is_done.then_some(Some(user)))
        })
        .await
    }

    /// Counts one administrator more, or one less on condition that another one is left, for a transaction.
    pub(crate) fn count_admin(&self, more: bool) -> Result<TransactWriteItem> {
        let count = self.update_at(Key::admins()).add("admins :change");
        match more {
            true => count.with(":change", number(1)),
            false => count.with(":change", number(-1)).only_if("admins > :one").with(":one", number(1)),
        }
        .in_transaction()
    }
}
