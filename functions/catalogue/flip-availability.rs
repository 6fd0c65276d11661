//! Have the lists say that a product is sold out, or in stock again.   table → flip-availability

use lambda::Retry;
use store::{Store, TableChange};

/// Follows the table.
pub fn main() {
    lambda::follow(flip_availability);
}

/// What the stream tells of is past; so it is only the reason to look, and what is true by then is what the lists say. The
/// event source sends nothing of the sales in between, but it may send more than it has to.
pub async fn flip_availability(store: &Store, change: TableChange) -> Result<(), Retry> {
    match change.availability_of() {
        Some(product) => Ok(store.show_availability(product).await?),
        None => Ok(()),
    }
}
