//! The images of products and the logos of stores.

use std::convert::Infallible;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::catalogue::image::{Album, Subject};
use domain::ids::StoreId;
use domain::stores::Store;

use crate::chart::{AlbumKey, PICTURES};
use crate::dynamo::{Entity, Item, Read, Result, Table, read, text};

impl Table {
    /// All images of a product or a store, by a consistent read.
    pub async fn album(&self, subject: Subject) -> Result<Album> {
        let found = self.get(&AlbumKey::of(subject), Read::Strong).await?;
        Ok(found.unwrap_or_else(|| Album::new(subject)))
    }

    /// Changes an album. A refusal by `change` is returned as it is, and nothing is written then. `change`
    /// may see its own result, when an answer was lost.
    pub async fn change_album<T, E>(
        &self,
        subject: Subject,
        change: impl Fn(&mut Album) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        self.change_whole("an album that others change", Album::new(subject), change).await
    }

    /// Changes an album by a `change` that never refuses.
    pub async fn update_album<T>(&self, subject: Subject, change: impl Fn(&mut Album) -> T) -> Result<T> {
        let Ok(changed) = self.change_album(subject, |album| Ok::<_, Infallible>(change(album))).await?;
        Ok(changed)
    }

    /// A store with its logo, by one eventually consistent read. A consistent read follows when it finds no
    /// store, so a new store is found at once.
    pub async fn store_with_logo(&self, id: StoreId) -> Result<Option<(Store, Album)>> {
        let subject = Subject::Store(id);
        let keys = || vec![Store::key(&id), Album::key(&AlbumKey::of(subject))];
        for read_as in [Read::Eventual, Read::Strong] {
            let (albums, stores): (Vec<Item>, Vec<Item>) =
                self.batch(keys(), read_as).await?.into_iter().partition(is_album);
            if let Some(store) = stores.into_iter().next() {
                let album = albums.into_iter().next().map(read).transpose()?;
                return Ok(Some((read(store)?, album.unwrap_or_else(|| Album::new(subject)))));
            }
        }
        Ok(None)
    }

    /// The cover of an album must be the one that was read, if any, for a transaction.
    pub(crate) fn has_cover(&self, album: &Album) -> Result<TransactWriteItem> {
        let check = self.check_at(album.own_key());
        match album.cover() {
            Some(cover) => check.only_if("cover = :cover").with(":cover", text(cover)),
            None => check.only_if("attribute_not_exists(cover)"),
        }
        .in_transaction()
    }
}

/// Whether an item of a partition is the album.
fn is_album(item: &Item) -> bool {
    item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == PICTURES)
}
