//! Step 1 of 4: take the money for a placed order, or settle a cancelled one.   payments → take-payment →
//! warehouse

use domain::messages::{PackOrder, SendMail, TakePayment};
use domain::orders::OrderHead;
use domain::orders::debt::Debt;
use futures_util::future::try_join_all;
use lambda::{Retry, Worker};
use providers::payment::{Bill, Charge, Settled};
use providers::{Payments, Queue};
use table::{Order, Table};

/// A bank takes seconds to decide, and an invocation has 10.
pub const TRIGGER: Worker = Worker::new().batch_when("WithStripe", 1).enabled_when("PaymentsAreOn");

pub fn main() {
    lambda::run(TRIGGER, take_payment);
}

type Reach = (Table, Payments, (Queue<TakePayment>, Queue<PackOrder>, Queue<SendMail>));

/// The first round opens a payment at a provider that names it, and keeps the name. The second takes the
/// money.
const ROUNDS: usize = 2;

/// A queue delivers at least once, late, or never. So the head decides what happens, and not the message.
pub async fn take_payment(
    (table, payments, (again, warehouse, mails)): &Reach,
    message: TakePayment,
) -> Result<(), Retry> {
    let Order { snapshot, mut head, .. } =
        table.order_now(message.order).await?.ok_or(Retry::Missing("order"))?;
    for _ in 0..ROUNDS {
        if !head.owes(Debt::Payment) {
            break;
        }
        head = match payments.charge(&Bill::of(&snapshot, &head)).await? {
            Charge::Opened(payment) => {
                table.advance_from(head, |head| head.payment_opened(&payment, table.now())).await?
            }
            Charge::Captured(payment) => {
                let paid = |head: &OrderHead| {
                    head.paid(&payment, table.now()).ok().filter(|_| head.owes(Debt::Payment))
                };
                table.advance_from(head, paid).await?
            }
            Charge::Declined(reason) => {
                tracing::info!(order = %head.id, reason, "declined");
                let change = head.unpaid(table.now()).map_err(|_| Retry::Busy)?;
                let cancelled = table.cancel_and_restock(&head, &change, &snapshot.lines, None).await?;
                cancelled.ok_or(Retry::Busy)?
            }
            Charge::Later(wait) => return Ok(again.send_after(message, wait).await?),
            // The provider calls the webhook when the buyer is done, and the sweeper's reminder looks too.
            Charge::NeedsBuyer => {
                let waits = table.advance_from(head, |head| head.action_required(table.now()));
                return Ok(waits.await.map(drop)?);
            }
        };
    }
    // An order that was cancelled before or while the money was taken owes the money back.
    if head.owes(Debt::Settlement) {
        let is_refunded = payments.settle(&Bill::of(&snapshot, &head)).await? == Settled::Refunded;
        let settled =
            |head: &OrderHead| head.owes(Debt::Settlement).then(|| head.settled(is_refunded, table.now()));
        head = table.advance_from(head, settled).await?;
    }
    let parts = head.fulfilments.keys().filter(|part| head.owes(Debt::Packing(**part)));
    let packing = parts.map(|part| warehouse.send(PackOrder { order: head.id, store: *part }));
    tokio::try_join!(try_join_all(packing), mails.send_owed(&head, |mail| mail.store().is_none()))?;
    Ok(())
}
