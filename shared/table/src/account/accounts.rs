//! Users and their credentials.
//!
//! A user changes seldom, so a change reads the whole item, works out another and writes that on condition
//! that nobody else has written since. What has to hold for several items at once is a transaction with the
//! same condition on each.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::account::email::{NewEmail, TypedEmail};
use domain::account::{Credential, User};
use domain::ids::UserId;
use domain::text::Email;

use crate::chart::{Due, USER_SHARDS};
use crate::dynamo::{
    ABSENT, Backoff, Entity, Key, List, Read, Result, Table, Written, broken, number, put, read, refused,
};

/// What opening an account writes.
pub struct NewUser {
    /// The user.
    pub user: User,
    /// How they sign in.
    pub credential: Credential,
}

/// How registering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The account is open.
    Now,
    /// Somebody has this address.
    EmailTaken,
}

/// How a change of several items of an account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// All of it is written.
    Now,
    /// The account is not as it was read.
    Outdated,
    /// The address is somebody else's.
    EmailTaken,
    /// The shop would be without an administrator.
    LastAdmin,
}

impl Table {
    /// Opens an account; one of many with the same address wins.
    pub async fn register(&self, NewUser { user, credential }: &NewUser) -> Result<Registered> {
        let mut writes =
            vec![put(self.put(credential)?.condition_expression(ABSENT))?, put(self.put(user)?)?];
        if user.is_admin {
            writes.push(self.count_admin(true)?);
        }
        match self.transact("register", writes).await? {
            Written::All => Ok(Registered::Now),
            Written::Refused(_) => Ok(Registered::EmailTaken),
        }
    }

    /// How an address signs in, or did a moment ago: as it was typed, else in its ASCII form. Of an ASCII
    /// address there is one form, and one read.
    pub async fn typed_credential(&self, email: &TypedEmail) -> Result<Option<Credential>> {
        self.typed_credential_as(email, Read::Eventual).await
    }

    /// The same at this moment: before somebody is turned away.
    pub async fn typed_credential_now(&self, email: &TypedEmail) -> Result<Option<Credential>> {
        self.typed_credential_as(email, Read::Strong).await
    }

    async fn typed_credential_as(&self, email: &TypedEmail, read_as: Read) -> Result<Option<Credential>> {
        let Some(ascii) = email.ascii() else { return self.get(email.typed(), read_as).await };
        // Both at once, so that it takes as long wherever the account is, and if there is none.
        let (typed, ascii) = tokio::try_join!(self.get(email.typed(), read_as), self.get(ascii, read_as))?;
        Ok(typed.or(ascii))
    }

    /// How a stored address signs in at this moment: for who is about to change it.
    pub async fn credential_now(&self, email: &Email) -> Result<Option<Credential>> {
        self.get(email, Read::Strong).await
    }

    /// Who has a new address in another form, from before addresses had one form. No new account gets such a
    /// form, so what a read says stays true until the new address is written. Of an ASCII address there is no
    /// other form, and no read.
    pub async fn owner_of_other_form(&self, email: &NewEmail) -> Result<Option<UserId>> {
        for other in email.others() {
            if let Some(credential) = self.credential_now(other).await? {
                return Ok(Some(credential.user_id));
            }
        }
        Ok(None)
    }

    /// A user. One who registered only moments ago may need the strong read that follows a miss.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.get_settled(&id).await
    }

    /// A user, as they are at this moment.
    pub async fn user_now(&self, id: UserId) -> Result<Option<User>> {
        self.get(&id, Read::Strong).await
    }

    /// One page of all users, newest first, after `before`; and where the next page begins, if there is one.
    /// The index may be a moment behind.
    pub async fn newest_users(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<User>, Option<String>)> {
        let partitions = (0..USER_SHARDS).map(|shard| format!("USERS#{shard}")).collect();
        let (rows, next) = self.newest(&List { index: Some("gsi1"), partitions }, before, limit).await?;
        let keys = rows.iter().filter_map(Key::of).collect();
        let users = self.batch(keys, Read::Eventual).await?.into_iter().map(read);
        let mut users = users.collect::<Result<Vec<User>>>()?;
        users.sort_by_key(|user| std::cmp::Reverse((user.created_at, user.id)));
        Ok((users, next))
    }

    /// Changes a user: reads them, lets `decide` work out how they are to be, and writes that unless somebody
    /// else was faster; else once more from the start. None when there is no such user; what `decide` refuses
    /// comes back as it is.
    pub async fn change_user<E>(
        &self,
        id: UserId,
        decide: impl Fn(User) -> Result<User, E>,
    ) -> Result<Option<Result<User, E>>> {
        let mut backoff = Backoff::new();
        loop {
            let Some(seen) = self.user_now(id).await? else { return Ok(None) };
            let version = seen.version;
            let after = match decide(seen) {
                Ok(after) => User { version: version + 1, ..after },
                Err(refused) => return Ok(Some(Err(refused))),
            };
            if self.replace(version, &after).await? {
                return Ok(Some(Ok(after)));
            }
            backoff.wait("a user").await?;
        }
    }

    /// Lets a user sign in at another address: `after` is how they are to be.
    pub async fn change_email(&self, seen: &User, credential: &Credential, after: User) -> Result<Changed> {
        let moved =
            Credential { email: after.email.clone(), version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            put(self.put(&moved)?.condition_expression(ABSENT))?,
            self.forget(credential, credential.version)?,
            self.keep_sessions(&moved)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        self.change("change an address", writes, Changed::EmailTaken).await
    }

    /// Lets a user sign in with another password, and ends all their sessions; `after` is how the user is to
    /// be.
    pub async fn change_password(
        &self,
        seen: &User,
        credential: &Credential,
        after: User,
        password_hash: String,
    ) -> Result<Changed> {
        let changed = Credential { password_hash, version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            self.replacing(credential.version, &changed)?,
            self.no_sessions(&changed)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        self.change("change a password", writes, Changed::Outdated).await
    }

    /// Makes somebody an administrator or makes them none, as `after` says; the last one stays.
    pub async fn change_role(&self, seen: &User, credential: &Credential, after: User) -> Result<Changed> {
        let is_admin = after.is_admin;
        let changed = Credential { is_admin, version: credential.version + 1, ..credential.clone() };
        let writes = vec![
            self.count_admin(is_admin)?,
            self.replacing(credential.version, &changed)?,
            self.keep_sessions(&changed)?,
            self.replacing(seen.version, &User { version: seen.version + 1, ..after })?,
        ];
        self.change("change a role", writes, Changed::LastAdmin).await
    }

    /// Writes a transaction of an account; `first` is what a refusal of the first write means.
    pub(crate) async fn change(
        &self,
        what: &'static str,
        writes: Vec<TransactWriteItem>,
        first: Changed,
    ) -> Result<Changed> {
        Ok(match self.transact(what, writes).await? {
            Written::All => Changed::Now,
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => first,
            Written::Refused(_) => Changed::Outdated,
        })
    }

    /// Lets the sweeper remind of all mails that a user is owed as if it never had, from its next run on: for
    /// what it has given up.
    pub async fn redrive_user(&self, id: UserId) -> Result<Option<User>> {
        let mut backoff = Backoff::new();
        loop {
            let Some(user) = self.user_now(id).await? else { return Ok(None) };
            let (key, version) = (User::key(&id), user.version);
            if user.owed.is_empty() || self.redrive(key, Due::User(id), version).await? {
                return Ok(Some(user));
            }
            backoff.wait("a user").await?;
        }
    }

    /// Counts one administrator more, or one less on condition that one is left, for a transaction.
    pub(crate) fn count_admin(&self, more: bool) -> Result<TransactWriteItem> {
        let count = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Key::admins().into()))
            .update_expression("ADD admins :change")
            .expression_attribute_values(":change", number(if more { 1 } else { -1 }));
        let count = match more {
            true => count,
            false => {
                count.condition_expression("admins > :one").expression_attribute_values(":one", number(1))
            }
        };
        Ok(TransactWriteItem::builder().update(count.build().map_err(broken)?).build())
    }
}
