//! Step 4 of 4: hand a labelled part over, and later deliver it.   delivery → deliver-parcel ⟲ (delayed, to
//! itself)

use domain::messages::{DeliverParcel, SendMail};
use domain::orders::debt::Debt;
use domain::orders::{Mail, OrderHead, Status};
use lambda::{DeliveryDelay, Retry, Worker};
use providers::Queue;
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, deliver_parcel);
}

type Reach = (Table, DeliveryDelay, Queue<DeliverParcel>, Queue<SendMail>);

/// Makes one move for each message. Sends a message that comes early on, delayed until the time in the head.
pub async fn deliver_parcel(
    (table, DeliveryDelay(delay), again, mails): &Reach,
    message: DeliverParcel,
) -> Result<(), Retry> {
    let part = message.store;
    let arrives_at = |head: &OrderHead| head.fulfilments.get(&part).and_then(|part| part.not_before);
    let moved = table.advance(message.order, |head| {
        let now = table.now();
        if head.owes(Debt::Handover(part)) {
            head.handed_over(part, now + *delay, now).ok()
        } else if head.owes(Debt::Delivery(part)) && arrives_at(head).is_none_or(|at| at <= now) {
            head.moved(part, Status::Delivered, now).ok()
        } else {
            None
        }
    });
    let head = moved.await?.ok_or(Retry::Missing("order"))?;
    let arrive = async {
        let wait = arrives_at(&head).map(|at| at.since(table.now())).unwrap_or_default();
        match head.owes(Debt::Delivery(part)) {
            true => again.send_after(message, wait).await,
            false => Ok(()),
        }
    };
    let owed = mails.send_owed(&head, |mail| mail == Mail::Shipped(part) || mail == Mail::Delivered(part));
    tokio::try_join!(arrive, owed)?;
    Ok(())
}
