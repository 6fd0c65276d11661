//! Turn changes of the table into messages.   table → follow-table → rows, pictures, search

use domain::messages::{DeletePictures, IndexProducts, RefreshRows};
use futures_util::future::try_join3;
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
    (to_rows, to_pictures, to_search): &(Queue<RefreshRows>, Queue<DeletePictures>, Queue<IndexProducts>),
    change: TableChange,
) -> Result<(), Retry> {
    let FollowUps { rows, pictures, search } = change.follow_ups();
    let (rows, pictures, search) =
        (to_rows.send_all(rows), to_pictures.send_all(pictures), to_search.send_all(search));
    Ok(try_join3(rows, pictures, search).await.map(drop)?)
}
