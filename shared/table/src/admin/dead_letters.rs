//! Why messages were given up. SQS moves a message to the dead letters without a word about it, so the worker
//! that fails it for the last time notes the reason here, under the message's id, which stays the same on
//! that way.

use std::collections::HashMap;

use domain::messages::DEAD_LETTERS_LIVE;
use futures_util::future::try_join_all;

use crate::chart::DeadLetter;
use crate::dynamo::{Entity, Read, Result, Table, failed, read};

/// The most bytes of a reason that are kept.
const MOST_REASON: usize = 500;

impl Table {
    /// Notes why messages were given up, each with its id; kept for as long as the dead letters are.
    pub async fn note_dead_letters(&self, given_up: &[(String, String)]) -> Result<()> {
        let expires_at = (self.now() + DEAD_LETTERS_LIVE).seconds();
        let notes = given_up.iter().map(|(message, reason)| async move {
            let reason = reason.get(..reason.floor_char_boundary(MOST_REASON)).unwrap_or_default();
            let note = DeadLetter { message: message.clone(), reason: reason.to_owned(), expires_at };
            let put = self.client.put_item().table_name(&*self.name).set_item(Some(note.item()?));
            put.send().await.map_err(failed)
        });
        try_join_all(notes).await.map(drop)
    }

    /// Why these messages were given up, by their ids. Of one whose worker was killed nothing is known.
    pub async fn dead_letter_reasons(&self, messages: &[String]) -> Result<HashMap<String, String>> {
        let keys = messages.iter().map(DeadLetter::key).collect();
        let notes = self.batch(keys, Read::Eventual).await?.into_iter().map(read);
        notes.map(|note| note.map(|DeadLetter { message, reason, .. }| (message, reason))).collect()
    }
}
