//! Turn changes of the table into messages.   table → follow-table → rows, pictures

use domain::messages::{DeletePictures, RefreshRows};
use lambda::{Retry, StreamConsumer};
use providers::Queue;
use table::{FollowUps, TableChange};

pub const TRIGGER: StreamConsumer = StreamConsumer { filters: &TableChange::FILTERS };

pub fn main() {
    lambda::run(TRIGGER, follow_table);
}

/// The only reader of the stream (docs/decisions/2026-11-27-one-reader-of-the-stream.md). The workers accept
/// repeated messages, so a change whose second send fails is simply repeated as a whole. Each message is sent
/// by itself: the filters leave few records, and seldom two at a time.
pub async fn follow_table(
    (to_rows, to_pictures): &(Queue<RefreshRows>, Queue<DeletePictures>),
    change: TableChange,
) -> Result<(), Retry> {
    let FollowUps { rows, pictures } = change.follow_ups();
    to_rows.send_all(rows).await?;
    to_pictures.send_all(pictures).await?;
    Ok(())
}
