//! Chooses the next actions of people and workers.

use std::time::Duration;

use domain::messages::QUEUES;
use testkit::Message;

use super::super::rules::{AUTOMATIC, Act, BUYERS, Lines, Order, PRODUCTS, Purchase, Status, Who, Work};
use super::Town;
use crate::shop::people::Person;

/// An action that is about to start.
pub(super) struct Errand {
    pub(super) act: Act,
    /// The message of a worker.
    pub(super) message: Option<(&'static str, Message)>,
    /// The guest whose cart is merged.
    pub(super) guest: Option<Person>,
}

impl From<Act> for Errand {
    fn from(act: Act) -> Self {
        Self { act, message: None, guest: None }
    }
}

const ALL: [Status; 8] = [
    Status::Pending,
    Status::Paid,
    Status::Processing,
    Status::Shipping,
    Status::Shipped,
    Status::Delivered,
    Status::Completed,
    Status::Cancelled,
];

impl Town {
    /// Everybody buys the same product, and there is not enough for two of them.
    pub(super) fn rush(&mut self) -> Vec<Errand> {
        let product = self.random.usize(..PRODUCTS.len());
        let quantity = self.model.stock[product] / 2 + 1;
        let buy = |buyer| {
            let items = Some(Lines::from([(product, quantity)]));
            let purchase = Purchase { items, method: "pm_sandbox_ok", expected: None };
            Act::Buy(buyer, Some(self.random.u8(..)), purchase).into()
        };
        (0..BUYERS).map(buy).collect()
    }

    /// Several actions concern one order.
    pub(super) fn meeting(&mut self) -> Vec<Errand> {
        let order = self.random.usize(..self.model.orders.len());
        let mut errands = Vec::new();
        for _ in 0..self.random.usize(2..4) {
            let message = if self.random.bool() { self.message(Some(order)) } else { None };
            errands.push(message.unwrap_or_else(|| self.decision(Some(order)).into()));
        }
        errands
    }

    /// A random action of a person.
    pub(super) async fn errand(&mut self) -> Errand {
        let (buyer, product) = (self.random.usize(..BUYERS), self.random.usize(..PRODUCTS.len()));
        let quantity = if self.random.u32(..12) == 0 { 60 } else { self.random.i64(1..5) };
        let act = match self.random.u32(..100) {
            14..18 => Act::Set(buyer, product, self.random.i64(0..5)),
            18..21 => Act::Remove(buyer, product),
            21..23 => Act::Clear(buyer),
            23..25 => Act::Merge(buyer, product, quantity),
            25..42 => self.purchase(buyer),
            42..68 if !self.model.orders.is_empty() => self.decision(None),
            68..94 => match self.message(None) {
                Some(errand) => return errand,
                None => Act::Add(buyer, product, quantity),
            },
            94.. => Act::Sweep(self.model.overdue()),
            _ => Act::Add(buyer, product, quantity),
        };
        let guest = match act {
            Act::Merge(..) => {
                let guest = self.shop.guest_with_cart(&self.products[product]).await;
                guest.set_in_cart(&self.products[product], quantity).await.ok();
                Some(guest)
            }
            _ => None,
        };
        Errand { act, message: None, guest }
    }

    /// A checkout of the cart, of other items, or a repeat of an earlier one.
    pub(super) fn purchase(&mut self, buyer: usize) -> Act {
        let again = self.model.orders.iter().rfind(|order| order.buyer == buyer);
        if let Some(order) = again.filter(|_| self.random.u32(..4) == 0) {
            return Act::Buy(buyer, order.key, order.purchase.clone());
        }
        let key = (self.random.u32(..2) == 0).then(|| self.random.u8(..12));
        let mut lines = Lines::new();
        for _ in 0..self.random.usize(1..4) {
            lines.insert(self.random.usize(..PRODUCTS.len()), self.random.i64(1..4));
        }
        let items = Some(lines).filter(|_| key.is_some() && self.random.bool());
        let method = ["ok", "ok", "ok", "declined", "flaky", "slow"][self.random.usize(..6)];
        let method = ["pm_sandbox_ok", "pm_sandbox_declined", "pm_sandbox_flaky", "pm_sandbox_slow"]
            .into_iter()
            .find(|known| known.ends_with(method))
            .unwrap();
        let expected = (self.random.u32(..12) == 0).then_some(1);
        Act::Buy(buyer, key, Purchase { items, method, expected })
    }

    /// A decision about this order or any, allowed or not. In one of two cases the order has a status that
    /// allows it.
    pub(super) fn decision(&mut self, order: Option<usize>) -> Act {
        let kind = self.random.u32(..10);
        let fits = |order: &Order| match kind {
            0..3 => order.shown.status <= Status::Processing,
            3..5 => order.shown.status == Status::Delivered,
            _ => order.shown.parts.contains_key(&1) && order.shown.status != Status::Cancelled,
        };
        let all = 0..self.model.orders.len();
        let mut orders: Vec<_> = all.clone().filter(|order| fits(&self.model.orders[*order])).collect();
        if orders.is_empty() || self.random.bool() {
            orders = all.collect();
        }
        let order = order.unwrap_or(orders[self.random.usize(..orders.len())]);
        let owner = Who::Buyer(self.model.orders[order].buyer);
        let anybody =
            [Who::Buyer(self.random.usize(..BUYERS)), Who::Seller(self.random.usize(..3)), Who::Admin];
        let anybody = anybody[self.random.usize(..3)];
        let mostly = |random: &mut fastrand::Rng, who| if random.u32(..4) > 0 { who } else { anybody };
        match kind {
            0..3 => Act::Cancel(mostly(&mut self.random, owner), order),
            3..5 => Act::Complete(mostly(&mut self.random, owner), order),
            _ => {
                let who = mostly(&mut self.random, Who::Seller(1));
                let parts = &self.model.orders[order].shown.parts;
                let part = match who {
                    Who::Seller(own) => own,
                    _ => *parts.keys().nth(self.random.usize(..parts.len())).unwrap(),
                };
                let stands = parts.get(&part).map_or(Status::Paid, |part| part.status);
                let to = match self.random.u32(..6) {
                    0 => ALL[self.random.usize(..ALL.len())],
                    // One status too far.
                    1 => ALL[(stands as usize + 2).min(6)],
                    _ => ALL[(stands as usize + 1).min(6)],
                };
                // The seller adds the number of a parcel that the shop should have shipped.
                let named = to == Status::Shipped && AUTOMATIC[part];
                let may_be = matches!(to, Status::Shipping | Status::Shipped);
                Act::Move(who, order, part, to, named || may_be && self.random.bool())
            }
        }
    }

    /// A worker gets a message about this order or any; the message may stay for another delivery. Some are
    /// lost or delayed.
    pub(super) fn message(&mut self, order: Option<usize>) -> Option<Errand> {
        let now = self.shop.clock.now();
        let about = order.map(|order| self.model.orders[order].id.clone());
        let due = QUEUES.iter().flat_map(|queue| {
            let messages = self.shop.aws.queue(queue).peek(now);
            messages.into_iter().map(|message| (*queue, message))
        });
        let due =
            due.filter(|(_, message)| about.as_ref().is_none_or(|id| message.json()["order"] == id.as_str()));
        let due: Vec<_> = due.collect();
        let (queue, message) = due.get(self.random.usize(..due.len().max(1)))?.clone();
        match self.random.u32(..10) {
            0 => {
                self.take(queue, &message);
                None
            }
            1 => {
                self.take(queue, &message);
                let later = now + Duration::from_secs(self.random.u64(1..900));
                self.shop.aws.queue(queue).put_back(message, later);
                None
            }
            2 | 3 => Some(self.delivery(queue, message)),
            _ => {
                self.take(queue, &message);
                Some(self.delivery(queue, message))
            }
        }
    }

    /// Removes a message from its queue.
    pub(super) fn take(&self, queue: &str, message: &Message) {
        let queue = self.shop.aws.queue(queue);
        let mut others = queue.take_due(self.shop.clock.now());
        let own = others.iter().position(|other| other.id == message.id).unwrap();
        others.remove(own);
        for other in others {
            let due_at = other.due_at;
            queue.put_back(other, due_at);
        }
    }

    pub(super) fn delivery(&self, queue: &'static str, message: Message) -> Errand {
        let body = message.json();
        let order = self.model.orders.iter().position(|order| body["order"] == order.id.as_str()).unwrap();
        let store = || self.stores.iter().position(|store| body["store"] == store.as_str()).unwrap();
        let work = match queue {
            "payments" => Work::Pay,
            "warehouse" => Work::Pack(store()),
            "shipping" => Work::Ship(store()),
            "delivery" => Work::Deliver(store()),
            _ => Work::Mail,
        };
        Errand { act: Act::Work(work, order), message: Some((queue, message)), guest: None }
    }
}
