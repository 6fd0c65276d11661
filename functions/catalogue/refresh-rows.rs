//! Show in the lists that a product is sold out or in stock again, and its picture.   table → refresh-rows

use lambda::{Retry, StreamConsumer};
use table::{Table, TableChange};

/// Sales that leave units in stock cause no invocation.
pub const TRIGGER: StreamConsumer = StreamConsumer { filters: &TableChange::LOOKS_NEW };

pub fn main() {
    lambda::run(TRIGGER, refresh_rows);
}

/// A stream record describes the past. So it is only the reason to read the product again, and the lists show
/// the present state. The event source sends no ordinary sales, but it may send more records than needed.
pub async fn refresh_rows(table: &Table, change: TableChange) -> Result<(), Retry> {
    match change.looks_new() {
        Some(product) => Ok(table.refresh_rows(product).await?),
        None => Ok(()),
    }
}
