//! Erase what is left of a user who is gone.   erasures → erase-user ⟲

use domain::messages::EraseUser;
use lambda::{Retry, Worker};
use providers::Queue;
use table::Table;

/// How the queue is consumed.
pub const TRIGGER: Worker = Worker::new();

/// Consumes the queue.
pub fn main() {
    lambda::run(TRIGGER, erase_user);
}

/// One page of their orders, then a message to itself for the next. Who starts again at the first page erases
/// nothing that is not erased already. An order that is on its way keeps its address until it is not, so the
/// walk is made again; and once more when the last access token has run out, for that may have written
/// something meanwhile.
pub async fn erase_user(
    (table, erasures): &(Table, Queue<EraseUser>),
    message: EraseUser,
) -> Result<(), Retry> {
    let EraseUser { user, after, open, began } = message;
    let began = began.unwrap_or_else(|| table.now());
    let Some(erasure) = table.erasure(user).await? else { return Ok(()) };
    if after.is_none() {
        table.erase_belongings(user).await?;
        if let Some(closed) = erasure.store_id {
            // What was ordered in the instant in which the seller left. The sweeper gives the money back, and
            // tells the buyer.
            for order in table.orders_without_seller(closed, erasure.since).await? {
                table.cancel(order, None, |head| head.cancelled(table.now()).ok()).await?;
            }
        }
    }
    let erased = table.erase_contacts(user, after.as_deref()).await?;
    let open = open || erased.open;
    if let Some(next) = erased.next {
        return Ok(erasures.send(EraseUser { user, after: Some(next), open, began: Some(began) }).await?);
    }
    // A store that has closed may have many products: they go last, a page at a time. The page of orders
    // before is done again with each, and nothing is left there.
    if let Some(closed) = erasure.store_id
        && table.delete_products(closed).await?
    {
        return Ok(erasures.send(EraseUser { user, after, open, began: Some(began) }).await?);
    }
    Ok(table.erase_again(&erasure, erasure.next(open, began, table.now())).await?)
}
