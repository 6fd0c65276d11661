//! Secrets: passwords, tokens, keys and addresses are in no logs, queues or table items.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::shop::people::{PASSWORD, login};
use crate::shop::world::{SECRET, Shop};

/// Everything that is logged on this thread, down to the traces of our own crates.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// A second subscriber. With only one, tracing asks the thread that first reaches a log line whether anybody
/// wants it, and caches the answer; the thread of another test has no subscriber. With a second one, it asks
/// each time.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

impl Log {
    pub fn start() -> (Self, DefaultGuard) {
        LazyLock::force(&SECOND);
        let log = Self::default();
        let ours = ["api", "table", "lambda", "providers", "functions"];
        let filter = tracing_subscriber::filter::Targets::new()
            .with_targets(ours.map(|target| (target, tracing::Level::TRACE)))
            .with_default(tracing::Level::INFO);
        let lines = tracing_subscriber::fmt::layer().json().with_writer(log.clone());
        let guard = tracing_subscriber::layer::SubscriberExt::with(
            tracing_subscriber::registry(),
            tracing_subscriber::Layer::with_filter(lines, filter),
        );
        (log, tracing::subscriber::set_default(guard))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// How many lines have this message.
    pub fn count(&self, message: &str) -> usize {
        self.text().lines().filter(|line| line.contains(message)).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_any_log_line_or_message_and_no_usable_one_in_the_table() {
    let (log, _guard) = Log::start();
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let email = "canary@example.com";
    let guest = shop.guest_with_cart(&products[0]).await;
    let mut canaries = vec![guest.header("x-cart-token").to_owned(), email.to_owned(), PASSWORD.to_owned()];
    canaries.extend(["a second canary", "a wrong canary", SECRET].map(str::to_owned));
    let mut account = login(email, PASSWORD);
    account["name"] = json!("Canary");
    let tokens = |answer: &Value, into: &mut Vec<String>| {
        into.extend(
            ["access_token", "refresh_token"]
                .iter()
                .filter_map(|name| answer[name].as_str().map(str::to_owned)),
        );
    };
    let mut bodies = Vec::new();
    let mut look = |shop: &Shop| {
        let queues = shop.aws.queues();
        let messages = queues.iter().flat_map(testkit::Queue::all);
        bodies.extend(messages.map(|message| message.body));
    };

    tokens(guest.post("/auth/register", account).await.created(), &mut canaries);
    look(&shop);
    shop.drain_queues().await;
    let verify = shop.aws.mails_to(email)[0].link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": verify })).await.data(204);
    shop.guest().post("/auth/login", login(email, "a wrong canary")).await.data(401);
    let signed_in = shop.guest().post("/auth/login", login(email, PASSWORD)).await;
    tokens(signed_in.ok(), &mut canaries);
    let refresh = json!({ "refresh_token": signed_in.ok()["refresh_token"] });
    tokens(shop.guest().post("/auth/refresh", refresh.clone()).await.ok(), &mut canaries);
    shop.clock.advance(std::time::Duration::from_secs(11));
    shop.guest().post("/auth/refresh", refresh).await.data(401);
    shop.guest().post("/auth/password/forgot", json!({ "email": email })).await.data(202);
    look(&shop);
    shop.drain_queues().await;
    let reset = shop.aws.mails_to(email).last().unwrap().link("reset-password");
    let new = json!({ "token": reset, "new_password": "a second canary" });
    shop.guest().post("/auth/password/reset", new).await.data(204);
    let ann = shop.guest().post("/auth/login", login(email, "a second canary")).await;
    tokens(ann.ok(), &mut canaries);
    // Neither a broken request nor one that meets a failing table is quoted.
    shop.guest().raw("POST", "/auth/login", "application/json", &format!("{{\"email\": \"{email}\", ")).await;
    shop.aws.random_faults(11, 1.0);
    shop.guest().post("/auth/login", login(email, "a second canary")).await;
    shop.guest().post("/auth/password/forgot", json!({ "email": email })).await;
    shop.aws.no_faults();
    look(&shop);
    shop.drain_queues().await;
    canaries.extend([verify, reset]);

    let (logged, queued) = (log.text(), bodies.join("\n"));
    assert!(
        logged.contains("\"status\":503") && logged.contains("\"queue\":\"notifications\""),
        "nothing is logged"
    );
    let table: String = shop.aws.items("Table").iter().map(Value::to_string).collect();
    for canary in &canaries {
        assert!(!logged.contains(canary), "{canary} is in the log");
        assert!(!queued.contains(canary), "{canary} is in a queue");
        assert!(canary == email || !table.contains(canary), "{canary} is in the table");
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_stripe_is_in_any_log_line_message_or_item() {
    let (log, _guard) = Log::start();
    let shop = Shop::with_stripe();
    let lamp = shop.sell("seller", &[("lamp", 15_00, 9)]).await.remove(0);
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&lamp, 1).await.ok();
    let mut purchase = crate::shop::people::purchase();
    purchase["payment_method"] = json!("pm_card_authenticationRequired");
    let order = ann.post("/orders", purchase).await.created()["id"].as_str().unwrap().to_owned();
    let looks = format!("/orders/{order}/payment");
    for fault in [testkit::Fault::Throttle, testkit::Fault::Fail(testkit::When::After)] {
        let at_stripe = move |call: &testkit::CallInfo| match call.service {
            testkit::Service::Stripe => fault.clone(),
            _ => testkit::Fault::None,
        };
        shop.aws.on(at_stripe);
        shop.work_off("payments").await.unwrap();
        shop.clock.advance(std::time::Duration::from_mins(1));
    }
    shop.aws.no_faults();
    shop.drain_queues().await;
    assert_eq!(ann.get(&looks).await.ok()["next_action"]["client_secret"], "pi_1_secret_canary");
    shop.aws.on(|call| match call.service {
        testkit::Service::Stripe => testkit::Fault::Refuse(401, "canary"),
        _ => testkit::Fault::None,
    });
    ann.get(&looks).await.refused(503, &[("TRY_AGAIN", "")]);
    shop.aws.no_faults();
    let bad = [("stripe-signature", "t=1,v1=canary")];
    shop.call("POST", "/api/v1/webhooks/stripe", &bad, Some(&json!({})))
        .await
        .refused(400, &[("MALFORMED", "")]);
    let table: String = shop.aws.items("Table").iter().map(Value::to_string).collect();
    assert!(log.text().contains("Stripe: "), "nothing is logged");
    assert!(!format!("{}{table}", log.text()).contains("canary"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_known_and_an_unknown_address_cost_the_same_number_of_hashes() {
    let (log, _guard) = Log::start();
    let shop = Shop::open();
    shop.member("ann", false).await;
    let mut counts = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let before = log.count("argon2");
        shop.guest().post("/auth/login", login(email, "not the password")).await.data(401);
        counts.push(log.count("argon2") - before);
        shop.guest().post("/auth/password/forgot", json!({ "email": email })).await.data(202);
        assert_eq!(log.count("argon2") - before, 1, "{email}");
    }
    assert_eq!(counts, [1, 1]);
    shop.drain_queues().await;
}
