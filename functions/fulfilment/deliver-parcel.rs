//! Step 4 of 4: a labelled part is handed over, and later arrives.   delivery → deliver-parcel ⟲ (delayed, to
//! itself)

use domain::Timestamp;
use domain::messages::{DeliverParcel, SendMail};
use domain::orders::debt::{Debt, part_debt};
use domain::orders::{Mail, OrderHead, Status};
use lambda::{DeliveryDelay, Retry, Worker};
use providers::Queue;
use table::Table;

/// How the queue is consumed.
pub const TRIGGER: Worker = Worker::new();

/// Consumes the queue.
pub fn main() {
    lambda::run(TRIGGER, deliver_parcel);
}

type Reach = (Table, DeliveryDelay, Queue<DeliverParcel>, Queue<SendMail>);

/// One move a message. A message that comes early is sent on with the rest of the wait: the head says when.
pub async fn deliver_parcel(
    (table, DeliveryDelay(delay), again, mails): &Reach,
    message: DeliverParcel,
) -> Result<(), Retry> {
    let part = message.store;
    let early = |head: &OrderHead, now: Timestamp| {
        head.fulfilments.get(&part).and_then(|part| part.not_before).filter(|at| *at > now)
    };
    let head = table.advance(message.order, |head| {
        let now = table.now();
        match part_debt(head, part)? {
            (Debt::Handover(_), _) => head.handed_over(part, now + *delay, now).ok(),
            (Debt::Delivery(_), _) if early(head, now).is_none() => {
                head.moved(part, Status::Delivered, now).ok()
            }
            _ => None,
        }
    });
    let head = head.await?.ok_or(Retry::Missing("order"))?;
    let arrive = async {
        let now = table.now();
        let wait = early(&head, now).map(|at| at.since(now)).unwrap_or_default();
        match part_debt(&head, part) {
            Some((Debt::Delivery(_), _)) => again.send_after(message, wait).await,
            _ => Ok(()),
        }
    };
    let owed = mails.send_owed(&head, |mail| mail == Mail::Shipped(part) || mail == Mail::Delivered(part));
    tokio::try_join!(arrive, owed)?;
    Ok(())
}
