//! Delete the objects of removed pictures.   pictures → delete-pictures

use domain::catalogue::image::public_keys;
use domain::messages::DeletePictures;
use lambda::{Retry, Worker};
use providers::Bucket;
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, delete_pictures);
}

/// An album remembers removed images until their objects are deleted. So it does not matter who removes an
/// image, where a worker dies, or in which order and how often messages come.
pub async fn delete_pictures(
    (table, bucket): &(Table, Bucket),
    DeletePictures { subject, all }: DeletePictures,
) -> Result<(), Retry> {
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
