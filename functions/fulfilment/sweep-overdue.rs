//! Every minute: publish overdue messages again.   schedule → sweep-overdue → every queue

use std::time::Duration;

use domain::ids::{OrderId, UserId};
use domain::messages::{EraseUser, SendMail};
use domain::orders::debt::{COMPLETE_AFTER, Debt, LOOK_AGAIN, MOST_ATTEMPTS, RETRY_SPAN, Sweep};
use domain::orders::{OrderHead, Status};
use futures_util::future::join_all;
use lambda::{ChainSwitches, Retry, Schedule, Switch};
use providers::Chain;
use table::{DUE_SHARDS, Due, Table};

/// A run takes at most until the next one starts.
pub const TRIGGER: Schedule = Schedule { every: "1 minute", timeout: Duration::from_mins(1) };

pub fn main() {
    lambda::run(TRIGGER, sweep_overdue);
}

/// The most items of a shard in one run. The four shards have 800 together, which at some 10 ms each take 8
/// s. The rest waits for the next minute. Each order is swept at least twice: after its checkout, and for its
/// completion.
const BATCH: u32 = 200;

type Reach = (Table, Chain, ChainSwitches);

/// The index names the items that are due; each item says what it owes. A failure of one item does not hold
/// up the others.
pub async fn sweep_overdue(reach: &Reach) -> Result<(), Retry> {
    let shards = join_all((0..DUE_SHARDS).map(|shard| sweep_shard(reach, shard))).await;
    shards.into_iter().collect()
}

async fn sweep_shard((table, chain, switches): &Reach, shard: u128) -> Result<(), Retry> {
    let mut failed = None;
    for due in table.due(shard, table.now(), BATCH).await? {
        let swept = match due {
            Due::Order(id) => sweep_order(table, chain, switches, id).await,
            Due::User(id) => sweep_user(table, chain, switches, id).await,
            Due::Erasure(id) => sweep_erasure(table, chain, id).await,
        };
        if let Err(cause) = swept {
            tracing::error!(?due, %cause, "not swept");
            failed = Some(cause);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn sweep_order(
    table: &Table,
    chain: &Chain,
    switches: &ChainSwitches,
    id: OrderId,
) -> Result<(), Retry> {
    let now = table.now();
    let Some(head) = table.order_head(id).await?.filter(|head| head.due_at.is_some_and(|at| at <= now))
    else {
        return Ok(());
    };
    let sweep = Sweep::of(&head, now, |debt| waits(switches, debt));
    if sweep.noted {
        // An alarm counts the lines that say `stuck`. An operator cannot fix what a seller owes.
        if sweep.is_stuck() {
            tracing::error!(order = %id, attempts = sweep.attempts, stuck = true, "an order is stuck");
        } else {
            tracing::warn!(order = %id, "a seller lets an order wait");
        }
        // The note comes first. A second note does no harm; without one the order would be missing from the
        // list of overdue orders for a day.
        table.note_overdue(&head, now + 2 * LOOK_AGAIN).await?;
    }
    // The conditional write comes before the reminders: of two sweepers only one goes on, and an order that
    // fails is not due again at once.
    if !table.remind_order(&head, sweep.next, sweep.attempts).await? {
        return Ok(());
    }
    for debt in sweep.debts {
        match debt {
            Debt::Expiry => expire(table, chain, &head).await?,
            Debt::Completion(part) => {
                let completed = |head: &OrderHead| {
                    let late = now.since(head.moved_at(part)) >= COMPLETE_AFTER;
                    head.moved(part, Status::Completed, now).ok().filter(|_| late)
                };
                table.advance(id, completed).await?;
            }
            debt => chain.remind(id, debt).await?,
        }
    }
    Ok(())
}

/// Cancels an order that was not paid in time. The settlement finds out whether money was taken meanwhile,
/// and returns it.
async fn expire(table: &Table, chain: &Chain, head: &OrderHead) -> Result<(), Retry> {
    let Some(order) = table.order_now(head.id).await? else { return Ok(()) };
    let Ok(change) = order.head.cancelled(table.now()) else { return Ok(()) };
    if order.head.status() != Status::Pending {
        return Ok(());
    }
    match table.cancel_and_restock(&order.head, &change, &order.snapshot.lines, None).await? {
        Some(head) => {
            chain.remind(head.id, Debt::Settlement).await?;
            Ok(chain.notifications.send_owed(&head, |mail| mail.store().is_none()).await?)
        }
        None => Ok(()),
    }
}

fn waits(switches: &ChainSwitches, debt: Debt) -> bool {
    match debt {
        Debt::Payment | Debt::Expiry | Debt::Settlement => switches.payments == Switch::Off,
        Debt::Mail(_) => switches.mails == Switch::Off,
        _ => false,
    }
}

async fn sweep_user(table: &Table, chain: &Chain, switches: &ChainSwitches, id: UserId) -> Result<(), Retry> {
    let now = table.now();
    let Some(user) = table.user_now(id).await?.filter(|user| user.due_at.is_some_and(|at| at <= now)) else {
        return Ok(());
    };
    if switches.mails == Switch::Off {
        table.remind_user(&user, Some(now + RETRY_SPAN), user.attempts).await?;
        return Ok(());
    }
    let attempts = user.attempts + 1;
    let next =
        (attempts < MOST_ATTEMPTS && !user.owed.is_empty()).then(|| now + Duration::from_mins(1 << attempts));
    if attempts >= MOST_ATTEMPTS {
        tracing::error!(user = %id, attempts, stuck = true, "a mail to a user is stuck");
    }
    if table.remind_user(&user, next, attempts).await? {
        for mail in user.owed.into_keys() {
            chain.notifications.send(SendMail::User { user: id, mail }).await?;
        }
    }
    Ok(())
}

/// An erasure is reminded of without end. Once it is stuck, each reminder raises the alarm.
async fn sweep_erasure(table: &Table, chain: &Chain, id: UserId) -> Result<(), Retry> {
    let now = table.now();
    let Some(erasure) = table.erasure(id).await?.filter(|erasure| erasure.due_at <= now) else {
        return Ok(());
    };
    let attempts = (erasure.attempts + 1).min(MOST_ATTEMPTS);
    if attempts == MOST_ATTEMPTS {
        tracing::error!(user = %id, attempts, stuck = true, "an erasure is stuck");
    }
    if table.remind_erasure(&erasure, now + Duration::from_mins(1 << attempts), attempts).await? {
        chain.erasures.send(EraseUser::all_of(id)).await?;
    }
    Ok(())
}
