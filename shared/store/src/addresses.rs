//! The addresses that users keep: one item a user, changed as a whole.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::account::User;
use domain::address::AddressBook;
use domain::ids::UserId;

use crate::entity::Entity;
use crate::item::{ABSENT, Read, read};
use crate::{Backoff, Result, Store, failed, random};

/// Names the write that a book comes from, at random: what the next one's condition is about, and how a writer whose
/// answer was lost knows the book as its own.
const REVISION: &str = "revision";

impl Store {
    /// A user's addresses, as they are at this moment; an empty book if they have never kept one.
    pub async fn addresses(&self, user: UserId) -> Result<AddressBook> {
        Ok(self.get(&user, Read::Strong).await?.unwrap_or_else(|| AddressBook::new(user)))
    }

    /// A user with their addresses, by one read; perhaps a moment old, but there as soon as they have registered.
    pub async fn user_with_addresses(&self, id: UserId) -> Result<Option<(User, AddressBook)>> {
        match self.read_user_with_addresses(id, Read::Eventual).await? {
            Some(found) => Ok(Some(found)),
            None => self.user_with_addresses_now(id).await,
        }
    }

    /// The same, as they are at this moment.
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

    /// Changes a user's addresses: reads the book, lets `change` work on it, and writes it on condition that nobody has
    /// changed it meanwhile; else once more from the start. A refusal by `change` comes back as it is, and nothing is
    /// written then, nor when there is nothing new.
    ///
    /// `change` may meet its own work: when an answer is lost and somebody else writes before the SDK asks again.
    pub async fn change_addresses<T, E>(
        &self,
        user: UserId,
        change: impl Fn(&mut AddressBook) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        let mut backoff = Backoff::new();
        loop {
            let item = self.get_item(AddressBook::key(&user), Read::Strong).await?;
            let seen = item.as_ref().and_then(|item| item.get(REVISION)).cloned();
            let before = item.map(read).transpose()?.unwrap_or_else(|| AddressBook::new(user));
            let mut book = before.clone();
            let changed = change(&mut book);
            if changed.is_err() || book == before || self.write_addresses(&book, seen).await? {
                return Ok(changed);
            }
            backoff.wait("an address book that others change").await?;
        }
    }

    /// Writes a book in the place of the one that was `seen`. False when another is there meanwhile.
    async fn write_addresses(&self, book: &AddressBook, seen: Option<AttributeValue>) -> Result<bool> {
        let revision = AttributeValue::B(Blob::new(random::<16>()?));
        let mut item = book.item()?;
        item.insert(REVISION.to_owned(), revision.clone());
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let put = match seen {
            Some(seen) => {
                put.condition_expression("revision = :seen").expression_attribute_values(":seen", seen)
            }
            None => put.condition_expression(ABSENT),
        };
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                Ok(refused.item().and_then(|there| there.get(REVISION)) == Some(&revision))
            }
            _ => Err(failed(error)),
        }
    }
}
