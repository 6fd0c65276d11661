//! Delete the objects of removed pictures.   table → delete-pictures

use domain::catalogue::image::public_keys;
use lambda::{Retry, StreamConsumer};
use providers::Bucket;
use table::{Table, TableChange};

/// Changes of albums, deleted products, and stores.
pub const TRIGGER: StreamConsumer = StreamConsumer { filters: &TableChange::LEAVES_PICTURES };

pub fn main() {
    lambda::run(TRIGGER, delete_pictures);
}

/// An album remembers removed images until their objects are deleted. So it does not matter who removes an
/// image, where a worker dies, or how often a change is delivered.
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
