//! How an order begins and how a change is applied. No other code sets its due time.

use std::collections::BTreeMap;

use super::change::Change;
use super::debt;
use super::head::{Event, Fulfilment, Happened, OrderHead, Payment, Summary};
use super::mail::Owed;
use super::parts::OrderSnapshot;
use super::status::{PaymentStatus, Status};
use crate::ids::StoreId;
use crate::money::Money;
use crate::stores::Mode;

impl OrderHead {
    /// The head of a new order.
    pub fn new(snapshot: &OrderSnapshot, modes: &BTreeMap<StoreId, Mode>) -> Self {
        let fulfilment = |mode: Mode| Fulfilment {
            status: Status::Pending,
            mode,
            tracking_number: None,
            estimate: None,
            not_before: None,
        };
        let stores = snapshot.lines.iter().map(|line| line.store_id);
        let mut head = Self {
            id: snapshot.id,
            shopper: snapshot.shopper,
            placed_at: snapshot.placed_at,
            summary: Summary {
                lines: u32::try_from(snapshot.lines.len()).unwrap_or(u32::MAX),
                total: Money { amount: snapshot.totals.total, currency: snapshot.currency },
            },
            payment: Payment::of(PaymentStatus::Pending, None),
            fulfilments: stores
                .map(|store| (store, fulfilment(modes.get(&store).copied().unwrap_or_default())))
                .collect(),
            timeline: vec![Event { at: snapshot.placed_at, to: Happened::Pending, of: None }],
            version: 1,
            owed: BTreeMap::new(),
            due_at: None,
            attempts: 0,
        };
        head.due_at = debt::next_debt(&head).map(|(_, when)| when);
        head
    }

    /// The head after a change, with the time at which the sweeper has to look again.
    ///
    /// A due time that is too early is kept; the sweeper corrects it when it finds the order. So the heads of
    /// a chain that runs smoothly keep the due time of the checkout, which saves two index writes for each
    /// move.
    #[must_use]
    pub fn after(&self, change: &Change) -> Self {
        let mut head = self.clone();
        if let Some(payment) = &change.payment {
            head.payment = payment.clone();
        }
        head.fulfilments.extend(change.fulfilments.clone());
        head.timeline.extend(&change.events);
        head.version = head.timeline.len() as u64;
        let since = change.events.last().map_or(self.placed_at, |event| event.at);
        head.owed.extend(change.mails.iter().map(|mail| (*mail, Owed { since, claimed: None })));
        head.attempts = 0;
        head.due_at = match (self.due_at, debt::next_debt(&head)) {
            (_, None) => None,
            (Some(seen), Some((_, when))) if self.attempts == 0 => Some(seen.min(when)),
            (_, Some((_, when))) => Some(when),
        };
        head
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{Id, OrderId, Place, ProductId, UserId};
    use crate::money::Totals;
    use crate::orders::OrderLine;

    pub(crate) fn head(stores: u128) -> OrderHead {
        let line = |store| OrderLine {
            product_id: ProductId::from_bits(store),
            place: Place::FIRST,
            variant: None,
            store_id: StoreId::from_bits(store),
            sku: "lamp".parse().unwrap(),
            name: "Lamp".parse().unwrap(),
            price: 15_00,
            quantity: 1,
        };
        let snapshot = OrderSnapshot {
            id: OrderId::from_bits(1),
            number: String::new(),
            shopper: UserId::from_bits(1),
            placed_at: Timestamp::from_millis(1_000_000),
            lines: (0..stores).map(line).collect(),
            totals: Totals { subtotal: 0, discount: 0, tax: 0, shipping: 0, total: 0 },
            currency: "USD".to_owned().try_into().unwrap(),
            payment_method: "pm_sandbox_ok".parse().unwrap(),
            request_hash: String::new(),
        };
        OrderHead::new(&snapshot, &BTreeMap::new())
    }

    #[test]
    fn the_state_machine_has_exactly_these_moves() {
        let mut chart = String::from("\n");
        for from in Status::ALL {
            let to: Vec<_> = Status::ALL
                .into_iter()
                .filter(|to| from.may_become(*to))
                .map(|to| format!("{to:?}"))
                .collect();
            chart.push_str(&format!("{from:?} → {}\n", to.join(", ")));
        }
        assert_eq!(
            chart,
            "
Pending → Paid, Cancelled
Paid → Processing, Cancelled
Processing → Shipping, Cancelled
Shipping → Shipped
Shipped → Delivered
Delivered → Completed
Completed → 
Cancelled → 
"
        );
    }

    #[test]
    fn an_order_has_the_status_of_its_least_advanced_part() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(2);
        let paid = head.after(&head.paid("pay_1", now).unwrap());
        let packed = paid.after(&paid.moved(StoreId::from_bits(1), Status::Processing, now).unwrap());
        assert_eq!((paid.status(), packed.status()), (Status::Paid, Status::Paid));
        assert_eq!(packed.fulfilments.get(&StoreId::from_bits(1)).unwrap().status, Status::Processing);
        assert_eq!(packed.version, 3);
        assert_eq!(packed.store_of(packed.timeline.last().unwrap()), Some(StoreId::from_bits(1)));
    }

    #[test]
    fn a_move_outside_the_state_machine_is_refused() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(1);
        let store = StoreId::from_bits(0);
        for to in Status::ALL.into_iter().filter(|to| *to != Status::Paid && *to != Status::Cancelled) {
            assert!(head.moved(store, to, now).is_err(), "{to:?}");
        }
        assert!(head.moved(StoreId::from_bits(9), Status::Processing, now).is_err());
        let cancelled = head.after(&head.cancelled(now).unwrap());
        assert!(cancelled.paid("pay_1", now).is_err());
        assert!(cancelled.cancelled(now).is_err());
    }

    #[test]
    fn the_chains_parcel_is_handed_over_by_the_chain_with_its_label() {
        let now = Timestamp::from_millis(2_000_000);
        let (store, mut head) = (StoreId::from_bits(0), head(1));
        head = head.after(&head.paid("pay_1", now).unwrap());
        for to in [Status::Processing, Status::Shipping] {
            head = head.after(&head.moved(store, to, now).unwrap());
        }
        assert!(head.handed_over(store, now, now).is_err(), "it has no label");
        head = head.after(&head.labelled(store, "T1", now, now).unwrap());
        assert!(head.moved(store, Status::Shipped, now).is_err());
        assert!(head.renumbered(store, &"T2".parse().unwrap(), now).is_err());
        let arrives_at = now + std::time::Duration::from_mins(1);
        let gone = head.after(&head.handed_over(store, arrives_at, now).unwrap());
        assert_eq!((gone.status(), gone.fulfilments[&store].not_before), (Status::Shipped, Some(arrives_at)));
    }

    #[test]
    fn a_timeline_goes_forward_although_clocks_differ() {
        let (now, earlier) = (Timestamp::from_millis(2_000_000), Timestamp::from_millis(1_999_000));
        let paid = head(2);
        let paid = paid.after(&paid.paid("pay_1", now).unwrap());
        let packed = paid.after(&paid.moved(StoreId::from_bits(1), Status::Processing, earlier).unwrap());
        let cancelled = packed.after(&packed.cancelled(earlier).unwrap());
        let settled = cancelled.after(&cancelled.settled(true, earlier));
        assert_eq!((settled.updated_at(), settled.contradiction()), (now, None));
    }

    #[test]
    fn a_payment_keeps_its_first_id_and_waits_for_its_buyer_while_owed() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(1);
        let opened = head.after(&head.payment_opened("pi_1", now).unwrap());
        assert_eq!((opened.payment.id.as_deref(), opened.status()), (Some("pi_1"), Status::Pending));
        assert_eq!(opened.payment_opened("pi_2", now), None);
        let waiting = opened.after(&opened.action_required(now).unwrap());
        assert!(waiting.needs_buyer() && waiting.action_required(now).is_none());
        for change in [waiting.paid("pi_1", now), waiting.unpaid(now), waiting.cancelled(now)] {
            let after = waiting.after(&change.unwrap());
            assert!(!after.needs_buyer() && after.action_required(now).is_none());
            assert_eq!(
                (after.payment.id.as_deref(), after.payment_opened("pi_2", now)),
                (Some("pi_1"), None)
            );
        }
    }
}
