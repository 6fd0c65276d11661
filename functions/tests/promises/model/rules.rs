//! The rules of the shop, as plain structs in memory: no table, no queue, no network, nothing that can fail.
//! An action has a few steps, each of which is atomic; steps of others may come in between.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;

use Happened as H;
use Status::{Cancelled, Completed, Delivered, Paid, Pending, Processing, Shipped, Shipping};

/// What is sold: store, price in cents, and first stock. The last three are variants of one product.
pub const PRODUCTS: [(usize, i64, i64); 7] =
    [(0, 19_99, 6), (0, 1_25, 9), (1, 20_00, 7), (2, 7_35, 5), (2, 10_10, 5), (2, 11_05, 4), (2, 11_05, 3)];
/// How many of them are variants.
pub const VARIANTS: usize = 3;
/// Whether each store is automatic; otherwise its seller moves its orders.
pub const AUTOMATIC: [bool; 3] = [true, false, true];
/// The number of buyers.
pub const BUYERS: usize = 3;

const TAX_PERCENT: i64 = 18;
const SHIPPING_FEE: i64 = 50_00;
const MOST_OF_A_PRODUCT: i64 = 99;
/// For this long, a checkout of an empty cart gets the order that was made from it.
const REMEMBERED: Duration = Duration::from_mins(10);
const PAY_WITHIN: Duration = Duration::from_hours(2);
const COMPLETE_AFTER: Duration = Duration::from_hours(14 * 24);
/// How long a parcel of the chain travels.
const ON_ITS_WAY: Duration = Duration::from_mins(1);

/// Quantities by product.
pub type Lines = BTreeMap<usize, i64>;

/// The status of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Paid,
    Processing,
    Shipping,
    Shipped,
    Delivered,
    Completed,
    Cancelled,
}

/// The status of the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Money {
    Pending,
    Paid,
    Failed,
    Refunded,
}

/// An entry of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    Pending,
    Paid,
    PaymentFailed,
    Refunded,
    Processing,
    Shipping,
    Labelled,
    Shipped,
    Delivered,
    Completed,
    Cancelled,
}

/// A checkout request. Two equal ones under one key, or of one cart, are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// The items to buy; `None` for those in the cart.
    pub items: Option<Lines>,
    pub method: &'static str,
    /// The total that the buyer was shown.
    pub expected: Option<i64>,
}

/// Who makes a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    Buyer(usize),
    Seller(usize),
    Admin,
}

/// A worker's work on an order, or on one store's part of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    Pay,
    Pack(usize),
    Ship(usize),
    Deliver(usize),
    /// Changes nothing but the mailbox.
    Mail,
}

/// What the sweeper does to an order because time has passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overdue {
    /// Cancels an order that is not paid.
    Unpaid(usize),
    /// Completes a part that was delivered long ago.
    Arrived(usize, usize),
}

/// An action. Buyers, products and stores have numbers, and so have orders: the first placed order is 0.
#[derive(Clone, Debug)]
pub enum Act {
    Add(usize, usize, i64),
    Set(usize, usize, i64),
    Remove(usize, usize),
    Clear(usize),
    /// A buyer signs in with the cart of a guest who has this many of a product.
    Merge(usize, usize, i64),
    Buy(usize, Option<u8>, Purchase),
    Cancel(Who, usize),
    Complete(Who, usize),
    /// Moves this store's part of an order to a status; true with a tracking number.
    Move(Who, usize, usize, Status, bool),
    Work(Work, usize),
    Sweep(Vec<Overdue>),
}

/// The outcome for the actor.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The lines of the cart.
    Cart(Lines),
    /// Done.
    Done,
    /// The order of this id; true if an earlier request has placed it.
    Order(String, bool),
    /// The status, and each code with its field or subject.
    Refused(i64, Vec<(String, String)>),
    /// No answer, so it may have happened in part or not at all.
    Nothing,
}

/// The state of the shop.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: Timestamp,
    pub stock: Vec<i64>,
    pub carts: Vec<Cart>,
    pub orders: Vec<Order>,
}

/// A buyer's cart.
#[derive(Clone, Debug, Default)]
pub struct Cart {
    pub lines: Lines,
    /// The latest order made from it, and when.
    became: Option<(usize, Timestamp)>,
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: String,
    pub buyer: usize,
    pub key: Option<u8>,
    pub purchase: Purchase,
    /// What everybody can see of it.
    pub shown: Shown,
    /// When each part that the shop has handed over can arrive.
    arrives: BTreeMap<usize, Timestamp>,
}

/// The visible state of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub lines: Lines,
    /// Subtotal, tax, shipping and total.
    pub totals: [i64; 4],
    pub status: Status,
    pub money: Money,
    pub parts: BTreeMap<usize, Part>,
    pub timeline: Vec<(Timestamp, Happened, Option<usize>)>,
    /// Whether the bank has captured, and refunded.
    pub bank: (bool, bool),
}

/// A store's part of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub status: Status,
    /// Whether it has a tracking number.
    pub labelled: bool,
    /// Whether the carrier has sold a label for it.
    pub bought: bool,
}

/// What an actor remembers between two steps.
#[expect(clippy::struct_excessive_bools, reason = "each is remembered from another step")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    captured: bool,
    declined: bool,
    settles: bool,
    labels: bool,
    /// The stock of the product that a merge has read.
    left: i64,
}

fn refused(status: i64, code: &str) -> Told {
    refused_for(status, code, "")
}

fn refused_for(status: i64, code: &str, field: &str) -> Told {
    Told::Refused(status, vec![(code.to_owned(), field.to_owned())])
}

/// The whole state machine.
fn may_become(from: Status, to: Status) -> bool {
    let next = [Paid, Processing, Shipping, Shipped, Delivered, Completed];
    let place = |status| next.iter().position(|known| *known == status);
    match (from, to) {
        (Pending, to) => matches!(to, Paid | Cancelled),
        (Paid | Processing, Cancelled) => true,
        (from, to) => place(from).zip(place(to)).is_some_and(|(from, to)| from + 1 == to),
    }
}

fn totals(lines: &Lines) -> [i64; 4] {
    let subtotal: i64 = lines.iter().map(|(product, quantity)| PRODUCTS[*product].1 * quantity).sum();
    // Half to even: of two amounts that are equally near, the even one.
    let (whole, rest) = (subtotal * TAX_PERCENT / 100, subtotal * TAX_PERCENT % 100);
    let up = rest > 50 || (rest == 50 && whole % 2 == 1);
    let tax = whole + i64::from(up);
    [subtotal, tax, SHIPPING_FEE, subtotal + tax + SHIPPING_FEE]
}

impl Order {
    /// Adds an event of one part of the order, or of all parts.
    fn happens(&mut self, now: Timestamp, what: Happened, part: Option<usize>) {
        self.shown.timeline.push((now, what, part));
    }

    /// Moves one part.
    fn goes(&mut self, now: Timestamp, part: usize, to: Status) {
        let what = match to {
            Processing => H::Processing,
            Shipping => H::Shipping,
            Shipped => H::Shipped,
            Delivered => H::Delivered,
            _ => H::Completed,
        };
        self.arrives.remove(&part);
        self.part(part).status = to;
        self.happens(now, what, Some(part));
        self.adds_up();
    }

    /// Moves all parts.
    fn all_go(&mut self, now: Timestamp, to: Status, what: Happened) {
        self.shown.parts.values_mut().for_each(|part| part.status = to);
        self.happens(now, what, None);
        self.adds_up();
    }

    /// Sets the order's status to that of its least advanced part.
    fn adds_up(&mut self) {
        self.shown.status = self.shown.parts.values().map(|part| part.status).min().unwrap();
    }

    fn part(&mut self, part: usize) -> &mut Part {
        self.shown.parts.get_mut(&part).unwrap()
    }

    fn is_unsettled(&self) -> bool {
        self.shown.status == Cancelled && matches!(self.shown.money, Money::Pending | Money::Paid)
    }

    /// When a part last changed.
    fn moved_at(&self, part: usize) -> Timestamp {
        let of = |(_, _, of): &&(_, _, Option<usize>)| of.is_none_or(|of| of == part);
        self.shown.timeline.iter().rev().find(of).unwrap().0
    }
}

impl Model {
    pub fn new(now: Timestamp) -> Self {
        let stock = PRODUCTS.iter().map(|(_, _, stock)| *stock).collect();
        Self { now, stock, carts: vec![Cart::default(); BUYERS], orders: Vec::new() }
    }

    /// What the sweeper finds now.
    pub fn overdue(&self) -> Vec<Overdue> {
        let mut overdue = Vec::new();
        for (number, order) in self.orders.iter().enumerate() {
            let placed_at = order.shown.timeline[0].0;
            if order.shown.status == Pending && self.now.since(placed_at) >= PAY_WITHIN {
                overdue.push(Overdue::Unpaid(number));
            }
            for (part, _) in order.shown.parts.iter().filter(|(_, part)| part.status == Delivered) {
                if self.now.since(order.moved_at(*part)) >= COMPLETE_AFTER {
                    overdue.push(Overdue::Arrived(number, *part));
                }
            }
        }
        overdue
    }

    /// Whether only sellers have something left to do.
    pub fn is_at_rest(&self) -> bool {
        let waits = |part: (&usize, &Part)| part.1.status >= Delivered || !AUTOMATIC[*part.0];
        self.orders.iter().all(|order| {
            order.shown.status != Pending && !order.is_unsettled() && order.shown.parts.iter().all(waits)
        })
    }

    /// The most steps of an action.
    pub fn steps(act: &Act) -> usize {
        match act {
            Act::Work(Work::Pay, _) => 4,
            Act::Work(Work::Ship(_), _) => 3,
            Act::Merge(..) => 2,
            Act::Work(Work::Mail, _) => 0,
            Act::Sweep(overdue) => overdue.len(),
            _ => 1,
        }
    }

    /// Does one step; returns the outcome if it is the last one. `id` is the shop's id of the order that is
    /// placed.
    pub fn step(&mut self, act: &Act, step: usize, memory: &mut Memory, id: &str) -> Told {
        match act {
            Act::Work(work, order) => {
                self.work(*work, *order, step, memory);
                Told::Done
            }
            Act::Merge(buyer, product, quantity) => {
                match step {
                    0 => memory.left = self.stock[*product],
                    _ => self.merge(*buyer, *product, *quantity, memory.left),
                }
                Told::Done
            }
            Act::Sweep(overdue) => {
                self.by_the_clock(overdue[step]);
                Told::Done
            }
            Act::Buy(buyer, key, purchase) => self.buy(*buyer, *key, purchase, id),
            Act::Cancel(who, order) => self.cancel(*who, *order),
            Act::Complete(who, order) => self.complete(*who, *order),
            Act::Move(who, order, part, to, tracked) => self.moves(*who, *order, *part, *to, *tracked),
            _ => self.change_cart(act),
        }
    }

    fn change_cart(&mut self, act: &Act) -> Told {
        let missing = refused(404, "NOT_FOUND");
        let (buyer, product, quantity) = match *act {
            Act::Add(buyer, product, more) => {
                let held = self.carts[buyer].lines.get(&product).copied().unwrap_or_default();
                (buyer, product, held + more)
            }
            Act::Set(buyer, product, quantity) => (buyer, product, quantity),
            Act::Remove(buyer, product) => (buyer, product, 0),
            Act::Clear(buyer) => {
                if !self.carts[buyer].lines.is_empty() {
                    self.carts[buyer] = Cart::default();
                }
                return Told::Done;
            }
            _ => unreachable!("{act:?} is no change of a cart"),
        };
        let lines = &mut self.carts[buyer].lines;
        match act {
            Act::Add(..) if quantity > MOST_OF_A_PRODUCT => {
                return refused_for(422, "OUT_OF_RANGE", "quantity");
            }
            Act::Set(..) | Act::Remove(..) if !lines.contains_key(&product) => return missing,
            _ if quantity == 0 => drop(lines.remove(&product)),
            _ => drop(lines.insert(product, quantity)),
        }
        let told = Told::Cart(lines.clone());
        // The cart is no longer the one from which an order was made.
        self.carts[buyer].became = None;
        told
    }

    /// Quantities are added, up to the stock. The buyer's own quantity is kept, and one unit stays of a
    /// sold-out product.
    fn merge(&mut self, buyer: usize, product: usize, more: i64, left: i64) {
        let line = self.carts[buyer].lines.entry(product).or_default();
        *line = (*line + more).min(left.clamp(1, MOST_OF_A_PRODUCT)).max(*line);
        self.carts[buyer].became = None;
    }

    fn buy(&mut self, buyer: usize, key: Option<u8>, purchase: &Purchase, id: &str) -> Told {
        let again = |order: &Order| Told::Order(order.id.clone(), true);
        if let Some(order) =
            self.orders.iter().find(|order| key.is_some() && (order.buyer, order.key) == (buyer, key))
        {
            let same = order.purchase == *purchase;
            return if same { again(order) } else { refused(422, "IDEMPOTENCY_KEY_REUSED") };
        }
        let cart = &self.carts[buyer];
        let lines = purchase.items.as_ref().unwrap_or(&cart.lines).clone();
        if lines.is_empty() {
            let became = cart.became.filter(|(_, at)| key.is_none() && self.now.since(*at) < REMEMBERED);
            let order = became.map(|(order, _)| &self.orders[order]);
            let same = order.filter(|order| order.purchase == *purchase && order.shown.status != Cancelled);
            return same.map_or_else(|| refused(409, "CART_EMPTY"), again);
        }
        let short = lines.iter().filter(|(product, quantity)| self.stock[**product] < **quantity);
        let short: Vec<_> =
            short.map(|(product, _)| ("OUT_OF_STOCK".to_owned(), product.to_string())).collect();
        if !short.is_empty() {
            return Told::Refused(409, short);
        }
        let totals = totals(&lines);
        if purchase.expected.is_some_and(|expected| expected != totals[3]) {
            return refused(409, "CART_CHANGED");
        }
        for (product, quantity) in &lines {
            self.stock[*product] -= quantity;
        }
        if purchase.items.is_none() {
            self.carts[buyer] = Cart { lines: Lines::new(), became: Some((self.orders.len(), self.now)) };
        }
        let part = Part { status: Pending, labelled: false, bought: false };
        let parts = lines.keys().map(|product| (PRODUCTS[*product].0, part.clone())).collect();
        let shown = Shown {
            lines,
            totals,
            status: Pending,
            money: Money::Pending,
            parts,
            timeline: vec![(self.now, H::Pending, None)],
            bank: (false, false),
        };
        let (id, purchase, arrives) = (id.to_owned(), purchase.clone(), BTreeMap::new());
        self.orders.push(Order { id: id.clone(), buyer, key, purchase, shown, arrives });
        Told::Order(id, false)
    }

    /// Cancels an order, if every part can still be cancelled, and returns its stock.
    fn call_off(&mut self, order: usize) -> bool {
        let (now, order) = (self.now, &mut self.orders[order]);
        let can_be = order.shown.parts.values().all(|part| may_become(part.status, Cancelled));
        if can_be {
            order.all_go(now, Cancelled, H::Cancelled);
            order.shown.lines.iter().for_each(|(product, quantity)| self.stock[*product] += quantity);
        }
        can_be
    }

    fn cancel(&mut self, who: Who, order: usize) -> Told {
        if who != Who::Admin && who != Who::Buyer(self.orders[order].buyer) {
            return refused(404, "NOT_FOUND");
        }
        let id = self.orders[order].id.clone();
        match self.orders[order].shown.status == Cancelled || self.call_off(order) {
            true => Told::Order(id, false),
            false => refused(409, "INVALID_TRANSITION"),
        }
    }

    fn complete(&mut self, who: Who, order: usize) -> Told {
        let (now, order) = (self.now, &mut self.orders[order]);
        if who != Who::Buyer(order.buyer) {
            return refused(404, "NOT_FOUND");
        }
        let mut parts = order.shown.parts.values();
        match order.shown.status {
            Completed => {}
            _ if parts.all(|part| matches!(part.status, Delivered | Completed)) => {
                order.all_go(now, Completed, H::Completed);
            }
            _ => return refused(409, "INVALID_TRANSITION"),
        }
        Told::Order(order.id.clone(), false)
    }

    fn moves(&mut self, who: Who, order: usize, part: usize, to: Status, tracked: bool) -> Told {
        let (now, order) = (self.now, &mut self.orders[order]);
        let illegal = refused(409, "INVALID_TRANSITION");
        match who {
            Who::Buyer(_) => return refused(403, "FORBIDDEN"),
            Who::Seller(own) if !order.shown.parts.contains_key(&own) => return refused(404, "NOT_FOUND"),
            Who::Seller(own) if AUTOMATIC[own] => return illegal,
            Who::Seller(_) | Who::Admin => {}
        }
        let from = order.part(part).status;
        let label = |order: &mut Order| {
            order.part(part).labelled = true;
            order.happens(now, H::Labelled, Some(part));
        };
        if from == to {
            // The seller of a manual store may add the number later; every number here is the same.
            match tracked && matches!(to, Shipping | Shipped) {
                true if AUTOMATIC[part] => return illegal,
                true if !order.part(part).labelled => label(order),
                _ => {}
            }
        } else {
            let of_the_chain = AUTOMATIC[part] && to == Shipped;
            if !may_become(from, to) || matches!(to, Paid | Cancelled) || of_the_chain {
                return illegal;
            }
            if tracked && to == Shipped {
                label(order);
            }
            order.goes(now, part, to);
            if tracked && to == Shipping {
                label(order);
            }
        }
        Told::Order(order.id.clone(), false)
    }

    fn by_the_clock(&mut self, overdue: Overdue) {
        match overdue {
            Overdue::Unpaid(order) if self.orders[order].shown.status == Pending => {
                self.call_off(order);
            }
            Overdue::Arrived(order, part) if self.orders[order].part(part).status == Delivered => {
                self.orders[order].goes(self.now, part, Completed);
            }
            _ => {}
        }
    }

    fn work(&mut self, work: Work, order: usize, step: usize, memory: &mut Memory) {
        if work == Work::Pay {
            return self.pay(order, step, memory);
        }
        let (now, order) = (self.now, &mut self.orders[order]);
        let (Work::Pack(store) | Work::Ship(store) | Work::Deliver(store)) = work else { return };
        if !AUTOMATIC[store] {
            return;
        }
        let part = order.part(store).clone();
        let unlabelled = part.status == Shipping && !part.labelled;
        let arrived = order.arrives.get(&store).is_none_or(|at| *at <= now);
        match (work, step) {
            (Work::Pack(_), _) if part.status == Paid => order.goes(now, store, Processing),
            (Work::Ship(_), 0) => {
                if part.status == Processing {
                    order.goes(now, store, Shipping);
                }
                memory.labels = part.status == Processing || unlabelled;
            }
            (Work::Ship(_), 1) if memory.labels => order.part(store).bought = true,
            (Work::Ship(_), 2) if memory.labels && unlabelled => {
                order.part(store).labelled = true;
                order.happens(now, H::Labelled, Some(store));
            }
            (Work::Deliver(_), _) if part.status == Shipping && part.labelled => {
                order.goes(now, store, Shipped);
                order.arrives.insert(store, now + ON_ITS_WAY);
            }
            (Work::Deliver(_), _) if part.status == Shipped && arrived => order.goes(now, store, Delivered),
            _ => {}
        }
    }

    /// The bank takes the money first, and then the order becomes paid; if it was cancelled meanwhile, the
    /// money is refunded.
    fn pay(&mut self, number: usize, step: usize, memory: &mut Memory) {
        let (now, order) = (self.now, &mut self.orders[number]);
        let pending = order.shown.status == Pending;
        match step {
            0 if pending => {
                memory.declined = order.purchase.method == "pm_sandbox_declined";
                memory.captured = !memory.declined;
                order.shown.bank.0 |= memory.captured;
            }
            0 => memory.settles = order.is_unsettled(),
            1 if memory.captured && pending => {
                order.shown.money = Money::Paid;
                order.all_go(now, Paid, H::Paid);
            }
            1 if memory.captured => memory.settles = order.is_unsettled(),
            1 if memory.declined && pending => {
                order.shown.money = Money::Failed;
                order.happens(now, H::PaymentFailed, None);
                self.call_off(number);
            }
            2 if memory.settles => order.shown.bank.1 = order.shown.bank.0,
            3 if memory.settles && order.is_unsettled() => {
                let (money, what) = match order.shown.bank.1 {
                    true => (Money::Refunded, H::Refunded),
                    false => (Money::Failed, H::PaymentFailed),
                };
                order.shown.money = money;
                order.happens(now, what, None);
            }
            _ => {}
        }
    }

    /// Whether the bank may fail or be slow for this order's payment.
    pub fn is_moody(&self, act: &Act) -> bool {
        let moody = |order: &usize| self.orders[*order].purchase.method.ends_with(['y', 'w']);
        matches!(act, Act::Work(Work::Pay, order) if moody(order))
    }
}
