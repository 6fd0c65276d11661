//! Show in the lists that a product is sold out or in stock again, and its cover.   rows → refresh-rows

use domain::messages::RefreshRows;
use lambda::{Retry, Worker};
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, refresh_rows);
}

/// A message is only the reason to read the product again. The lists show the present state, so it does not
/// matter in which order or how often messages come.
pub async fn refresh_rows(table: &Table, RefreshRows { product }: RefreshRows) -> Result<(), Retry> {
    Ok(table.refresh_rows(product).await?)
}
