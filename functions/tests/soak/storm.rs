//! The crowd, its actions, and the faults.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::messages::QUEUES;
use domain::orders::debt::{Debt, debts};
use serde_json::json;
use testkit::{CallInfo, Fault, Message, When};

use crate::shop::goods::{item, sell_sizes, variant_of};
use crate::shop::people::{Person, id, purchase};
use crate::shop::world::{Shop, together};

/// What is sold. Everybody buys one unit of the first two, and one to three of the others. The shirts are
/// variants of one product.
pub const PRODUCTS: [&str; 6] = ["lamp", "desk", "sofa", "vase", "shirt S", "shirt M"];
/// The product whose orders nobody cancels.
pub const KEPT: usize = 0;
/// The product of the manual store.
const BY_HAND: usize = 3;
/// Tries of one request before a buyer gives up.
const TRIES: usize = 30;
/// After this time on tokio's clock the workers have looked at an order several times.
const PAID_BY: Duration = Duration::from_secs(1);
/// Deliveries at the same time.
const WORKERS: usize = 16;

/// A shop with a crowd.
pub struct Storm {
    /// The shop.
    pub shop: Shop,
    /// The names of the goods.
    pub products: Vec<String>,
    /// What went wrong on the way.
    pub breaches: Vec<String>,
    buyers: Vec<Buyer>,
    potter: Person,
    stock: i64,
    random: RefCell<fastrand::Rng>,
    faults: Arc<AtomicUsize>,
    requests: Cell<usize>,
    deliveries: Cell<usize>,
    answered: Cell<usize>,
}

/// A buyer in the crowd.
#[expect(clippy::struct_excessive_bools, reason = "habits that have nothing to do with each other")]
struct Buyer {
    person: Person,
    number: usize,
    product: usize,
    quantity: i64,
    method: &'static str,
    /// Adds the product to the cart; otherwise names it in the checkout, under a key.
    by_cart: bool,
    /// Sends each request twice.
    twice: bool,
    /// Does not see the first answer.
    blinks: bool,
    /// Cancels at once.
    cancels: bool,
    /// The orders that answers have named.
    told: RefCell<Vec<String>>,
}

/// The outcome of a try.
enum Tried {
    Placed(String),
    Refused(String),
    Again,
}

impl Storm {
    /// Opens the shop with its buyers.
    pub async fn gathers(count: usize, stock: i64, seed: u64, say: &dyn Fn(usize)) -> Self {
        let shop = Shop::open();
        let made = [("lamp", 15_00, stock), ("desk", 99_00, stock), ("sofa", 7_35, stock)];
        let mut products = shop.sell("seller", &made).await;
        products.push(shop.sell_by_hand("potter", "vase", stock).await);
        let (potter, seller) = (shop.find("potter").await, shop.find("seller").await);
        let category = id(&shop.guest().get("/categories").await.ok()[0]);
        products.extend(sell_sizes(&seller, &category, [(10_10, stock), (11_05, stock)]).await);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut buyers = Vec::new();
        for number in 0..count {
            let person = shop.member(&format!("buyer{number}"), false).await;
            buyers.push(Buyer::random(&mut random, number, person));
            shop.aws.clear_calls();
            say(number + 1);
        }
        // The sweeper finds messages that are lost on purpose.
        shop.may_leave_messages();
        shop.aws.interleave_by(seed);
        let random = RefCell::new(random);
        let (faults, requests, deliveries, answered) = Default::default();
        let breaches = Vec::new();
        Self {
            shop,
            products,
            breaches,
            buyers,
            potter,
            stock,
            random,
            faults,
            requests,
            deliveries,
            answered,
        }
    }

    /// The first stock of each product.
    pub fn stock(&self) -> BTreeMap<String, i64> {
        self.products.iter().map(|product| (product.clone(), self.stock)).collect()
    }

    /// How many buyers want this product.
    pub fn wanted(&self, product: usize) -> usize {
        self.buyers.iter().filter(|buyer| buyer.product == product).count()
    }

    /// Every order that an answer has named.
    pub fn told(&self) -> Vec<String> {
        self.buyers.iter().flat_map(|buyer| buyer.told.borrow().clone()).collect()
    }

    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.requests.get()
    }

    /// How often a message was delivered.
    pub fn deliveries(&self) -> usize {
        self.deliveries.get()
    }

    /// How many calls to AWS went wrong.
    pub fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }

    /// A summary of the crowd's orders.
    pub fn bought(&self) -> String {
        let placed = self.buyers.iter().filter(|buyer| !buyer.told.borrow().is_empty()).count();
        format!("{placed} of {} got something, {} faults", self.answered.get(), self.faults())
    }

    /// All buyers buy at the same time, while the workers run and faults happen.
    pub async fn breaks(&mut self, say: &dyn Fn(String)) {
        self.goes_wrong();
        let open = Cell::new(true);
        let crowd = async {
            together(self.buyers.iter().map(|buyer| Box::pin(self.lets(buyer)))).await;
            open.set(false);
        };
        let chain = async {
            let mut below = Vec::new();
            while open.get() {
                self.work().await;
                below.extend(self.below_zero().await);
                self.shop.aws.clear_calls();
                say(self.bought());
                // On a paused clock this moment comes when nobody else has anything to do.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            below
        };
        let ((), below) = tokio::join!(crowd, chain);
        self.breaches.extend(below);
        for buyer in &self.buyers {
            let mut told = buyer.told.borrow_mut();
            told.sort();
            told.dedup();
            if told.len() > 1 {
                self.breaches.push(format!("buyer {} bought more than once: {told:?}", buyer.number));
            }
        }
    }

    /// Chooses a fault for each call, or none. Most transactions conflict with another one.
    fn goes_wrong(&self) {
        let random = Mutex::new(fastrand::Rng::with_seed(self.random.borrow_mut().u64(..)));
        let faults = Arc::clone(&self.faults);
        self.shop.aws.on(move |call: &CallInfo| {
            let mut random = random.lock().unwrap();
            let items = call.conflict_items();
            let fault = match random.u32(..1000) {
                _ if items > 1 && random.u32(..3) > 0 => Fault::Conflict(random.usize(..items)),
                0..10 => Fault::Throttle,
                10..20 => Fault::Timeout(When::Before),
                20..30 => Fault::Timeout(When::After),
                30..35 => Fault::Fail(When::After),
                35..40 => Fault::Crash(When::Before),
                40..45 => Fault::Crash(When::After),
                45..48 => Fault::Hang(When::After),
                48..58 if call.can(&Fault::Drop) && call.operation != "SendEmail" => Fault::Drop,
                _ => Fault::None,
            };
            if fault != Fault::None {
                faults.fetch_add(1, Ordering::Relaxed);
            }
            fault
        });
    }

    /// The actions of a buyer.
    async fn lets(&self, buyer: &Buyer) {
        if buyer.by_cart {
            self.fills_the_cart(buyer).await;
        }
        let copies = if buyer.twice { 2 } else { 1 };
        let orders = together((0..copies).map(|_| self.buys(buyer, buyer.blinks))).await;
        self.answered.set(self.answered.get() + 1);
        buyer.told.borrow_mut().extend(orders.into_iter().flatten());
        let order = buyer.told.borrow().first().cloned();
        if let (Some(order), true) = (order, buyer.cancels) {
            if buyer.blinks {
                // By then it may be paid.
                tokio::time::sleep(PAID_BY).await;
            }
            let path = format!("/orders/{order}/cancel");
            for _ in 0..TRIES {
                if !matches!(self.tries(buyer, "POST", &path, &[], None).await, Tried::Again) {
                    return;
                }
            }
        }
    }

    async fn fills_the_cart(&self, buyer: &Buyer) {
        // A buyer who got no answer reads the cart first: adding again would add more.
        let line = format!("/cart/items/{}", self.products[buyer.product]);
        let add = item(&self.products[buyer.product], buyer.quantity);
        for number in 0..TRIES {
            if let Tried::Placed(_) = self.tries(buyer, "POST", "/cart/items", &[], Some(add.clone())).await {
                if number > 0 {
                    let set = Some(json!({ "quantity": buyer.quantity }));
                    while let Tried::Again = self.tries(buyer, "PATCH", &line, &[], set.clone()).await {}
                }
                return;
            }
        }
    }

    /// Sends the same checkout until there is an answer; returns the orders that the answers named.
    async fn buys(&self, buyer: &Buyer, mut blinks: bool) -> Vec<String> {
        let (key, mut body) = (format!("soak-{}", buyer.number), purchase());
        body["payment_method"] = json!(buyer.method);
        let mut headers = vec![];
        if !buyer.by_cart {
            body["items"] = json!([item(&self.products[buyer.product], buyer.quantity)]);
            headers.push(("idempotency-key", key.as_str()));
        }
        let mut told = Vec::new();
        for _ in 0..TRIES {
            match self.tries(buyer, "POST", "/orders", &headers, Some(body.clone())).await {
                Tried::Placed(order) => told.push(order),
                Tried::Refused(code) => {
                    assert!(told.is_empty() || buyer.cancels, "{told:?} was told, and then {code}");
                    return told;
                }
                Tried::Again => continue,
            }
            if !std::mem::take(&mut blinks) {
                return told;
            }
        }
        told
    }

    async fn tries(
        &self,
        buyer: &Buyer,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<serde_json::Value>,
    ) -> Tried {
        self.requests.set(self.requests.get() + 1);
        let Ok(answer) = buyer.person.try_call(method, path, headers, body).await else {
            return Tried::Again;
        };
        match answer.status {
            201 => Tried::Placed(id(answer.created())),
            200 => Tried::Placed(String::new()),
            409 => Tried::Refused(answer.body["errors"][0]["code"].to_string()),
            503 => Tried::Again,
            status => panic!("{method} {path}: {status} {:#}", answer.body),
        }
    }

    /// Delivers every due message to its worker, a third of them twice, in any order, many at the same time.
    async fn work(&self) {
        let mut messages = Vec::new();
        for queue in QUEUES {
            for message in self.shop.aws.queue(queue).take_due(self.shop.clock.now()) {
                if self.random.borrow_mut().u32(..3) == 0 {
                    messages.push((queue, message.clone()));
                }
                messages.push((queue, message));
            }
        }
        self.random.borrow_mut().shuffle(&mut messages);
        // Two failed copies become one message again.
        let mut again = BTreeMap::new();
        for group in messages.chunks(WORKERS) {
            let failed = together(group.iter().map(|(queue, message)| self.fails(queue, message))).await;
            let failed = group.iter().zip(failed).filter(|(_, failed)| *failed);
            again.extend(failed.map(|((queue, message), _)| ((*queue, message.id.clone()), message.clone())));
            self.shop.aws.clear_calls();
        }
        let later = self.shop.clock.now() + Duration::from_mins(1);
        for ((queue, _), message) in again {
            self.shop.aws.queue(queue).put_back(message, later);
        }
    }

    async fn fails(&self, queue: &'static str, message: &Message) -> bool {
        self.deliveries.set(self.deliveries.get() + 1);
        let failed = Box::pin(self.shop.deliver(queue, std::slice::from_ref(message))).await;
        failed.map_or(true, |failed| !failed.is_empty())
    }

    async fn below_zero(&self) -> Option<String> {
        let ids: Vec<_> = self.products.iter().map(|name| variant_of(name)).collect();
        let (products, _) = self.shop.table().products_and_stores_now(&ids, &[]).await.unwrap();
        let below = products.iter().find(|stocked| stocked.stock.on_hand < 0)?;
        Some(format!("{} left of {}", below.stock.on_hand, below.variant_id()))
    }

    /// Lets time pass, first with faults and then without, until nothing is owed; returns how many minutes
    /// that takes.
    pub async fn heals(&mut self, say: &dyn Fn(String)) -> usize {
        for minute in 0..240 {
            if minute == 10 {
                self.shop.aws.no_faults();
            }
            self.shop.clock.advance(Duration::from_mins(1));
            // The next tick retries a sweep that fails.
            drop(Box::pin(self.shop.sweep()).await);
            self.work().await;
            if minute >= 10 {
                self.potter_works().await;
            }
            self.breaches.extend(self.below_zero().await);
            let owing = self.owing().await;
            let depth: usize = self.shop.aws.queues().iter().map(testkit::Queue::len).sum();
            say(format!("minute {minute}, {owing} orders on their way, {depth} messages"));
            if owing == 0 && minute > 10 && depth == 0 {
                return minute;
            }
        }
        self.breaches.push("it does not come to rest".to_owned());
        240
    }

    /// The seller of the manual store moves each order one step.
    async fn potter_works(&self) {
        let potter = self.shop.again(&self.potter);
        for (from, to) in [
            ("shipped", "delivered"),
            ("shipping", "shipped"),
            ("processing", "shipping"),
            ("paid", "processing"),
        ] {
            let list = potter.get(&format!("/seller/orders?limit=100&status={from}")).await;
            for row in list.ok().as_array().unwrap() {
                let moved = potter.moves(&id(row), json!({ "status": to })).await.status;
                assert!(matches!(moved, 200 | 409), "{from} → {to}: {moved}");
            }
        }
    }

    /// How many orders owe more than their completion.
    async fn owing(&self) -> usize {
        let table = self.shop.table();
        let mut owing = 0;
        for order in self.told() {
            let Some(head) = table.order_head(order.parse().unwrap()).await.unwrap() else { continue };
            let rests = |(debt, _): &(Debt, _)| matches!(debt, Debt::Completion(_));
            owing += usize::from(!debts(&head).iter().all(rests));
        }
        owing
    }
}

impl Buyer {
    fn random(random: &mut fastrand::Rng, number: usize, person: Person) -> Self {
        let product = random.usize(..PRODUCTS.len());
        let quantity = if product < 2 { 1 } else { random.i64(1..4) };
        let methods = ["ok", "ok", "ok", "flaky", "slow", "declined"];
        let method = match methods[random.usize(..if product == KEPT { 5 } else { 6 })] {
            "ok" => "pm_sandbox_ok",
            "flaky" => "pm_sandbox_flaky",
            "slow" => "pm_sandbox_slow",
            _ => "pm_sandbox_declined",
        };
        Self {
            person,
            number,
            product,
            quantity,
            method,
            by_cart: random.bool(),
            twice: random.u32(..5) == 0,
            blinks: random.u32(..5) == 0,
            cancels: product != KEPT && product != BY_HAND && random.u32(..6) == 0,
            told: RefCell::default(),
        }
    }
}
