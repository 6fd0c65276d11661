//! Erase what is left of a deleted user.   erasures → erase-user ⟲

use domain::messages::EraseUser;
use lambda::{Retry, Worker};
use providers::Queue;
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, erase_user);
}

/// Each invocation erases one page of the user's orders, then sends itself a message for the next page.
/// Repeating a page does no harm. An order that is still on its way keeps its address, so the walk is
/// repeated until no order is. One more walk follows when the last access token has expired, because it may
/// have written something meanwhile.
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
            // Orders placed at the moment when the seller left. The sweeper refunds them and sends the mail.
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
    // A closed store may have many products. They go last, one page for each invocation. The page of orders
    // is repeated each time, and has nothing left to erase.
    if let Some(closed) = erasure.store_id
        && table.delete_products(closed).await?
    {
        return Ok(erasures.send(EraseUser { user, after, open, began: Some(began) }).await?);
    }
    Ok(table.erase_again(&erasure, erasure.next(open, began, table.now())).await?)
}
