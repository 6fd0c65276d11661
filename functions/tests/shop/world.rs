//! The in-process shop: every function, wired as the template says, on the embedded AWS.
//!
//! A call takes the same path as in the cloud, from the gateway's event to its answer; only sockets are
//! missing.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::messages::{MOST_RECEIVES, QUEUES};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use lambda::{Config, Connect, Source, StartError, Trigger};
use lambda_http::{Context, LambdaEvent};
use serde_json::{Value, json};
use table::{FollowUps, TableChange};
use testkit::{Aws, Crashed, Fault, ManualClock, When, strip_guards};

use crate::contract::template::{self, Variables, observed};
use crate::functions::{self, Visitor};
use crate::tree;

/// The queues' visibility timeout in the template.
const VISIBILITY: Duration = Duration::from_mins(1);

/// Variables that Lambda adds to those of the template, and the addresses of other services in a test.
const BY_LAMBDA: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_ENDPOINT_URL", "http://aws.local"),
    ("STRIPE_ENDPOINT_URL", "http://stripe.local"),
];

/// The number of shops that this program has opened.
static SHOPS: AtomicUsize = AtomicUsize::new(0);

/// The rate limits, out of reach.
const NO_LIMITS: [(&str, &str); 4] = [
    ("AttemptsPerMinute", "1000000"),
    ("PublicPerMinute", "1000000"),
    ("SignedInPerMinute", "1000000"),
    ("SuggestionsPerMinute", "1000000"),
];

/// The variable that names the guard to strip in this run, for the test of the guards.
pub const WITHOUT_GUARD: &str = "WITHOUT_GUARD";

/// No page is answered from the cache, because the clock of most tests stands still.
const NO_CACHE: (&str, &str) = ("PageCacheSeconds", "0");

/// The whole shop, in process. Dropping it fails the test if a queue still holds a message.
#[derive(Clone)]
pub struct Shop {
    /// The embedded AWS, with its faults.
    pub aws: Aws,
    /// The shop's time.
    pub clock: ManualClock,
    /// The IP address of calls.
    source: String,
    /// The values of the functions' variables.
    variables: Rc<Variables>,
    /// The started functions.
    warm: Rc<RefCell<BTreeMap<&'static str, Rc<dyn Warm>>>>,
    inner: Rc<Inner>,
}

struct Inner {
    functions: BTreeMap<&'static str, Function>,
    /// A region of its own. The SDK counts retries by service and region for the whole process.
    /// With one region, the faults of one test would use up the retries of another.
    region: String,
    /// Whether messages may be left in the queues, for tests that break them.
    leave_queues: RefCell<bool>,
    /// The number of answered requests, and the bytes of the answers, headers included.
    answered: Cell<(u32, usize)>,
    stream: RefCell<Stream>,
}

/// The part of the table's stream that its consumer has not worked off yet.
#[derive(Default)]
struct Stream {
    records: Vec<Value>,
    /// How often the first record was delivered without success.
    tries: usize,
}

/// A function: its trigger and its cold start.
struct Function {
    source: Source,
    start: Box<dyn Fn(Config) -> Starting>,
}

type Starting = LocalBoxFuture<'static, Result<Rc<dyn Warm>, StartError>>;

/// A warm environment of a function. Events and answers are JSON, as on the wire.
trait Warm {
    fn answer(&self, event: &Value, context: Context) -> LocalBoxFuture<'_, Result<Value, String>>;
}

impl<F: lambda::Function> Warm for F {
    fn answer(&self, event: &Value, context: Context) -> LocalBoxFuture<'_, Result<Value, String>> {
        let event = serde_json::from_str(&event.to_string()).expect("an event of this function's trigger");
        let answered = lambda::Function::answer(self, LambdaEvent::new(event, context));
        async { Ok(serde_json::to_value(answered.await?).expect("an answer is JSON")) }.boxed_local()
    }
}

/// Collects the start of every function.
#[derive(Default)]
struct Collect(BTreeMap<&'static str, Function>);

impl Visitor for Collect {
    fn function<S, I, H, T>(&mut self, name: &'static str, trigger: T, handler: H)
    where
        S: Connect + 'static,
        I: 'static,
        H: Copy + 'static,
        T: Trigger<S, I, H> + 'static,
    {
        let start = move |config: Config| {
            let started = async move { Ok(Rc::new(trigger.start(handler, config).await?) as Rc<dyn Warm>) };
            started.boxed_local()
        };
        self.0.insert(name, Function { source: trigger.source(), start: Box::new(start) });
    }
}

/// An answer as it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: i64,
    /// The headers, in lowercase.
    pub headers: BTreeMap<String, String>,
    /// The cookies that were set.
    pub cookies: Vec<String>,
    /// The body if it is JSON; a page or a file is a text, and an empty or a compressed body null.
    pub body: Value,
    /// The bytes of the body.
    pub body_bytes: usize,
}

impl Answer {
    /// Its size on the wire: each header on a line, and the body.
    fn bytes(&self) -> usize {
        let cookies = self.cookies.iter().map(|cookie| "set-cookie".len() + cookie.len());
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        headers.chain(cookies).map(|line| line + ": \r\n".len()).sum::<usize>() + self.body_bytes
    }

    /// The data of a success with this status.
    #[track_caller]
    pub fn data(&self, status: i64) -> &Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        &self.body["data"]
    }

    /// The data of a 200.
    #[track_caller]
    pub fn ok(&self) -> &Value {
        self.data(200)
    }

    /// The data of a 201.
    #[track_caller]
    pub fn created(&self) -> &Value {
        self.data(201)
    }

    /// Asserts that it is refused with this status and these codes, each with its field.
    #[track_caller]
    pub fn refused(&self, status: i64, faults: &[(&str, &str)]) {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error["code"].as_str().unwrap_or(""), error["field"].as_str().unwrap_or("")))
            .collect();
        assert_eq!((self.status, found.as_slice()), (status, faults), "{:#}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
    }
}

impl Shop {
    /// An empty shop. The clock of most tests stands still, so its rate limits are out of reach.
    pub fn open() -> Self {
        Self::open_with(&[NO_LIMITS.as_slice(), &[NO_CACHE]].concat())
    }

    /// The same with the page cache of the template.
    pub fn with_cache() -> Self {
        Self::open_with(&NO_LIMITS)
    }

    /// The same with payment by Stripe.
    pub fn with_stripe() -> Self {
        let stripe = [("PaymentProvider", "stripe"), ("StripeSecretArn", "StripeSecretArn"), NO_CACHE];
        let shop = Self::open_with(&[NO_LIMITS.as_slice(), &stripe].concat());
        shop.aws.set_secret("StripeSecretArn", STRIPE_SECRET);
        shop
    }

    /// An empty shop with the template's own rate limits.
    pub fn with_limits() -> Self {
        Self::open_with(&[NO_CACHE])
    }

    /// An empty shop with these parameters of the template.
    fn open_with(parameters: &[(&str, &str)]) -> Self {
        let clock = ManualClock::default();
        let aws = Aws::new(clock.clone());
        let table = aws.create_table_from_template(tree::root().join("template.yaml"), "Table");
        assert_eq!(table, "Table");
        aws.set_secret("SigningSecret", SECRET);
        for queue in QUEUES {
            aws.create_queue(queue);
            aws.create_queue(&dead_letters_of(queue));
        }
        aws.create_bucket("Images", Some("uploads"));
        aws.create_bucket("SearchPacks", None);
        #[expect(clippy::disallowed_methods, reason = "that is how a program tells itself what to do")]
        if let Ok(without) = std::env::var(WITHOUT_GUARD) {
            aws.rewrite(move |_, request| {
                strip_guards(request, |guard| guard.to_string() == without);
            });
        }
        let mut functions = Collect::default();
        functions::each(&mut functions);
        aws.observe(observed::call);
        let variables = Rc::new(Variables::new(parameters));
        let region = format!("us-test-{}", SHOPS.fetch_add(1, Ordering::Relaxed));
        let inner = Inner {
            functions: functions.0,
            region,
            leave_queues: RefCell::default(),
            answered: Cell::default(),
            stream: RefCell::default(),
        };
        Self {
            aws,
            clock,
            source: "127.0.0.1".to_owned(),
            variables,
            warm: Rc::default(),
            inner: Rc::new(inner),
        }
    }

    /// The same shop after a deployment with these parameters; its functions start cold.
    pub fn redeployed(&self, parameters: &[(&str, &str)]) -> Self {
        let mut shop = self.elsewhere();
        let parameters: Vec<_> = NO_LIMITS.iter().chain([&NO_CACHE]).chain(parameters).copied().collect();
        shop.variables = Rc::new(Variables::new(&parameters));
        shop
    }

    /// The same shop, called from another IP address.
    pub fn at(&self, source: &str) -> Self {
        let mut shop = self.clone();
        source.clone_into(&mut shop.source);
        shop
    }

    /// The configuration of a function: the template's variables, and those of Lambda.
    pub fn config(&self, name: &'static str) -> Config {
        let (variables, aws) = (Rc::clone(&self.variables), self.aws.clone());
        let region = self.inner.region.clone();
        let variable = move |variable: &str| {
            if variable == "AWS_REGION" {
                return Some(region.clone());
            }
            if let Some((_, value)) = BY_LAMBDA.iter().find(|(known, _)| *known == variable) {
                return Some((*value).to_owned());
            }
            let value = variables.get(variable, |queue| aws.queue(queue).url())?;
            observed::variable(name, variable);
            Some(value)
        };
        let config = Config::new(variable, self.clock.clock(), self.aws.client_for(name));
        config.with_sandbox_client(self.aws.client_for(&observed::sandbox_of(name)))
    }

    /// A function's warm environment, started now if there is none.
    async fn warm(&self, name: &'static str) -> Rc<dyn Warm> {
        if let Some(warm) = self.warm.borrow().get(name) {
            return Rc::clone(warm);
        }
        let started = (self.inner.functions[name].start)(self.config(name)).await;
        let warm = started.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        self.warm.borrow_mut().insert(name, Rc::clone(&warm));
        warm
    }

    /// Sends an event to a function, in its warm environment.
    async fn invoke(&self, name: &'static str, event: Value) -> Result<Result<Value, String>, Crashed> {
        // Boxed; otherwise the futures of a long test fill the stack of its thread.
        let answered = self.aws.run(async { self.warm(name).await.answer(&event, self.context()).await });
        Box::pin(answered).await
    }

    fn context(&self) -> Context {
        let mut context = Context::default();
        "test".clone_into(&mut context.request_id);
        context.xray_trace_id = Some(TRACE.to_owned());
        let deadline = self.clock.now() + Duration::from_secs(10);
        context.deadline = u64::try_from(deadline.millis()).unwrap();
        context
    }

    /// Sends a request through the gateway. The route decides the function; `no-route` gets unknown paths.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.try_call(method, path, headers, body).await.expect("the handler crashed")
    }

    /// The same, for tests in which the handler may crash.
    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Crashed> {
        let json = body.map(|_| ("content-type", "application/json"));
        let headers: Vec<_> = json.into_iter().chain(headers.iter().copied()).collect();
        self.send(method, path, &headers, body.map(Value::to_string).as_deref()).await
    }

    /// Sends a request with any body.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Answer, Crashed> {
        self.send_event(self.event(method, path, headers, body)).await
    }

    /// Sends a request whose body the gateway treats as binary.
    pub async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut event = self.event(method, path, headers, Some(&STANDARD.encode(body)));
        event["isBase64Encoded"] = true.into();
        self.send_event(event).await.expect("the handler crashed")
    }

    /// The event that the gateway makes of a request. Cookies are listed beside the headers.
    pub fn event(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Value {
        let (_, params) = self.route(method, path);
        let (cookies, headers): (Vec<_>, Vec<_>) = headers.iter().partition(|(name, _)| *name == "cookie");
        let cookies: Vec<_> = cookies.iter().flat_map(|(_, pairs)| pairs.split("; ")).collect();
        let mut sent = serde_json::Map::new();
        sent.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": sent,
            "pathParameters": params,
            "requestContext": {
                "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": self.source },
                "requestId": "gateway-1",
                "stage": "$default",
            },
            "body": body,
            "isBase64Encoded": false,
        });
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        event
    }

    /// Sends an event of the gateway to the function of its route.
    pub async fn send_event(&self, event: Value) -> Result<Answer, Crashed> {
        let request = &event["requestContext"]["http"];
        let (method, path) = (request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
        let ((name, _), method) = (self.route(method, path), method.to_owned());
        let answered = self.invoke(name, event).await?;
        let answer = answer(&answered.expect("an HTTP function always answers"));
        crate::contract::openapi::holds(name, &method, &answer);
        let (requests, bytes) = self.inner.answered.get();
        self.inner.answered.set((requests + 1, bytes + answer.bytes()));
        Ok(answer)
    }

    /// The number of requests answered so far, and the bytes of the answers.
    pub fn answered(&self) -> (u32, usize) {
        self.inner.answered.get()
    }

    /// The function of a route, and the parameters of its path.
    pub fn route(&self, method: &str, path: &str) -> (&'static str, BTreeMap<String, String>) {
        let path: Vec<_> = path.split('?').next().unwrap_or_default().split('/').collect();
        let routes = self.inner.functions.iter().filter_map(|(name, function)| {
            let Source::Http(endpoint) = function.source else { return None };
            let template: Vec<_> = endpoint.path.split('/').collect();
            let fits = |(part, given): (&&str, &&str)| part.starts_with('{') || part == given;
            // `HEAD` is a second route to the same function.
            let fits = endpoint.method == (if method == "HEAD" { "GET" } else { method })
                && template.len() == path.len()
                && template.iter().zip(&path).all(fits);
            fits.then_some((*name, template))
        });
        // A path without a parameter comes first, as in the gateway.
        let parameters = |parts: &[&str]| parts.iter().filter(|part| part.starts_with('{')).count();
        if let Some((name, template)) = routes.min_by_key(|(_, template)| parameters(template)) {
            let params = template.iter().zip(&path).filter(|(part, _)| part.starts_with('{'));
            let params =
                params.map(|(part, given)| (part.trim_matches(['{', '}']).to_owned(), (*given).to_owned()));
            return (name, params.collect());
        }
        ("no-route", BTreeMap::new())
    }

    /// Delivers everything that is due in one queue to its worker, in one batch; failed messages come again.
    pub async fn work_off(&self, queue: &'static str) -> Result<usize, Crashed> {
        let messages = self.aws.queue(queue).take_due(self.clock.now());
        let count = messages.len();
        for batch in messages.chunks(10) {
            let failed = match self.deliver(queue, batch).await {
                Ok(failures) => failures,
                Err(crashed) => {
                    self.give_back(queue, messages.iter());
                    return Err(crashed);
                }
            };
            let failed = batch.iter().filter(|message| failed.contains(&message.id));
            self.give_back(queue, failed);
        }
        Ok(count)
    }

    /// Delivers messages to a queue's worker, and returns the ids of those that failed.
    pub async fn deliver(
        &self,
        queue: &'static str,
        batch: &[testkit::Message],
    ) -> Result<Vec<String>, Crashed> {
        let worker = self.inner.functions.iter().find_map(|(name, function)| match function.source {
            Source::Queue(consumed, _) if consumed == queue => Some(*name),
            _ => None,
        });
        let worker = worker.unwrap_or_else(|| panic!("nobody consumes {queue}"));
        let records: Vec<_> = batch.iter().map(|message| message.record(queue)).collect();
        let failures = self.invoke(worker, json!({ "Records": records })).await?;
        Ok(failed(&failures.expect("a worker always answers")))
    }

    fn give_back<'a>(&self, queue: &str, messages: impl Iterator<Item = &'a testkit::Message>) {
        for message in messages {
            if message.receive_count >= MOST_RECEIVES {
                self.aws.queue(&dead_letters_of(queue)).put_back(message.clone(), self.clock.now());
            } else {
                self.aws.queue(queue).put_back(message.clone(), self.clock.now() + VISIBILITY);
            }
        }
    }

    /// Runs the chain until every queue is empty. Moves the clock on to the next message if one is delayed.
    pub async fn drain_queues(&self) {
        for _ in 0..1000 {
            let mut worked = self.follow_stream().await;
            for queue in QUEUES {
                worked += self.work_off(queue).await.unwrap_or(1);
            }
            if worked == 0 {
                let next = QUEUES.iter().filter_map(|queue| self.aws.queue(queue).next_due()).min();
                let Some(next) = next else { return };
                self.clock.advance(next.since(self.clock.now()));
            }
        }
        panic!("the chain does not come to rest: {:?}", self.aws.queues());
    }

    /// Delivers the table's stream to its consumer, and works off the queues that the consumer fills; returns
    /// the number of batches of the stream.
    pub async fn follow_stream(&self) -> usize {
        let batches = self.deliver_stream().await;
        for queue in FED_BY_STREAM {
            let _ = self.work_off(queue).await;
        }
        batches
    }

    /// Delivers the records of the table's stream that pass the filters to its consumer; returns the number
    /// of batches. A failed record is retried, and dropped in the end.
    pub async fn deliver_stream(&self) -> usize {
        let patterns: Vec<Value> =
            TableChange::FILTERS.iter().map(|filter| serde_json::from_str(filter).unwrap()).collect();
        for record in self.aws.take_stream("Table") {
            if patterns.iter().any(|pattern| template::fits(pattern, &record)) {
                self.inner.stream.borrow_mut().records.push(record);
                continue;
            }
            let change: TableChange = serde_json::from_value(record).unwrap();
            assert_eq!(change.follow_ups(), FollowUps::default(), "no filter lets {change:?} pass");
        }
        let mut batches = 0;
        while self.deliver_batch().await {
            batches += 1;
        }
        batches
    }

    /// Delivers a batch of the stream; false if there is none.
    async fn deliver_batch(&self) -> bool {
        let batch: Vec<_> = self.inner.stream.borrow().records.iter().take(10).cloned().collect();
        let Some(first) = batch.first() else { return false };
        let failed = match self.invoke("follow-table", json!({ "Records": batch })).await {
            Ok(failures) => failed(&failures.expect("a stream consumer always answers")).into_iter().next(),
            Err(_) => Some(place(first).to_owned()),
        };
        let failed = failed.and_then(|failed| batch.iter().position(|record| place(record) == failed));
        let mut stream = self.inner.stream.borrow_mut();
        stream.tries = if failed == Some(0) { stream.tries + 1 } else { 0 };
        let given_up = usize::from(stream.tries > STREAM_TRIES);
        if given_up > 0 {
            stream.tries = 0;
        }
        stream.records.drain(..failed.unwrap_or(batch.len()) + given_up);
        true
    }

    /// Runs the sweeper once.
    pub async fn sweep(&self) -> Result<(), String> {
        let swept = self.invoke("sweep-overdue", Value::Null).await;
        swept.unwrap_or_else(|crashed| Err(format!("{crashed:?}"))).map(drop)
    }

    /// Does one step of a rotation of the signing secret.
    pub async fn rotate(&self, step: &str, version: &str) -> Result<(), String> {
        let event = json!({ "Step": step, "SecretId": "SigningSecret", "ClientRequestToken": version });
        let rotated = self.invoke("rotate-signing-secret", event).await;
        rotated.unwrap_or_else(|crashed| Err(crashed.to_string())).map(drop)
    }

    /// Starts a function, if it is not warm.
    pub async fn start(&self, name: &'static str) {
        self.warm(name).await;
    }

    /// The same shop in other environments, which start cold.
    pub fn elsewhere(&self) -> Self {
        let mut elsewhere = self.clone();
        elsewhere.warm = Rc::default();
        elsewhere
    }

    /// All dead letters.
    pub fn dead_letters(&self) -> Vec<testkit::Message> {
        QUEUES.iter().flat_map(|queue| self.aws.queue(&dead_letters_of(queue)).all()).collect()
    }

    /// This test leaves messages behind on purpose.
    pub fn may_leave_messages(&self) {
        *self.inner.leave_queues.borrow_mut() = true;
    }

    /// The subjects of the mails to an address, in the order of sending.
    pub fn mails(&self, address: &str) -> Vec<String> {
        self.aws.mails_to(address).into_iter().map(|mail| mail.subject).collect()
    }
}

/// The signing secret of the test shop.
pub const SECRET: &str = "a secret of the test that is long enough to be one";

/// The Stripe secret of a test shop in Secrets Manager.
pub const STRIPE_SECRET: &str = r#"{"secret_key": "sk_test_canary", "webhook_secret": "whsec_canary"}"#;

/// X-Ray's header of every call to the test shop.
pub const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";

/// The steps of a rotation.
pub const ROTATION: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// The queues that the consumer of the table's stream fills.
const FED_BY_STREAM: [&str; 3] = ["rows", "pictures", "search"];

/// How often the event source retries a change, in the template.
const STREAM_TRIES: usize = 1000;

/// The position of a record in its stream.
fn place(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

/// The name of a dead-letter queue in tests.
pub fn dead_letters_of(queue: &str) -> String {
    format!("{queue}deadletters")
}

impl Drop for Inner {
    fn drop(&mut self) {
        observed::keep();
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if Rc::strong_count(&self.inner) == 1
            && !std::thread::panicking()
            && !*self.inner.leave_queues.borrow()
        {
            for queue in self.aws.queues() {
                let bodies: Vec<_> = queue.all().into_iter().map(|message| message.body).collect();
                assert!(
                    bodies.is_empty(),
                    "Call drain_queues() at the test's end, or may_leave_messages(). The queue {} still \
                     holds:\n  {}",
                    queue.name(),
                    bodies.join("\n  ")
                );
            }
        }
    }
}

/// The gateway's answer, from a function's.
fn answer(response: &Value) -> Answer {
    let sent = response["body"].as_str().unwrap_or_default();
    let headers = response["headers"].as_object().into_iter().flatten();
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let headers: BTreeMap<_, _> = headers.map(|(name, value)| (name.clone(), text_of(value))).collect();
    let is_json = headers.get("content-type").is_none_or(|kind| kind.contains("json"));
    Answer {
        status: response["statusCode"].as_i64().unwrap(),
        body: match () {
            () if sent.is_empty() || response["isBase64Encoded"] == true => Value::Null,
            () if is_json => serde_json::from_str(sent).unwrap_or_else(|error| panic!("{error}: {sent}")),
            () => sent.into(),
        },
        headers,
        cookies: response["cookies"].as_array().into_iter().flatten().map(text_of).collect(),
        body_bytes: sent.len(),
    }
}

/// The ids of the failed records of a batch.
fn failed(failures: &Value) -> Vec<String> {
    let failures = failures["batchItemFailures"].as_array().into_iter().flatten();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// The seeds of a test that tries many interleavings: a few that still find each fault that the test was made
/// for, or as many as the variable `SEEDS` says.
pub fn seeds(few: u64) -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "this is how a person asks for more")]
    let more = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..more.unwrap_or(few)
}

/// Runs futures at the same time, on one thread, and returns their results in order.
pub async fn together<T>(work: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(work).await
}

impl Shop {
    /// Runs `other` from beginning to end just before the first write of `work` that has such a condition on
    /// an item of such a partition; then `work` goes on.
    pub async fn meanwhile<A, B>(
        &self,
        (partition, condition): (&'static str, &'static str),
        work: impl Future<Output = A>,
        other: impl Future<Output = B>,
    ) -> (A, B) {
        let came = Arc::new(AtomicBool::new(false));
        let other_begins = Arc::clone(&came);
        self.aws.on(move |call| {
            let mut partitions = call.touches.iter().filter_map(|touch| touch.partition());
            let this = !call.reads()
                && partitions.any(|pk| pk.starts_with(partition))
                && call.request.to_string().contains(condition);
            // The SDK retries.
            if this && !came.swap(true, Ordering::Relaxed) { Fault::Hang(When::Before) } else { Fault::None }
        });
        let other = async {
            while !other_begins.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
            other.await
        };
        let both = tokio::join!(work, other);
        self.aws.no_faults();
        both
    }

    /// The entries of a sandbox provider's ledger.
    pub fn ledger(&self, kind: &str) -> Vec<String> {
        let prefix = format!("SANDBOX#{kind}#");
        let items = self.aws.items("Table");
        let entries =
            items.iter().filter(|item| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with(&prefix)));
        entries.filter_map(|item| Some(item["entry"]["S"].as_str()?.to_owned())).collect()
    }

    /// Whether every order and every user has got all that the shop owes them, apart from completions by
    /// time.
    pub async fn owes_nothing(&self) -> bool {
        let table = self.table();
        for item in self.aws.items("Table") {
            let pk = item["pk"]["S"].as_str().unwrap_or_default();
            let (owed, debts) = match (pk.split_once('#'), item["sk"]["S"].as_str()) {
                (Some(("ORDER", id)), Some("HEAD")) => {
                    let head = table.order_head(id.parse().unwrap()).await.unwrap().unwrap();
                    (head.owed.len(), domain::orders::debt::debts(&head))
                }
                (Some(("USER", id)), Some("USER")) => {
                    (table.user_now(id.parse().unwrap()).await.unwrap().unwrap().owed.len(), vec![])
                }
                _ => continue,
            };
            let waiting = |debt: &domain::orders::debt::Debt| {
                !matches!(debt, domain::orders::debt::Debt::Completion(_))
            };
            if owed > 0 || debts.iter().any(|(debt, _)| waiting(debt)) {
                return false;
            }
        }
        true
    }

    /// Runs the chain with every message delivered `copies` times, in an order chosen by the seed.
    pub async fn drain_queues_shuffled(&self, seed: u64, copies: usize) {
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..100 {
            let mut messages = Vec::new();
            for queue in QUEUES {
                let due = self.aws.queue(queue).take_due(self.clock.now());
                messages.extend(due.into_iter().flat_map(|message| vec![(queue, message); copies]));
            }
            random.shuffle(&mut messages);
            for (queue, message) in &messages {
                self.deliver(queue, std::slice::from_ref(message)).await.unwrap();
            }
            if messages.is_empty() {
                let next = QUEUES.iter().filter_map(|queue| self.aws.queue(queue).next_due()).min();
                let Some(next) = next else { return };
                self.clock.advance(next.since(self.clock.now()));
            }
        }
        panic!("seed {seed}: duplicates multiply");
    }

    /// Publishes the messages for an order's debts, as a redrive would.
    pub fn remind(&self, order: &str) {
        self.aws.queue("payments").send(&json!({ "v": 1, "order": order }).to_string());
    }

    /// Deletes the dead letters, which the test has checked.
    pub fn forget_dead_letters(&self) {
        for queue in QUEUES {
            self.aws.queue(&dead_letters_of(queue)).purge();
        }
    }
}
