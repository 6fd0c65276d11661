//! Delete the pictures that are shown no more.   table → delete-pictures

use domain::catalogue::image::public_keys;
use lambda::{Retry, StreamConsumer};
use providers::Bucket;
use table::{Table, TableChange};

/// Albums, deleted products, and stores.
pub const TRIGGER: StreamConsumer = StreamConsumer { filters: &TableChange::LEAVES_PICTURES };

/// Follows the table.
pub fn main() {
    lambda::run(TRIGGER, delete_pictures);
}

/// An album keeps in mind what was removed until its objects are gone. So it does not matter who removes,
/// where they are cut off, or how often this is told of it.
pub async fn delete_pictures((table, bucket): &(Table, Bucket), change: TableChange) -> Result<(), Retry> {
    let Some((subject, all)) = change.leaves_pictures() else { return Ok(()) };
    let removed = table.update_album(subject, |album| {
        if all {
            album.close();
        }
        album.removed()
    });
    let removed = removed.await?;
    if removed.is_empty() {
        return Ok(());
    }
    bucket.delete(removed.iter().copied().flat_map(public_keys)).await?;
    Ok(table.update_album(subject, |album| album.forget(&removed)).await?)
}
