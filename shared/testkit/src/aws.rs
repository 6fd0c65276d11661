//! [`Aws`]: the services of one test, and the faults of their calls.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::{Call, CallInfo, Outcome};
use crate::clock::ManualClock;
use crate::crash::{self, Crashed};
use crate::dynamo::Dynamo;
use crate::fault::Fault;
use crate::lag::Lag;
use crate::mail::{Mail, Mailbox};
use crate::plan::{self, Plan};
use crate::s3::{Buckets, Object};
use crate::secrets::Secrets;
use crate::sqs::{Queue, Queues};
use crate::stripe::Stripe;
use crate::template::TableShape;
use crate::touch::touches;
use crate::units::Units;
use crate::wire::Wire;

/// The most times that a call yields before it is made, and after it.
const MAX_YIELDS: usize = 4;

type Rewrite = Arc<dyn Fn(&CallInfo, &mut Value) + Send + Sync>;
type Observer = Arc<dyn Fn(&CallInfo) + Send + Sync>;

/// One embedded AWS; clones share it.
///
/// Everything inside is synchronous, so calls are atomic and happen in the order in which they arrive.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

struct Inner {
    clock: ManualClock,
    dynamo: Dynamo,
    queues: Queues,
    buckets: Buckets,
    secrets: Secrets,
    mailbox: Mailbox,
    stripe: Stripe,
    desk: Mutex<Desk>,
}

/// The planned faults, and the calls so far.
#[derive(Default)]
struct Desk {
    plan: Plan,
    rewrite: Option<Rewrite>,
    observer: Option<Observer>,
    delay: Option<Duration>,
    interleaving: Option<fastrand::Rng>,
    tickets: u64,
    calls: Vec<(u64, Call)>,
    /// Calls in the log, by operation.
    counts: BTreeMap<String, usize>,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

impl Default for Aws {
    fn default() -> Self {
        Self::new(ManualClock::default())
    }
}

/// Setting up a test.
impl Aws {
    /// An AWS without tables, queues or secrets. `clock` is its time.
    pub fn new(clock: ManualClock) -> Self {
        Self(Arc::new(Inner {
            dynamo: Dynamo::new(clock.clone()),
            queues: Queues::new(clock.clone()),
            buckets: Buckets::default(),
            secrets: Secrets::default(),
            mailbox: Mailbox::default(),
            stripe: Stripe::default(),
            desk: Mutex::default(),
            clock,
        }))
    }

    /// The clock of TTL, delays and mails.
    pub fn clock(&self) -> &ManualClock {
        &self.0.clock
    }

    /// Creates a table from a `CreateTable` request.
    pub fn create_table(&self, request: &Value) {
        self.insist("CreateTable", request);
    }

    /// Creates the table of `resource` in the template at `path`, TTL included, and returns its name: that of
    /// the template, or the resource's if the name is known only at deployment.
    pub fn create_table_from_template(&self, path: impl AsRef<Path>, resource: &str) -> String {
        let shape = TableShape::read(path.as_ref(), resource);
        self.create_table(&shape.create);
        let name = shape.create["TableName"].as_str().expect("a table has a name").to_owned();
        if let Some(attribute) = shape.ttl {
            let ttl = json!({ "Enabled": true, "AttributeName": attribute });
            self.insist("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": ttl }));
        }
        name
    }

    /// Creates a queue, unless it exists.
    pub fn create_queue(&self, name: &str) -> Queue {
        self.0.queues.create(name)
    }

    /// Creates a bucket. It notifies the queue, if there is one, of uploads by forms.
    pub fn create_bucket(&self, name: &str, queue: Option<&str>) {
        self.0.buckets.create(name, queue.map(|queue| self.queue(queue)));
    }

    /// Creates the secret of this name or ARN, with one current version.
    pub fn set_secret(&self, id: &str, value: &str) {
        self.0.secrets.set(id, value);
    }

    /// What `RotateSecret` does before it calls a function: it makes a pending version with this id and no
    /// value.
    pub fn begin_rotation(&self, id: &str, version: &str) {
        self.0.secrets.begin_rotation(id, version);
    }

    fn insist(&self, operation: &str, request: &Value) {
        let (answer, _) = self.0.dynamo.answer(operation, request.clone(), true);
        assert!(answer.is_ok(), "{operation}: {}", answer.body);
    }
}

/// Observing a test.
impl Aws {
    /// The queue of that name.
    pub fn queue(&self, name: &str) -> Queue {
        self.0.queues.get(name).unwrap_or_else(|| panic!("there is no queue {name}"))
    }

    /// All queues, by name.
    pub fn queues(&self) -> Vec<Queue> {
        self.0.queues.all()
    }

    /// The version of a secret that carries a staging label, and its value, if it has one.
    pub fn secret(&self, id: &str, label: &str) -> Option<(String, Option<String>)> {
        self.0.secrets.labelled(id, label)
    }

    /// The objects of a bucket by their keys.
    pub fn objects(&self, bucket: &str) -> BTreeMap<String, Object> {
        self.0.buckets.objects(bucket)
    }

    /// Uploads a file with the fields of a form, as a browser does. The error is S3's code.
    pub fn upload(&self, fields: &Value, content_type: &str, bytes: &[u8]) -> Result<(), String> {
        self.0.buckets.post(fields, content_type, bytes, self.clock().now())
    }

    /// The embedded Stripe.
    pub fn stripe(&self) -> &Stripe {
        &self.0.stripe
    }

    /// All mails in the order of sending.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.mailbox.all()
    }

    /// The mails sent to `address`.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to.iter().any(|to| to == address));
        mails
    }

    /// Every item of a table, as DynamoDB JSON.
    pub fn items(&self, table: &str) -> Vec<Value> {
        self.0.dynamo.items(table)
    }

    /// The table's stream records since the last call, as Lambda passes them to a function. Other than on
    /// AWS, a write that changes nothing has a record here, too.
    pub fn take_stream(&self, table: &str) -> Vec<Value> {
        self.0.dynamo.take_stream(table)
    }

    /// Deletes the items that have expired by the clock, and returns their number. A lagging copy catches up
    /// first.
    pub fn sweep_ttl(&self) -> usize {
        self.0.dynamo.sweep_ttl()
    }

    /// The calls since the log was cleared.
    pub fn calls(&self) -> Vec<Call> {
        self.desk().calls.iter().map(|(_, call)| call.clone()).collect()
    }

    /// The capacity units of those calls.
    pub fn units(&self) -> Units {
        self.desk().calls.iter().map(|(_, call)| call.units).sum()
    }

    /// Empties the log, so that the next call is number 1 again. Faults planned by number stay, and count
    /// from there.
    pub fn clear_calls(&self) {
        let mut desk = self.desk();
        desk.calls.clear();
        desk.counts.clear();
    }

    /// Runs `work` and counts its sequential round trips: concurrent calls count once. Needs a paused clock.
    pub async fn round_trips<T>(&self, work: impl Future<Output = T>) -> (T, u32) {
        let trip = Duration::from_secs(1);
        let before = self.desk().delay.replace(trip);
        let start = tokio::time::Instant::now();
        let done = work.await;
        self.desk().delay = before;
        let trips = start.elapsed().as_millis() / trip.as_millis();
        (done, u32::try_from(trips).expect("fewer than 2^32 round trips"))
    }
}

/// Planning faults.
impl Aws {
    /// Chooses the fault of every call from now on, instead of any hook set before. A fault that cannot
    /// happen to the call ([`CallInfo::can`]) stops the test.
    pub fn on(&self, hook: impl Fn(&CallInfo) -> Fault + Send + Sync + 'static) {
        self.desk().plan.hook = Some(Arc::new(hook));
    }

    /// Puts `fault` into call `number` of the log, counted from 1. It overrides the hook.
    pub fn fault_nth(&self, number: usize, fault: Fault) {
        self.desk().plan.by_number.insert(number, fault);
    }

    /// Puts faults of all kinds except crashes and hangs into `rate` (0 to 1) of all calls from now on.
    pub fn random_faults(&self, seed: u64, rate: f64) {
        say_seed("random faults", seed);
        self.desk().plan.hook = Some(plan::random(seed, rate));
    }

    /// Ends all faults.
    pub fn no_faults(&self) {
        self.desk().plan = Plan::default();
    }

    /// Rewrites every request before it is applied, to try the code without one of its guards.
    pub fn rewrite(&self, rewrite: impl Fn(&CallInfo, &mut Value) + Send + Sync + 'static) {
        self.desk().rewrite = Some(Arc::new(rewrite));
    }

    /// Shows every call to `observer` before it is made, even calls that the log later drops.
    pub fn observe(&self, observer: impl Fn(&CallInfo) + Send + Sync + 'static) {
        self.desk().observer = Some(Arc::new(observer));
    }

    /// Ends the rewriting of requests.
    pub fn no_rewrite(&self) {
        self.desk().rewrite = None;
    }

    /// Every call takes this long on tokio's clock.
    pub fn set_delay(&self, delay: Option<Duration>) {
        self.desk().delay = delay;
    }

    /// Makes every call yield to other tasks a random number of times before and after it, so that concurrent
    /// handlers interleave. Under a paused clock, a seed repeats its schedule. Under a running clock, the
    /// timers of the SDK's stalled-stream protection wake tasks at other points in every run, unless that is
    /// off as in [`config_for`](Self::config_for).
    pub fn interleave_by(&self, seed: u64) {
        say_seed("interleaving", seed);
        self.desk().interleaving = Some(fastrand::Rng::with_seed(seed));
    }

    /// How old eventually consistent reads are from now on. Setting a lag copies the tables in their present
    /// state.
    pub fn set_lag(&self, lag: Lag) {
        self.0.dynamo.set_lag(lag);
    }

    /// Lets eventually consistent reads see all writes so far.
    pub fn catch_up(&self) {
        self.0.dynamo.catch_up();
    }

    /// Runs a handler as a process that [`Fault::Crash`] can end: the future is dropped where it is, with its
    /// other calls. Tasks that it has spawned go on.
    pub async fn run<T>(&self, handler: impl Future<Output = T>) -> Result<T, Crashed> {
        crash::run(handler).await
    }
}

#[allow(clippy::print_stderr, reason = "a failing test must say how to repeat it")]
fn say_seed(what: &str, seed: u64) {
    eprintln!("{what}: seed {seed}");
}

/// The path of a request.
impl Aws {
    /// Logs a call and chooses its fault. The ticket finds the log entry again.
    pub(crate) fn admit(&self, caller: Arc<str>, wire: &Wire) -> (u64, CallInfo, Fault) {
        let mut desk = self.desk();
        desk.tickets += 1;
        let ticket = desk.tickets;
        let count = desk.counts.entry(wire.operation.clone()).or_default();
        *count += 1;
        let info = CallInfo {
            nth: *count,
            number: desk.calls.len() + 1,
            caller,
            service: wire.service,
            operation: wire.operation.clone(),
            touches: touches(wire.service, &wire.operation, &wire.request),
            request: wire.request.clone(),
        };
        let chosen = desk.plan.choose(&info);
        desk.calls.push((ticket, Call::begun(info.clone())));
        let observer = desk.observer.clone();
        // Hook and observer may use this object, so they are called outside the lock.
        drop(desk);
        if let Some(observer) = observer {
            observer(&info);
        }
        let fault = chosen.unwrap_or_else(|hook| hook.map_or(Fault::None, |hook| hook(&info)));
        self.note(ticket, |call| call.fault = fault.clone());
        (ticket, info, fault)
    }

    /// Changes a call's log entry, unless the log was cleared meanwhile.
    pub(crate) fn note(&self, ticket: u64, write: impl FnOnce(&mut Call)) {
        if let Some((_, call)) = self.desk().calls.iter_mut().rev().find(|(entry, _)| *entry == ticket) {
            write(call);
        }
    }

    pub(crate) fn close(&self, ticket: u64, outcome: Outcome) {
        self.note(ticket, |call| call.outcome = outcome);
    }

    pub(crate) fn rewritten(&self, info: &CallInfo, request: &mut Value) {
        let rewrite = self.desk().rewrite.clone();
        if let Some(rewrite) = rewrite {
            rewrite(info, request);
        }
    }

    pub(crate) async fn interleave(&self) {
        let turns = self.desk().interleaving.as_mut().map_or(0, |random| random.usize(..=MAX_YIELDS));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn delay(&self) {
        let delay = self.desk().delay;
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
    }

    pub(crate) fn tick(&self) {
        self.0.dynamo.tick();
    }

    pub(crate) fn dynamo(&self) -> &Dynamo {
        &self.0.dynamo
    }

    pub(crate) fn sqs(&self) -> &Queues {
        &self.0.queues
    }

    pub(crate) fn buckets(&self) -> &Buckets {
        &self.0.buckets
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.0.mailbox
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap()
    }
}
