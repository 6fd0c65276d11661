//! Why messages were dead-lettered. SQS moves a message without a reason, so the worker that fails a message
//! for the last time notes the reason here, under the id of the message, which stays the same in the other
//! queue.

use std::collections::HashMap;

use domain::messages::DEAD_LETTERS_LIVE;
use futures_util::future::try_join_all;

use crate::chart::DeadLetter;
use crate::dynamo::{Entity, Read, Result, Table, read};

/// The most bytes of a reason that are kept.
const MOST_REASON: usize = 500;

impl Table {
    /// Notes the reasons, each with the id of its message; kept for as long as the dead letters are.
    pub async fn note_dead_letters(&self, given_up: &[(String, String)]) -> Result<()> {
        let expires_at = (self.now() + DEAD_LETTERS_LIVE).seconds();
        let notes = given_up.iter().map(|(message, reason)| async move {
            let reason = reason.get(..reason.floor_char_boundary(MOST_REASON)).unwrap_or_default();
            let note = DeadLetter { message: message.clone(), reason: reason.to_owned(), expires_at };
            self.put(&note).write().await
        });
        try_join_all(notes).await.map(drop)
    }

    /// The reasons of these messages, by their ids. There is none where the worker was killed.
    pub async fn dead_letter_reasons(&self, messages: &[String]) -> Result<HashMap<String, String>> {
        let keys = messages.iter().map(DeadLetter::key).collect();
        let notes = self.batch(keys, Read::Eventual).await?.into_iter().map(read);
        notes.map(|note| note.map(|DeadLetter { message, reason, .. }| (message, reason))).collect()
    }
}
