//! Step 3 of 4: claim a packed part for the carrier, then buy its label.   shipping → ship-parcel → delivery

use domain::messages::{DeliverParcel, SendMail, ShipParcel};
use domain::orders::debt::{Debt, part_debt};
use domain::orders::{Mail, Status};
use lambda::{Retry, Worker};
use providers::{Carrier, Queue};
use table::Table;

/// How the queue is consumed.
pub const TRIGGER: Worker = Worker::new();

/// Consumes the queue.
pub fn main() {
    lambda::run(TRIGGER, ship_parcel);
}

type Reach = (Table, Carrier, Queue<DeliverParcel>, Queue<SendMail>);

/// A label cannot be unbought, so the claim comes first: from then on nobody can cancel. A claimed part
/// without a label is what is still owed.
pub async fn ship_parcel(
    (table, carrier, delivery, mails): &Reach,
    ShipParcel { order, store: part }: ShipParcel,
) -> Result<(), Retry> {
    let claimed = table.advance(order, |head| match part_debt(head, part)? {
        (Debt::Shipping(_), _) => head.moved(part, Status::Shipping, table.now()).ok(),
        _ => None,
    });
    let mut head = claimed.await?.ok_or(Retry::Missing("order"))?;
    if let Some((Debt::Label(_), _)) = part_debt(&head, part) {
        let label = carrier.buy_label(order, part, table.now()).await?;
        let labelled = table.advance_from(head, |head| match part_debt(head, part)? {
            (Debt::Label(_), _) => {
                head.labelled(part, &label.tracking_number, label.estimate, table.now()).ok()
            }
            _ => None,
        });
        head = labelled.await?;
    }
    let hand_over = async {
        match part_debt(&head, part) {
            Some((Debt::Handover(_), _)) => delivery.send(DeliverParcel { order, store: part }).await,
            _ => Ok(()),
        }
    };
    tokio::try_join!(hand_over, mails.send_owed(&head, |mail| mail == Mail::Packed(part)))?;
    Ok(())
}
