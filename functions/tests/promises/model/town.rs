//! A shop with its people, and the model of it.

mod errands;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use domain::messages::QUEUES;
use serde_json::{Value, json};
use testkit::{CallInfo, Crashed, Fault, When};

use super::explain::Round;
use super::rules::{AUTOMATIC, Act, BUYERS, Lines, Model, PRODUCTS, Purchase, Told, VARIANTS, Who, Work};
use crate::promises::audit::audit;
use crate::shop::goods::{item, sell_sizes, variant_of};
use crate::shop::people::{PASSWORD, Person, id, login, purchase};
use crate::shop::world::{Answer, Shop, together};
use errands::Errand;

/// The faults of calls to AWS during a schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weather {
    /// None.
    Fair,
    /// Two of three transactions conflict with another one.
    Crowded,
    /// A twelfth of all calls fails, before or after the work is done.
    Rough,
    /// Some processes crash in the middle of a call.
    Deadly,
}

/// How many decisions about orders follow once everything is delivered.
const DECISIONS_AFTERWARDS: usize = 12;

/// A shop, its people, and the expected state.
pub struct Town {
    seed: u64,
    weather: Weather,
    random: fastrand::Rng,
    shop: Shop,
    buyers: Vec<Person>,
    sellers: Vec<Person>,
    admin: Person,
    /// The names of the goods.
    products: Vec<String>,
    stores: Vec<String>,
    model: Model,
    rounds: u64,
    /// When the tokens were signed.
    signed_at: Timestamp,
    /// How often each action ended in each way.
    pub ends: BTreeMap<String, usize>,
}
impl Town {
    pub async fn open(seed: u64, weather: Weather) -> Self {
        let shop = Shop::open();
        let admin = shop.member("admin", true).await;
        let category = id(admin.post("/categories", json!({ "name": "Things" })).await.created());
        let (mut sellers, mut stores, mut products) = (Vec::new(), Vec::new(), Vec::new());
        for (number, automatic) in AUTOMATIC.iter().enumerate() {
            let seller = shop.member(&format!("seller{number}"), false).await;
            let mode = if *automatic { "automatic" } else { "manual" };
            let store = json!({ "name": format!("Store {number}"), "fulfilment": mode });
            stores.push(id(seller.post("/stores", store).await.created()));
            sellers.push(seller);
            // Later ids sort later, so an order's parts are in the order of the store numbers.
            shop.clock.advance(Duration::from_millis(1));
        }
        let (plain, sizes) = PRODUCTS.split_at(PRODUCTS.len() - VARIANTS);
        for (number, (store, price, stock)) in plain.iter().enumerate() {
            let product = json!({
                "name": format!("Thing {number}"), "sku": format!("THING-{number}"), "category_id": category,
                "price": { "amount": price, "currency": "USD" }, "stock": stock,
            });
            products.push(id(sellers[*store].post("/products", product).await.created()));
        }
        let priced = sizes.iter().map(|(_, price, stock)| (*price, *stock));
        products.extend(sell_sizes(&sellers[sizes[0].0], &category, priced).await);
        let mut buyers = Vec::new();
        for number in 0..BUYERS {
            buyers.push(shop.member(&format!("buyer{number}"), false).await);
        }
        shop.aws.interleave_by(seed);
        // The sweeper finds messages that are lost on purpose.
        shop.may_leave_messages();
        let signed_at = shop.clock.now();
        let (random, model) = (fastrand::Rng::with_seed(seed), Model::new(shop.clock.now()));
        Self {
            seed,
            weather,
            random,
            shop,
            buyers,
            sellers,
            admin,
            products,
            stores,
            model,
            rounds: 0,
            signed_at,
            ends: BTreeMap::new(),
        }
    }

    /// One actor does something, or several at the same time; then everything that they touched is read.
    pub async fn round(&mut self) {
        self.rounds += 1;
        if self.random.u32(..2) == 0 {
            self.time_passes();
        }
        let errands = match self.random.u32(..6) {
            0 => self.rush(),
            1 | 2 if !self.model.orders.is_empty() => self.meeting(),
            _ => {
                let mut errands = Vec::new();
                for _ in 0..[1, 1, 2, 3][self.random.usize(..4)] {
                    errands.push(self.errand().await);
                }
                errands
            }
        };
        let faulty = self.weather != Weather::Fair && self.random.u32(..4) > 0;
        self.run(errands, faulty).await;
    }

    /// Runs errands at the same time, and compares the result with the model.
    async fn run(&mut self, errands: Vec<Errand>, faulty: bool) {
        self.shop.aws.clear_calls();
        if faulty {
            self.break_calls();
        }
        let told = together(errands.iter().map(|errand| self.told(errand))).await;
        self.shop.aws.no_faults();
        for (errand, told) in errands.iter().zip(&told) {
            if let (Some(guest), Told::Done) = (&errand.guest, told) {
                let left = self.lines(guest.get("/cart").await.ok(), "items");
                assert!(
                    left.is_empty(),
                    "seed {}: what was merged is still the guest's: {left:?}",
                    self.seed
                );
            }
        }
        let acts: Vec<_> = errands.into_iter().map(|errand| errand.act).zip(told).collect();
        let seen = self.look(&acts).await;
        let calm = !faulty && acts.len() == 1;
        for (act, told) in &acts {
            // Each action has an outcome, except a mail that another worker has claimed.
            let excused = faulty || self.model.is_moody(act) || matches!(act, Act::Work(..)) && !calm;
            let excused = excused || matches!(act, Act::Work(Work::Mail, _));
            assert!(excused || *told != Told::Nothing, "seed {}: nothing comes of {act:?}", self.seed);
        }
        let round = Round { acts: &acts, faulty, seen: &seen };
        let Some(after) = round.explained(&self.model) else {
            panic!("seed {}, round {}: {}", self.seed, self.rounds, round.unexplained(&self.model));
        };
        self.model = after;
        for (act, told) in &acts {
            *self.ends.entry(end(act, told)).or_default() += 1;
        }
    }

    fn break_calls(&self) {
        let seed = self.seed * 1000 + self.rounds;
        match self.weather {
            Weather::Fair => {}
            Weather::Rough => self.shop.aws.random_faults(seed, 0.08),
            Weather::Crowded => self.shop.aws.on(|call| match call.conflict_items() {
                items if items > 1 && call.nth % 3 != 0 => Fault::Conflict(call.nth % items),
                _ => Fault::None,
            }),
            Weather::Deadly => self.shop.aws.on(move |call: &CallInfo| {
                let dice = fastrand::Rng::with_seed(seed * 100 + call.number as u64).u32(..40);
                match dice {
                    0 => Fault::Crash(When::Before),
                    1 => Fault::Crash(When::After),
                    2 => Fault::Hang(When::After),
                    _ => Fault::None,
                }
            }),
        }
    }

    fn time_passes(&mut self) {
        let minutes =
            [1, 2, 5, 11, 40, 121, 14 * 24 * 60][self.random.usize(..7).min(self.random.usize(..7))];
        let seconds = [1, 20, minutes * 60][self.random.usize(..3)];
        self.wind(Duration::from_secs(seconds));
    }

    fn wind(&mut self, by: Duration) {
        self.shop.clock.advance(by);
        self.model.now = self.shop.clock.now();
        let shop = self.shop.clone();
        // A token is valid for 15 minutes.
        if self.model.now.since(self.signed_at) > Duration::from_mins(10) {
            let everybody = self.buyers.iter_mut().chain(&mut self.sellers).chain([&mut self.admin]);
            everybody.for_each(|person| *person = shop.again(person));
            self.signed_at = self.model.now;
        }
    }

    fn person(&self, who: Who) -> &Person {
        match who {
            Who::Buyer(number) => &self.buyers[number],
            Who::Seller(number) => &self.sellers[number],
            Who::Admin => &self.admin,
        }
    }

    /// Runs an errand.
    async fn told(&self, errand: &Errand) -> Told {
        if let Some((queue, message)) = &errand.message {
            let failed = self.shop.deliver(queue, std::slice::from_ref(message)).await;
            if failed.is_ok_and(|failed| failed.is_empty()) {
                return Told::Done;
            }
            let later = self.shop.clock.now() + Duration::from_mins(1);
            self.shop.aws.queue(queue).put_back(message.clone(), later);
            return Told::Nothing;
        }
        let order = |order: &usize| &self.model.orders[*order].id;
        let line = |product: &usize| format!("/cart/items/{}", self.products[*product]);
        let quantity = |quantity: &i64| Some(json!({ "quantity": quantity }));
        let (who, method, path, body) = match &errand.act {
            Act::Add(buyer, product, quantity) => {
                let item = item(&self.products[*product], *quantity);
                (Who::Buyer(*buyer), "POST", "/cart/items".to_owned(), Some(item))
            }
            Act::Set(buyer, product, held) => (Who::Buyer(*buyer), "PATCH", line(product), quantity(held)),
            Act::Remove(buyer, product) => (Who::Buyer(*buyer), "DELETE", line(product), None),
            Act::Clear(buyer) => (Who::Buyer(*buyer), "DELETE", "/cart".to_owned(), None),
            Act::Cancel(who, id) => (*who, "POST", format!("/orders/{}/cancel", order(id)), None),
            Act::Complete(who, id) => (*who, "POST", format!("/orders/{}/complete", order(id)), None),
            Act::Move(who, id, part, to, tracked) => {
                let mut step = json!({ "status": format!("{to:?}").to_lowercase() });
                if *who == Who::Admin {
                    step["store_id"] = json!(self.stores[*part]);
                }
                if *tracked {
                    step["tracking_number"] = json!("TRACK-1");
                }
                (*who, "PUT", format!("/orders/{}/status", order(id)), Some(step))
            }
            Act::Buy(buyer, key, bought) => {
                let key = key.map(|key| format!("key-{key}"));
                let key: Vec<_> = key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
                let body = self.body(bought);
                return self
                    .answered(self.buyers[*buyer].try_call("POST", "/orders", &key, Some(body)).await);
            }
            Act::Merge(buyer, ..) => {
                let login = login(&self.buyers[*buyer].email, PASSWORD);
                let guest = errand.guest.as_ref().unwrap();
                let answer = guest.try_call("POST", "/auth/login", &[], Some(login)).await;
                let merged =
                    |answer: &Answer| answer.cookies.iter().any(|cookie| cookie.starts_with("cart=;"));
                return if answer.is_ok_and(|answer| merged(&answer)) { Told::Done } else { Told::Nothing };
            }
            Act::Sweep(_) => {
                return if self.shop.sweep().await.is_ok() { Told::Done } else { Told::Nothing };
            }
            Act::Work(..) => unreachable!("a worker has a message"),
        };
        self.answered(self.person(who).try_call(method, &path, &[], body).await)
    }

    fn body(&self, bought: &Purchase) -> Value {
        let mut body = purchase();
        body["payment_method"] = json!(bought.method);
        if let Some(items) = &bought.items {
            let items = items.iter().map(|(product, quantity)| item(&self.products[*product], *quantity));
            body["items"] = items.collect();
        }
        if let Some(expected) = bought.expected {
            body["expected_total"] = json!({ "amount": expected, "currency": "USD" });
        }
        body
    }

    /// The outcome in an answer.
    fn answered(&self, answer: Result<Answer, Crashed>) -> Told {
        let Ok(answer) = answer else { return Told::Nothing };
        match answer.status {
            204 => Told::Done,
            200 | 201 if answer.body["data"]["items"].is_array() => {
                Told::Cart(self.lines(answer.ok(), "items"))
            }
            200 | 201 => {
                let again = answer.headers.contains_key("idempotent-replayed");
                Told::Order(id(&answer.body["data"]), again)
            }
            503 => Told::Nothing,
            status @ 400..500 => {
                let field = |field: &Value| {
                    let field = field.as_str().unwrap_or_default();
                    let product = self.products.iter().position(|product| product == field);
                    product.map_or_else(|| field.to_owned(), |product| product.to_string())
                };
                let errors = answer.body["errors"].as_array().unwrap().iter();
                let errors =
                    errors.map(|error| (error["code"].as_str().unwrap().to_owned(), field(&error["field"])));
                let mut errors: Vec<_> = errors.collect();
                errors.sort();
                Told::Refused(status, errors)
            }
            status => panic!("seed {}: {status} {:#}", self.seed, answer.body),
        }
    }

    fn lines(&self, body: &Value, lines: &str) -> Lines {
        let lines = body[lines].as_array().unwrap().iter();
        let product = |line: &Value| self.number_of(variant_of(line["variant_id"].as_str().unwrap()));
        lines.map(|line| (product(line), line["quantity"].as_i64().unwrap())).collect()
    }

    /// Finishes everything that was begun. Then the state is as the model says, and the audit finds nothing.
    pub async fn closes(&mut self) {
        // Some queues lose all messages, and the sweeper has to find that.
        for queue in QUEUES {
            if self.random.bool() {
                self.shop.aws.queue(queue).purge();
            }
        }
        for _ in 0..60 {
            self.drain().await;
            if self.model.is_at_rest() && self.owes_no_mail().await {
                break;
            }
            self.wind(Duration::from_mins(2));
            self.clock_tick().await;
        }
        self.looks_right().await;
        // Some delivered orders are completed by their buyers, and time completes the rest.
        for _ in 0..DECISIONS_AFTERWARDS.min(10 * self.model.orders.len()) {
            let decision = self.decision(None);
            self.run(vec![decision.into()], false).await;
        }
        self.wind(Duration::from_hours(14 * 24 + 1));
        self.clock_tick().await;
        self.drain().await;
        let stock = self.products.iter().cloned().zip(PRODUCTS.iter().map(|(_, _, stock)| *stock));
        let audit = audit(&self.shop, &stock.collect()).await;
        assert!(audit.breaches.is_empty(), "seed {}: {:#?}", self.seed, audit.breaches);
        let twice = audit.second_copies();
        assert!(twice == 0 || self.weather != Weather::Fair, "seed {}: {twice} mails twice", self.seed);
    }

    async fn owes_no_mail(&self) -> bool {
        for order in &self.model.orders {
            let head = self.shop.table().order_head(order.id.parse().unwrap()).await.unwrap().unwrap();
            if !head.owed.is_empty() {
                return false;
            }
        }
        true
    }

    async fn clock_tick(&mut self) {
        let act = Act::Sweep(self.model.overdue());
        self.run(vec![act.into()], false).await;
    }

    /// The workers process all messages, one after another.
    async fn drain(&mut self) {
        for _ in 0..2000 {
            let now = self.shop.clock.now();
            let due = QUEUES.iter().flat_map(|queue| {
                let messages = self.shop.aws.queue(queue).take_due(now);
                messages.into_iter().map(|message| (*queue, message))
            });
            let due: Vec<_> = due.collect();
            for (queue, message) in &due {
                let errand = self.delivery(queue, message.clone());
                self.run(vec![errand], false).await;
            }
            if due.is_empty() {
                let next = self.shop.aws.queues().iter().filter_map(testkit::Queue::next_due).min();
                let Some(next) = next else { return };
                self.wind(next.since(now));
            }
        }
        panic!("seed {}: the chain does not come to rest", self.seed);
    }
}

/// An action and its outcome, in two words.
fn end(act: &Act, told: &Told) -> String {
    let act = format!("{act:?}");
    let told = match told {
        Told::Refused(_, errors) => errors[0].0.clone(),
        Told::Order(_, true) => "again".to_owned(),
        Told::Nothing => "nothing".to_owned(),
        _ => "done".to_owned(),
    };
    format!("{}: {told}", act.split('(').next().unwrap())
}
