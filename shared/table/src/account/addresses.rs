//! The addresses that users keep: one item a user, changed as a whole.

use domain::account::User;
use domain::account::address::AddressBook;
use domain::ids::UserId;

use crate::dynamo::{Entity, Read, Result, Table, read};

impl Table {
    /// The addresses of a user, by a consistent read; an empty book when there are none.
    pub async fn addresses(&self, user: UserId) -> Result<AddressBook> {
        Ok(self.get(&user, Read::Strong).await?.unwrap_or_else(|| AddressBook::new(user)))
    }

    /// A user with their addresses, by one eventually consistent read. A consistent read follows when it
    /// finds no user, so a new user is found at once.
    pub async fn user_with_addresses(&self, id: UserId) -> Result<Option<(User, AddressBook)>> {
        match self.read_user_with_addresses(id, Read::Eventual).await? {
            Some(found) => Ok(Some(found)),
            None => self.user_with_addresses_now(id).await,
        }
    }

    /// The same by one consistent read.
    pub async fn user_with_addresses_now(&self, id: UserId) -> Result<Option<(User, AddressBook)>> {
        self.read_user_with_addresses(id, Read::Strong).await
    }

    async fn read_user_with_addresses(
        &self,
        id: UserId,
        read_as: Read,
    ) -> Result<Option<(User, AddressBook)>> {
        let (mut user, mut book) = (None, AddressBook::new(id));
        for item in self.partition(&User::key(&id).pk, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("USER") => user = Some(read(item)?),
                Some("ADDRESSES") => book = read(item)?,
                _ => {}
            }
        }
        Ok(user.map(|user| (user, book)))
    }

    /// Changes the addresses of a user. A refusal by `change` is returned as it is, and nothing is written
    /// then. `change` may see its own result, when an answer was lost.
    pub async fn change_addresses<T, E>(
        &self,
        user: UserId,
        change: impl Fn(&mut AddressBook) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        self.change_whole("an address book that others change", AddressBook::new(user), change).await
    }
}
