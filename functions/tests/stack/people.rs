//! A shop over HTTP, and its people.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use domain::messages::QUEUES;
use lambda::{Config, Connect as _};
use local::{Options, Progress, REGION, ROOMY_LIMITS, Stack, build, wait_until};
use serde_json::{Value, json};
use table::Table;

pub const PASSWORD: &str = "correct horse battery";
pub const ADMIN: &str = "admin@example.com";

/// The one program of all functions, with `shop` beside it.
pub static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| build::program(Progress::Silent).unwrap());

/// One stack for all tests that do not disturb each other: each makes its own people and products.
pub fn shared() -> &'static Shop {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    SHOP.get_or_init(|| Shop::open(options("http")))
}

/// The options of a test's own stack, on which parcels arrive after a second.
pub fn options(name: &str) -> Options {
    let options = Options::for_test(name, PROGRAM.as_path()).parameter("DeliveryDelaySeconds", 1);
    // Tests read an order many times a second.
    let limits = ROOMY_LIMITS.into_iter().chain([("SignedInPerMinute", 1_000_000), ("PageCacheSeconds", 0)]);
    limits.fold(options, |options, (name, most)| options.parameter(name, most))
}

/// A running shop with an administrator and one category.
pub struct Shop {
    pub stack: Stack,
    category: String,
    people: AtomicU32,
}

impl Shop {
    pub fn open(options: Options) -> Self {
        let stack = Stack::start(options).unwrap();
        make_admin(&stack, ADMIN);
        let mut shop = Self { stack, category: String::new(), people: AtomicU32::new(0) };
        let admin = shop.log_in(ADMIN);
        shop.category = text(&admin.post("/categories", &json!({ "name": "Lighting" })).is(201)["id"]);
        shop
    }

    /// Somebody without an account.
    pub fn anyone(&self) -> Person<'_> {
        Person { shop: self, email: String::new(), refresh: String::new(), headers: Vec::new() }
    }

    /// A new user.
    pub fn register(&self, name: &str) -> Person<'_> {
        let email = format!("{name}-{}@example.com", self.people.fetch_add(1, Ordering::Relaxed));
        let account = json!({ "name": name, "email": email, "password": PASSWORD });
        let signed_in = self.anyone().post("/auth/register", &account).is(201);
        self.anyone().signed_in(email, &signed_in)
    }

    pub fn log_in(&self, email: &str) -> Person<'_> {
        self.let_in(email, self.try_log_in(email))
    }

    /// The answer to a login, which may be lost.
    pub fn try_log_in(&self, email: &str) -> Answer {
        self.anyone().post("/auth/login", &json!({ "email": email, "password": PASSWORD }))
    }

    /// The person who got this answer to a login.
    pub fn let_in(&self, email: &str, answer: Answer) -> Person<'_> {
        self.anyone().signed_in(email.to_owned(), &answer.is(200))
    }

    /// The id of a new seller's new product at 15.00.
    pub fn product(&self, stock: u32) -> String {
        self.seller(stock).1
    }

    /// A new seller, and the id of their product at 15.00.
    pub fn seller(&self, stock: u32) -> (Person<'_>, String) {
        let seller = self.register("seller");
        let name = seller.email.clone();
        seller.post("/stores", &json!({ "name": name })).is(201);
        let price = json!({ "amount": 15_00, "currency": "USD" });
        let product = json!({
            "name": "Desk lamp", "sku": "LAMP-1", "price": price, "category_id": self.category,
            "stock": stock,
        });
        let product = text(&seller.post("/products", &product).is(201)["id"]);
        (seller, product)
    }

    /// Runs the code of `shop doctor`.
    pub fn examine(&self) -> shop::Report {
        with_table(&self.stack, async |table| shop::examine(table, 100_000, |_| {}).await.unwrap())
    }

    /// The subjects of the mails to an address, in alphabetical order.
    pub fn subjects(&self, email: &str) -> Vec<String> {
        let mails = self.stack.mails().unwrap();
        let to = |mail: &&Value| mail["To"].to_string().contains(email);
        let mut subjects: Vec<_> = mails.iter().filter(to).map(|mail| text(&mail["Subject"])).collect();
        subjects.sort();
        subjects
    }

    /// Waits until nothing is left to do, and fails if a message was dead-lettered.
    pub fn comes_to_rest(&self, limit: Duration) {
        let busy = || {
            let depths = self.stack.queue_depths().unwrap();
            assert_eq!(depths.len(), 2 * QUEUES.len(), "each queue and its dead letters");
            depths.into_iter().filter(|(_, depth)| depth.total() > 0).collect::<Vec<_>>()
        };
        let rests = wait_until(limit, || busy().is_empty().then_some(()));
        assert!(rests.is_some(), "still in the queues: {:?}", busy());
    }
}

/// Runs the code of `shop admin`.
pub fn make_admin(stack: &Stack, email: &str) {
    let made = with_table(stack, async |table| {
        let password = PASSWORD.to_owned().try_into().unwrap();
        shop::make_admin(table, &email.parse().unwrap(), &password).await.unwrap()
    });
    assert_eq!(made, shop::Made::Now);
}

/// Uses the stack's table, as the `shop` command does.
fn with_table<T>(stack: &Stack, work: impl AsyncFnOnce(&Table) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config::from_process().unwrap();
    let config = config
        .with("AWS_ENDPOINT_URL", stack.endpoint())
        .with("AWS_REGION", REGION)
        .with("AWS_ACCESS_KEY_ID", "test")
        .with("AWS_SECRET_ACCESS_KEY", "test")
        .with("TABLE_NAME", stack.running().deployed.resources["Table"].as_str());
    runtime.block_on(async {
        let table = Table::connect(&config).await.unwrap();
        work(&table).await
    })
}

/// A caller, with the headers of each request.
pub struct Person<'a> {
    shop: &'a Shop,
    pub email: String,
    /// Their refresh token; empty without an account.
    pub refresh: String,
    headers: Vec<(&'static str, String)>,
}

impl Person<'_> {
    fn signed_in(self, email: String, answer: &Value) -> Self {
        let refresh = text(&answer["refresh_token"]);
        Self { email, refresh, ..self }
            .with("authorization", format!("Bearer {}", text(&answer["access_token"])))
    }

    /// The same person with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A header that they send.
    pub fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| *known == name).unwrap().1
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", None)
    }

    /// The same account, with an idempotency key.
    pub fn attempt(&self, key: impl Into<String>) -> Self {
        let Self { shop, email, refresh, headers } = self;
        let again = Self { shop, email: email.clone(), refresh: refresh.clone(), headers: headers.clone() };
        again.with("idempotency-key", key)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "application/json", Some(&body.to_string()))
    }

    /// Posts on a connection from which nobody reads the answer; dropping it closes the connection.
    pub fn post_unheard(&self, path: &str, body: &Value) -> TcpStream {
        let (place, body) =
            (self.shop.stack.url().trim_start_matches("http://").to_owned(), body.to_string());
        let own = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: {place}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n",
            body.len()
        );
        let mut line = TcpStream::connect(place).unwrap();
        line.write_all(format!("{head}{}\r\n{body}", own.collect::<String>()).as_bytes()).unwrap();
        line
    }

    /// Any request; paths are below `/api/v1`.
    pub fn send(&self, method: &str, path: &str, content_type: &str, body: Option<&str>) -> Answer {
        self.send_bytes(method, path, content_type, body.map(str::as_bytes))
    }

    /// The same with a body that need not be text.
    pub fn send_bytes(&self, method: &str, path: &str, content_type: &str, body: Option<&[u8]>) -> Answer {
        let url = format!("{}/api/v1{path}", self.shop.stack.url());
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let agent = self.shop.stack.agent();
        let answer = match body {
            Some(body) => agent.run(request.header("content-type", content_type).body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let (parts, mut body) = answer.unwrap().into_parts();
        let body = body.read_to_string().unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub fn add_to_cart(&self, product: &str, quantity: u32) -> Answer {
        self.post("/cart/items", &json!({ "product_id": product, "quantity": quantity }))
    }

    pub fn check_out(&self) -> Answer {
        self.post("/orders", &purchase())
    }

    pub fn order(&self, id: &str) -> Value {
        self.get(&format!("/orders/{id}")).is(200)
    }

    /// The order, once it has this status.
    pub fn order_when(&self, id: &str, status: &str, limit: Duration) -> Value {
        let found = wait_until(limit, || Some(self.order(id)).filter(|order| order["status"] == status));
        found.unwrap_or_else(|| panic!("not {status} after {limit:?}: {:#}", self.order(id)))
    }
}

/// The body of a checkout: payment method and address.
pub fn purchase() -> Value {
    let address = json!({
        "name": "Ann Buyer", "phone": "+1 555 0100", "street1": "1 Lamp Street", "city": "Springfield",
        "postal_code": "62701", "country": "US",
    });
    json!({ "shipping_address": address, "payment_method": "pm_sandbox_ok" })
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    /// The data of an answer with this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str::<Value>(&self.body).unwrap()["data"].take()
    }

    /// Asserts a problem of the contract, with this status and these codes and fields.
    #[track_caller]
    pub fn refused(&self, status: u16, faults: &[(&str, Option<&str>)]) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let errors = body["errors"].as_array().unwrap().iter();
        let found: Vec<_> =
            errors.map(|error| (error["code"].as_str().unwrap(), error["field"].as_str())).collect();
        assert_eq!(found, faults, "{}", self.body);
        assert_eq!(body["status"], status);
        assert!(body["type"].as_str().unwrap().starts_with("/problems/"));
        assert_eq!(body["meta"]["request_id"], self.header("x-request-id"));
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).to_str().unwrap()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
