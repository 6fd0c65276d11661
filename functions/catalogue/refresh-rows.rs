//! Have the lists say that a product is sold out or in stock again, and show its picture.   table →
//! refresh-rows

use lambda::{Retry, StreamConsumer};
use table::{Table, TableChange};

/// Sales that leave something in stock cause no invocation.
pub const TRIGGER: StreamConsumer = StreamConsumer { filters: &TableChange::LOOKS_NEW };

/// Follows the table.
pub fn main() {
    lambda::run(TRIGGER, refresh_rows);
}

/// What the stream tells of is past; so it is only the reason to look, and what is true by then is what the
/// lists say. The event source sends nothing of the sales in between, but it may send more than it has to.
pub async fn refresh_rows(table: &Table, change: TableChange) -> Result<(), Retry> {
    match change.looks_new() {
        Some(product) => Ok(table.refresh_rows(product).await?),
        None => Ok(()),
    }
}
