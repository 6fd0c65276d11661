//! Step 3 of 4: claim a packed part for the carrier, then buy its label.   shipping → ship-parcel → delivery

use domain::messages::{DeliverParcel, SendMail, ShipParcel};
use domain::orders::debt::Debt;
use domain::orders::{Mail, OrderHead, Status};
use lambda::{Retry, Worker};
use providers::{Carrier, Queue};
use table::Table;

pub const TRIGGER: Worker = Worker::new();

pub fn main() {
    lambda::run(TRIGGER, ship_parcel);
}

type Reach = (Table, Carrier, Queue<DeliverParcel>, Queue<SendMail>);

/// A label cannot be returned, so the claim comes first: from then on nobody can cancel. A claimed part
/// without a label still owes one.
pub async fn ship_parcel(
    (table, carrier, delivery, mails): &Reach,
    ShipParcel { order, store: part }: ShipParcel,
) -> Result<(), Retry> {
    let claimed = table.advance_if_owed(order, Debt::Shipping(part), |head| {
        head.moved(part, Status::Shipping, table.now()).ok()
    });
    let mut head = claimed.await?.ok_or(Retry::Missing("order"))?;
    if head.owes(Debt::Label(part)) {
        let label = carrier.buy_label(order, part, table.now()).await?;
        let labelled = |head: &OrderHead| {
            let change = head.labelled(part, &label.tracking_number, label.estimate, table.now());
            change.ok().filter(|_| head.owes(Debt::Label(part)))
        };
        head = table.advance_from(head, labelled).await?;
    }
    let hand_over = async {
        match head.owes(Debt::Handover(part)) {
            true => delivery.send(DeliverParcel { order, store: part }).await,
            false => Ok(()),
        }
    };
    tokio::try_join!(hand_over, mails.send_owed(&head, |mail| mail == Mail::Packed(part)))?;
    Ok(())
}
