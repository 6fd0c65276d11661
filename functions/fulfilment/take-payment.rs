//! Step 1 of 4: take the money for a placed order, or settle a cancelled one.   payments → take-payment →
//! warehouse

use domain::messages::{PackOrder, SendMail, TakePayment};
use domain::orders::OrderHead;
use domain::orders::debt::{Debt, debts, part_debt};
use futures_util::future::try_join_all;
use lambda::{Retry, Worker};
use providers::payment::{Bill, Charge, Settled};
use providers::{Payments, Queue};
use table::{Order, Table};

/// A bank takes seconds to decide, and an invocation has 10.
pub const TRIGGER: Worker = Worker::new().batch_when("WithStripe", 1).enabled_when("PaymentsAreOn");

/// Consumes the queue.
pub fn main() {
    lambda::run(TRIGGER, take_payment);
}

type Reach = (Table, Payments, (Queue<TakePayment>, Queue<PackOrder>, Queue<SendMail>));

/// Once to open a payment whose name has to be kept, once to take it.
const ROUNDS: usize = 2;

/// A queue delivers at least once, late, or never: what counts is what is owed now, not what the message
/// hoped for.
pub async fn take_payment(
    (table, payments, (again, warehouse, mails)): &Reach,
    message: TakePayment,
) -> Result<(), Retry> {
    let Order { snapshot, mut head, .. } =
        table.order_now(message.order).await?.ok_or(Retry::Missing("order"))?;
    for _ in 0..ROUNDS {
        if !owes(&head, Debt::Payment) {
            break;
        }
        head = match payments.charge(&Bill::of(&snapshot, &head)).await? {
            Charge::Opened(payment) => {
                table.advance_from(head, |head| head.payment_opened(&payment, table.now())).await?
            }
            Charge::Captured(payment) => {
                let paid = |head: &OrderHead| {
                    head.paid(&payment, table.now()).ok().filter(|_| owes(head, Debt::Payment))
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
            // The provider says when it is done, and the sweeper's reminder looks too.
            Charge::NeedsBuyer => {
                let waits = table.advance_from(head, |head| head.action_required(table.now()));
                return Ok(waits.await.map(drop)?);
            }
        };
    }
    // Cancelled before or while the money was taken: it goes back, whoever cancelled.
    let head = match owed(&head) {
        Some(Debt::Settlement) => {
            let refunded = payments.settle(&Bill::of(&snapshot, &head)).await? == Settled::Refunded;
            let settled =
                |head: &OrderHead| owes(head, Debt::Settlement).then(|| head.settled(refunded, table.now()));
            table.advance_from(head, settled).await?
        }
        _ => head,
    };
    // Who waits to be packed; nobody does while the money is not there.
    let parts = head
        .fulfilments
        .keys()
        .filter(|part| matches!(part_debt(&head, **part), Some((Debt::Packing(_), _))));
    let packing = parts.map(|part| warehouse.send(PackOrder { order: head.id, store: *part }));
    tokio::try_join!(try_join_all(packing), mails.send_owed(&head, |mail| mail.store().is_none()))?;
    Ok(())
}

fn owed(head: &OrderHead) -> Option<Debt> {
    let mut debts = debts(head).into_iter().map(|(debt, _)| debt);
    debts.find(|debt| matches!(debt, Debt::Payment | Debt::Settlement))
}

fn owes(head: &OrderHead, debt: Debt) -> bool {
    owed(head) == Some(debt)
}
