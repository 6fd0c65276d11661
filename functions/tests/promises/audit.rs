//! The audit of a shop at rest: it compares the table, the sandbox providers' ledgers and the mailbox, and
//! reports each breach in a sentence.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::ids::{OrderId, VariantId};
use domain::orders::debt::{Debt, debts};
use domain::orders::{Happened, OrderHead, PaymentStatus, Status};
use domain::stores::Mode;
use table::{DUE_SHARDS, Due, Order};

use crate::shop::goods::variant_of;
use crate::shop::world::Shop;

/// The result of an audit of a shop.
#[derive(Debug, Default)]
pub struct Audit {
    /// What is wrong; empty if nothing is.
    pub breaches: Vec<String>,
    /// Every order.
    pub orders: Vec<Order>,
    /// The units left of each variant.
    pub left: BTreeMap<VariantId, i64>,
    /// The units that the seller has added to each variant.
    received: BTreeMap<VariantId, i64>,
    /// The sandbox bank's and the carrier's entries, by kind and name.
    ledger: BTreeMap<(String, String), String>,
    /// How often each mail was sent: to whom, and its subject.
    mails: BTreeMap<(String, String), usize>,
}

/// The units of some goods in orders that were not cancelled.
pub fn sold(orders: &[Order], goods: &str) -> i64 {
    let variant = variant_of(goods);
    let live = orders.iter().filter(|order| order.head.status() != Status::Cancelled);
    let lines = live.flat_map(|order| &order.snapshot.lines);
    lines.filter(|line| line.variant_id() == variant).map(|line| i64::from(line.quantity)).sum()
}

/// Audits a shop that began with this `stock` of its goods, once nothing is on its way.
pub async fn audit(shop: &Shop, stock: &BTreeMap<String, i64>) -> Audit {
    let items = shop.aws.items("Table");
    let mut audit = Audit::default();
    let mut pointers = 0;
    for item in &items {
        let (pk, sk) = (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap());
        match (pk.split('#').collect::<Vec<_>>().as_slice(), sk) {
            (["PRODUCT", product], stock) if stock.starts_with("STOCK") => {
                let place: u8 = stock.split_once('#').map_or(0, |(_, place)| place.parse().unwrap());
                let place = place.try_into().unwrap();
                let variant = VariantId { product: product.parse().unwrap(), place };
                let number = |name: &str| item[name]["N"].as_str().unwrap().parse::<i64>().unwrap();
                audit.left.insert(variant, number("on_hand"));
                audit.received.insert(variant, number("received"));
            }
            (["ORDER", order], "HEAD") => match shop.table().order_now(order.parse().unwrap()).await.unwrap()
            {
                Some(order) => audit.orders.push(order),
                None => audit.breaches.push(format!("{order} has a head and nothing else")),
            },
            (["STORE", _], sk) if sk.starts_with("ORDER#") => pointers += 1,
            (["SANDBOX", kind, name @ ..], _) => {
                let entry = item["entry"]["S"].as_str().unwrap_or_default().to_owned();
                audit.ledger.insert(((*kind).to_owned(), name.join("#")), entry);
            }
            _ => {}
        }
    }
    for mail in shop.aws.mails() {
        *audit.mails.entry((mail.to.concat(), mail.subject)).or_default() += 1;
    }
    let parts: usize = audit.orders.iter().map(|order| order.head.fulfilments.len()).sum();
    audit.hold(parts == pointers, || format!("{parts} parts, but sellers see {pointers}"));
    audit.stock(stock);
    audit.ledgers();
    let due = due(shop).await;
    for order in audit.orders.clone() {
        let contradiction = order.head.contradiction();
        audit.breaches.extend(contradiction.map(|breach| format!("{}: {breach}", order.head.id)));
        audit.debts(&order.head, due.contains(&order.head.id));
        audit.money(&order);
        audit.labels(&order.head);
        audit.told(&order);
    }
    audit
}

/// The orders in the due index.
async fn due(shop: &Shop) -> Vec<OrderId> {
    let mut found = Vec::new();
    for shard in 0..DUE_SHARDS {
        found.extend(shop.table().due(shard, Timestamp::MAX, 100_000).await.unwrap());
    }
    let orders = found.into_iter().filter_map(|due| match due {
        Due::Order(id) => Some(id),
        Due::User(_) | Due::Erasure(_) => None,
    });
    orders.collect()
}

impl Audit {
    fn hold(&mut self, holds: bool, breach: impl FnOnce() -> String) {
        if !holds {
            self.breaches.push(breach());
        }
    }

    /// The number of the sandbox's entries of a kind that match.
    pub fn entries(&self, kind: &str, says: impl Fn(&str) -> bool) -> usize {
        self.ledger.iter().filter(|((of, _), entry)| of == kind && says(entry)).count()
    }

    /// The number of mails that were sent twice.
    pub fn second_copies(&self) -> usize {
        let expected: usize = self.orders.iter().flat_map(mails).map(|(_, count)| count).sum();
        self.mails.values().sum::<usize>().saturating_sub(expected)
    }

    fn entry(&self, kind: &str, name: impl ToString) -> Option<&str> {
        self.ledger.get(&(kind.to_owned(), name.to_string())).map(String::as_str)
    }

    /// Units on hand and sold add up to the first stock; a cancelled order has returned its units once, and
    /// no stock is below zero.
    fn stock(&mut self, stock: &BTreeMap<String, i64>) {
        for (product, start) in stock {
            let variant = variant_of(product);
            let left = self.left.get(&variant).copied().unwrap_or(i64::MIN);
            let sold = sold(&self.orders, product);
            self.hold(left >= 0, || format!("{product}: {left} left"));
            self.hold(left + sold == *start, || format!("{product}: {left} left and {sold} sold of {start}"));
            let received = self.received.get(&variant).copied();
            self.hold(received == Some(*start), || format!("{product}: {received:?} received of {start}"));
        }
    }

    /// The ledgers have no charge, refund or label without an order.
    fn ledgers(&mut self) {
        let orders: BTreeSet<_> = self.orders.iter().map(|order| order.head.id.to_string()).collect();
        for (kind, name) in self.ledger.keys().cloned().collect::<Vec<_>>() {
            let order = name.split('#').next().unwrap_or_default();
            self.hold(orders.contains(order), || format!("{kind} of {order}, which is no order"));
        }
    }

    /// Only debts that wait for time or for a seller are left, and every head with a debt is in the index.
    fn debts(&mut self, head: &OrderHead, is_due: bool) {
        let id = head.id;
        for (debt, when) in debts(head) {
            let waits = matches!(debt, Debt::Completion(_) | Debt::Seller(_));
            self.hold(waits, || format!("{id} still owes {debt:?} since {when}"));
        }
        let owes = !debts(head).is_empty();
        let stands = (head.due_at.is_some(), is_due);
        self.hold(!owes || stands == (true, true), || format!("{id} owes, but the index does not know it"));
    }

    /// Every charge has an order that is not cancelled, or was refunded in full, and no refund is too large.
    fn money(&mut self, order: &Order) {
        let (id, status) = (order.head.id, order.head.payment.status);
        let captured = self.entry("PAYMENT", id) == Some("captured");
        let refund = self.entry("REFUND", id).map(str::to_owned);
        let total = order.snapshot.totals.total.to_string();
        let cancelled = order.head.status() == Status::Cancelled;
        let right = match status {
            PaymentStatus::Pending => false,
            PaymentStatus::Paid => captured && refund.is_none() && !cancelled,
            PaymentStatus::Refunded => captured && refund == Some(total) && cancelled,
            PaymentStatus::Failed => !captured && refund.is_none() && cancelled,
        };
        self.hold(right, || {
            format!("{id}: {status:?}, captured: {captured}, refund: {refund:?}, cancelled: {cancelled}")
        });
    }

    /// A part that the shop has shipped has a label; a cancelled part has none.
    fn labels(&mut self, head: &OrderHead) {
        for (store, part) in &head.fulfilments {
            let parcel = format!("{}#{store}", head.id);
            let bought = self.entry("LABEL", &parcel).is_some();
            let claimed = part.status >= Status::Shipping && part.status != Status::Cancelled;
            self.hold(!bought || claimed, || format!("a label for {parcel}, which is {}", part.status));
            let shipped = claimed && part.mode == Mode::Automatic;
            self.hold(!shipped || part.tracking_number.is_some(), || format!("{parcel} has no label"));
        }
    }

    /// The buyer has got every mail about the order.
    fn told(&mut self, order: &Order) {
        let Some(contact) = &order.contact else { return };
        for (subject, count) in mails(order) {
            let sent = self.mails.get(&(contact.email.to_string(), subject.clone())).copied();
            let sent = sent.unwrap_or_default();
            self.hold(sent >= count, || format!("{sent} of {count} times: {subject}"));
        }
        let owed: Vec<_> = order.head.owed.keys().collect();
        self.hold(owed.is_empty(), || format!("{} owes the mails {owed:?}", order.head.id));
    }
}

/// The mails about an order by subject, and how many of each its timeline calls for.
fn mails(order: &Order) -> BTreeMap<String, usize> {
    let mut mails = BTreeMap::new();
    for event in &order.head.timeline {
        let news = match event.to {
            Happened::Paid => "is confirmed",
            Happened::Cancelled => "was cancelled",
            Happened::Shipping => "is packed",
            Happened::Shipped => "is on its way",
            Happened::Delivered => "was delivered",
            _ => continue,
        };
        *mails.entry(format!("Order {} {news}", order.snapshot.number)).or_default() += 1;
    }
    mails
}
