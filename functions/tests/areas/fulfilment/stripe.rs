//! Payment by Stripe: it charges once, refunds once, and its events only make us ask it.

use std::time::Duration;

use domain::messages::QUEUES;
use domain::orders::debt::{PAY_WITHIN, RETRY_SPAN};
use lambda::Connect as _;
use providers::Payments;
use providers::payment::Bill;
use serde_json::{Value, json};
use testkit::{Call, Fault, Service, When};

use crate::promises::secrets::Log;
use crate::shop::outside::signature;
use crate::shop::people::Person;
use crate::shop::placed::{Placed, STOCK};
use crate::shop::world::{Answer, Shop, together};

const PAYS: &str = "pm_card_visa";
const REFUSED: &str = "pm_card_chargeCustomerFail";
pub const ASKS_THE_BUYER: &str = "pm_card_authenticationRequired";

/// Two lamps at 15.00, 18 % tax, 50.00 shipping.
const TOTAL: i64 = 85_40;

async fn placed(card: &str) -> Placed {
    Placed::in_shop(Shop::with_stripe(), card).await
}

impl Placed {
    async fn payment(&self, person: &Person) -> Answer {
        person.get(&format!("/orders/{}/payment", self.order)).await
    }

    /// The only payment at Stripe.
    pub fn intent(&self) -> Value {
        let intents = self.shop.aws.stripe().intents();
        assert_eq!(intents.len(), 1, "{intents:?}");
        intents.into_values().next().unwrap()
    }

    /// Asserts the status of order, payment and intent, and the stock of lamps.
    #[track_caller]
    fn stands(&self, shown: &Value, expected: [&str; 3]) {
        let intent = self.intent();
        let found = [&shown["status"], &shown["payment_status"], &intent["status"]];
        assert_eq!(found, expected.map(|word| json!(word)).each_ref(), "{shown:#} {intent:#}");
    }

    /// Asserts that the order was delivered and charged once.
    async fn arrived_by_stripe(&self) {
        self.stands(&self.shown().await, ["delivered", "paid", "succeeded"]);
        assert_eq!(self.shop.aws.stripe().charges(), [(self.order.clone(), TOTAL)]);
        assert_eq!(self.shop.aws.stripe().refunds(), []);
        assert_eq!(self.available().await, STOCK - 2);
    }

    /// Asserts that the order is cancelled, and that everything charged was refunded once.
    async fn called_off(&self) {
        let shown = self.shown().await;
        let (charges, refunds) = (self.shop.aws.stripe().charges(), self.shop.aws.stripe().refunds());
        match charges.as_slice() {
            [] => self.stands(&shown, ["cancelled", "failed", "canceled"]),
            _ => self.stands(&shown, ["cancelled", "refunded", "succeeded"]),
        }
        assert!(charges.len() <= 1 && charges == refunds, "{charges:?} {refunds:?}");
        assert_eq!(self.available().await, STOCK);
        // Whatever the buyer's client still does, no money can be taken any more.
        let id = self.intent()["id"].as_str().unwrap().to_owned();
        assert!(!self.shop.aws.stripe().authenticate(&id, true));
    }

    /// The event that Stripe sends after a change of the payment.
    pub fn event(&self, kind: &str) -> Value {
        json!({ "id": "evt_1", "object": "event", "type": kind, "data": { "object": self.intent() } })
    }

    pub async fn hears(&self, event: &Value) -> Answer {
        let body = event.to_string();
        self.hears_signed(&signature(self.shop.clock.now().seconds(), &body), &body).await
    }

    async fn hears_signed(&self, signature: &str, body: &str) -> Answer {
        let headers = [("stripe-signature", signature), ("content-type", "application/json; charset=utf-8")];
        self.shop.send("POST", "/api/v1/webhooks/stripe", &headers, Some(body)).await.unwrap()
    }
}

/// The events of an order's timeline.
fn timeline(shown: &Value) -> Vec<&str> {
    shown["timeline"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_card_that_pays_is_charged_once_under_a_name_that_the_order_keeps_first() {
    let order = placed(PAYS).await;
    order.shop.aws.clear_calls();
    order.shop.work_off("payments").await.unwrap();
    let calls = order.shop.aws.calls();
    let calls = calls.iter().map(|call| call.info.operation.as_str());
    let calls = calls.filter(|call| *call != "SendMessage");
    assert_eq!(
        calls.collect::<Vec<_>>(),
        [
            "GetSecretValue",
            "Query",
            "CreatePaymentIntent",
            "UpdateItem",
            "RetrievePaymentIntent",
            "ConfirmPaymentIntent",
            "UpdateItem"
        ]
    );
    assert_eq!(timeline(&order.shown().await), ["pending", "payment_opened", "paid"]);
    assert_eq!(order.intent()["metadata"], json!({ "order": order.order, "shop": "AWS::StackName" }));
    order.settle().await;
    order.arrived_by_stripe().await;
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_refused_cancels_the_order_and_bars_the_payment() {
    let order = placed(REFUSED).await;
    order.settle().await;
    assert_eq!(timeline(&order.shown().await), ["pending", "payment_opened", "payment_failed", "cancelled"]);
    order.called_off().await;

    let unknown = placed("pm_nonsense").await;
    unknown.settle().await;
    assert_eq!(unknown.shown().await["status"], "cancelled");
    assert_eq!(unknown.shop.aws.stripe().intents().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_the_buyer_sees_the_banks_question_and_an_event_moves_the_order() {
    let order = placed(ASKS_THE_BUYER).await;
    order.shop.drain_queues().await;
    let shown = order.shown().await;
    order.stands(&shown, ["pending", "pending", "requires_action"]);
    let url = format!("/api/v1/orders/{}/payment", order.order);
    assert_eq!(shown["payment"], json!({ "next_action": { "type": "authenticate", "url": url } }));

    let answer = order.payment(&order.ann()).await;
    let action = json!({ "type": "use_stripe_sdk", "client_secret": "pi_1_secret_canary" });
    assert_eq!(answer.ok(), &json!({ "status": "pending", "next_action": action }));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let (seller, admin) = (order.shop.find("seller").await, order.shop.member("root", true).await);
    for other in [&seller, &admin, &order.shop.member("eve", false).await] {
        order.payment(other).await.refused(404, &[("NOT_FOUND", "")]);
    }
    order.payment(&order.shop.guest()).await.refused(401, &[("UNAUTHENTICATED", "")]);
    assert_eq!(seller.order(&order.order).await.ok().get("payment"), None);

    // An event says nothing that Stripe does not answer when it is asked.
    order.hears(&order.event("payment_intent.succeeded")).await.ok();
    order.shop.drain_queues().await;
    order.stands(&order.shown().await, ["pending", "pending", "requires_action"]);

    assert!(order.shop.aws.stripe().authenticate("pi_1", true));
    order.hears(&order.event("payment_intent.succeeded")).await.ok();
    order.settle().await;
    order.arrived_by_stripe().await;
    let shown = order.shown().await;
    assert_eq!(timeline(&shown)[..4], ["pending", "payment_opened", "action_required", "paid"]);
    assert_eq!(shown.get("payment"), None);
    assert_eq!(order.payment(&order.ann()).await.ok(), &json!({ "status": "paid" }));
}

#[tokio::test(start_paused = true)]
async fn without_events_the_sweeper_finds_the_result_of_the_payment() {
    for (passes, status) in [(true, "delivered"), (false, "cancelled")] {
        let order = placed(ASKS_THE_BUYER).await;
        order.shop.drain_queues().await;
        order.shop.aws.stripe().authenticate("pi_1", passes);
        order.shop.clock.advance(RETRY_SPAN);
        order.settle().await;
        assert_eq!(order.shown().await["status"], status);
        match passes {
            true => order.arrived_by_stripe().await,
            false => order.called_off().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_buyer_who_never_answers_their_bank_loses_the_order_after_two_hours() {
    let order = placed(ASKS_THE_BUYER).await;
    order.shop.drain_queues().await;
    let mut passed = Duration::ZERO;
    while passed < PAY_WITHIN {
        order.stands(&order.shown().await, ["pending", "pending", "requires_action"]);
        order.shop.clock.advance(Duration::from_mins(10));
        passed += Duration::from_mins(10);
        order.shop.sweep().await.unwrap();
        order.shop.drain_queues().await;
    }
    order.settle().await;
    order.called_off().await;
}

#[tokio::test(start_paused = true)]
async fn money_that_was_taken_too_late_is_refunded() {
    let order = placed(PAYS).await;
    // Stripe takes the money, but the worker dies before it hears so, and its message is lost.
    order.shop.aws.on(|call| match call.operation.as_str() {
        "ConfirmPaymentIntent" => Fault::Crash(When::After),
        _ => Fault::None,
    });
    assert!(order.shop.work_off("payments").await.is_err());
    order.shop.aws.no_faults();
    order.shop.aws.queue("payments").purge();
    assert_eq!(order.shop.aws.stripe().charges().len(), 1);
    order.cancel().await.ok();
    order.settle().await;
    order.called_off().await;
    assert_eq!(order.shop.aws.stripe().refunds(), [(order.order.clone(), TOTAL)]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_while_the_bank_asks_and_one_after_the_charge_both_cost_nothing() {
    let asked = placed(ASKS_THE_BUYER).await;
    asked.shop.drain_queues().await;
    asked.cancel().await.ok();
    // The buyer was faster than the worker.
    asked.shop.aws.stripe().authenticate("pi_1", true);
    asked.settle().await;
    asked.called_off().await;

    for card in [PAYS, ASKS_THE_BUYER] {
        let order = placed(card).await;
        order.shop.work_off("payments").await.unwrap();
        order.cancel().await.ok();
        order.settle().await;
        order.called_off().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_made_by_hand_is_not_made_again() {
    let by_hand: [(i64, bool, &[i64]); 3] = [(20_00, false, &[65_40]), (TOTAL, false, &[]), (0, true, &[])];
    for (refunded, disputed, ours) in by_hand {
        let order = placed(PAYS).await;
        order.shop.work_off("payments").await.unwrap();
        order.shop.aws.stripe().change("pi_1", |intent| {
            intent["refunded"] = json!(refunded);
            intent["disputed"] = json!(disputed);
        });
        order.cancel().await.ok();
        order.settle().await;
        order.stands(&order.shown().await, ["cancelled", "refunded", "succeeded"]);
        let refunds = order.shop.aws.stripe().refunds().into_iter().map(|(_, amount)| amount);
        assert_eq!(refunds.collect::<Vec<_>>(), ours);
    }
}

#[tokio::test(start_paused = true)]
async fn another_amount_than_the_orders_never_counts_as_paid() {
    let tampered: [fn(&mut Value); 3] = [
        |intent| intent["amount"] = json!(1),
        |intent| intent["currency"] = json!("jpy"),
        |intent| intent["metadata"]["order"] = json!("ord_00000000000000000000000001"),
    ];
    for tamper in tampered {
        let order = placed(ASKS_THE_BUYER).await;
        order.shop.drain_queues().await;
        order.shop.aws.stripe().authenticate("pi_1", true);
        order.shop.aws.stripe().change("pi_1", tamper);
        order.hears(&order.event("payment_intent.succeeded")).await;
        order.shop.remind(&order.order);
        order.shop.drain_queues().await;
        assert_eq!(order.shown().await["payment_status"], "pending");
        assert!(!order.shop.dead_letters().is_empty(), "nobody is told");
        order.shop.forget_dead_letters();
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_stored_under_a_key_is_retried_under_the_next_key() {
    for operation in ["CreatePaymentIntent", "ConfirmPaymentIntent"] {
        let order = placed(PAYS).await;
        order.shop.aws.stripe().stumble(operation);
        order.settle().await;
        order.arrived_by_stripe().await;
    }
    let order = placed(PAYS).await;
    order.shop.work_off("payments").await.unwrap();
    order.cancel().await.ok();
    order.shop.aws.stripe().stumble("CreateRefund");
    order.settle().await;
    order.called_off().await;
}

#[tokio::test(start_paused = true)]
async fn late_repeated_and_reordered_events_change_nothing() {
    let order = placed(PAYS).await;
    order.shop.work_off("payments").await.unwrap();
    let events =
        ["payment_intent.payment_failed", "payment_intent.canceled", "charge.refunded", "refund.failed"];
    for kind in events.into_iter().chain(["payment_intent.succeeded"; 3]) {
        order.hears(&order.event(kind)).await.ok();
    }
    order.settle().await;
    order.arrived_by_stripe().await;
    let arrived = order.shown().await;
    for kind in events {
        order.hears(&order.event(kind)).await.ok();
    }
    order.settle().await;
    order.arrived_by_stripe().await;
    assert_eq!(order.shown().await, arrived);

    let order = placed(PAYS).await;
    order.shop.work_off("payments").await.unwrap();
    order.cancel().await.ok();
    order.hears(&order.event("payment_intent.succeeded")).await.ok();
    order.settle().await;
    for _ in 0..3 {
        order.hears(&order.event("payment_intent.succeeded")).await.ok();
        order.settle().await;
    }
    order.called_off().await;
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_the_bank_returns_raises_an_alarm() {
    let (log, _guard) = Log::start();
    let order = placed(PAYS).await;
    order.shop.work_off("payments").await.unwrap();
    order.cancel().await.ok();
    order.settle().await;
    order.hears(&order.event("refund.updated")).await.ok();
    assert_eq!(log.count("a refund has failed"), 0);
    order.hears(&order.event("refund.failed")).await.ok();
    order.settle().await;
    assert_eq!(log.count("a refund has failed"), 1);
    order.called_off().await;
}

#[tokio::test(start_paused = true)]
async fn only_events_with_a_recent_signature_and_an_order_of_ours_count() {
    let order = placed(PAYS).await;
    order.settle().await;
    let (now, body) = (order.shop.clock.now().seconds(), order.event("payment_intent.succeeded").to_string());
    let waiting = || order.shop.aws.queue("payments").all().len();
    for bad in ["", "t=1", "nonsense", &signature(now - 301, &body), &signature(now, "{}")] {
        let answer = order.hears_signed(bad, &body).await;
        answer.refused(400, &[("MALFORMED", "")]);
        assert_eq!(answer.body["detail"], "the signature is not one of Stripe's, or is too old");
    }
    let long = format!("{body}{}", " ".repeat(64 * 1024));
    order.hears_signed(&signature(now, &long), &long).await.refused(413, &[("TOO_LARGE", "")]);
    let mut foreign = order.event("payment_intent.succeeded");
    foreign["data"]["object"]["metadata"]["shop"] = json!("another");
    for event in [&foreign, &json!({ "type": "account.updated", "data": { "object": {} } }), &json!([])] {
        assert_eq!(order.hears(event).await.ok(), &json!({ "received": true }));
    }
    assert_eq!(waiting(), 0);

    // Stripe sends an event again that could not be passed on.
    order.shop.aws.on(|call| if call.service == Service::Sqs { Fault::Throttle } else { Fault::None });
    order.hears(&order.event("payment_intent.succeeded")).await.refused(503, &[("TRY_AGAIN", "")]);
    order.shop.aws.no_faults();
    order.hears(&order.event("payment_intent.succeeded")).await.ok();
    assert_eq!(waiting(), 1);
    order.settle().await;

    let sandbox = Shop::open();
    let answer = sandbox.call("POST", "/api/v1/webhooks/stripe", &[], Some(&json!({}))).await;
    answer.refused(404, &[("NOT_FOUND", "")]);
}

/// The calls of `take-payment` from here until its queue is empty.
async fn calls_of_the_worker(order: &Placed) -> Vec<Call> {
    order.shop.start("take-payment").await;
    order.shop.aws.clear_calls();
    order.shop.work_off("payments").await.unwrap();
    let calls = order.shop.aws.calls();
    assert!(calls.iter().all(|call| &*call.info.caller == "take-payment"));
    order.settle().await;
    calls
}

/// Every fault that a call of a worker can have.
const FAULTS: [Fault; 4] =
    [Fault::Crash(When::Before), Fault::Crash(When::After), Fault::Timeout(When::After), Fault::Throttle];

#[tokio::test(start_paused = true)]
async fn a_fault_in_any_call_of_the_payment_charges_the_card_once() {
    let calls = calls_of_the_worker(&placed(PAYS).await).await;
    assert!(calls.len() >= 8, "{calls:?}");
    for (number, fault) in (1..=calls.len()).flat_map(|call| FAULTS.map(|fault| (call, fault))) {
        let order = placed(PAYS).await;
        order.shop.start("take-payment").await;
        order.shop.aws.clear_calls();
        order.shop.aws.fault_nth(number, fault);
        order.settle().await;
        order.arrived_by_stripe().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_any_call_of_the_settlement_refunds_the_money_once() {
    for card in [PAYS, ASKS_THE_BUYER, REFUSED] {
        let prepared = async || {
            let order = placed(card).await;
            if card != REFUSED {
                order.shop.work_off("payments").await.unwrap();
                order.cancel().await.ok();
            }
            order
        };
        let calls = calls_of_the_worker(&prepared().await).await;
        for (number, fault) in (1..=calls.len()).flat_map(|call| FAULTS.map(|fault| (call, fault))) {
            let order = prepared().await;
            order.shop.start("take-payment").await;
            order.shop.aws.clear_calls();
            order.shop.aws.fault_nth(number, fault);
            order.settle().await;
            order.called_off().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_workers_buyers_and_clock_charge_at_most_once_and_keep_nothing() {
    for seed in 0..24 {
        let order = placed([PAYS, ASKS_THE_BUYER, REFUSED][seed % 3]).await;
        order.shop.start("take-payment").await;
        order.shop.start("cancel-order").await;
        let messages = order.shop.aws.queue("payments").take_due(order.shop.clock.now());
        if seed % 2 == 0 {
            // The two hours end at this very moment.
            order.shop.clock.advance(PAY_WITHIN);
        }
        order.shop.aws.interleave_by(seed as u64);
        let workers = async { together((0..2).map(|_| order.shop.deliver("payments", &messages))).await };
        let others = async {
            if seed % 2 == 0 {
                order.shop.sweep().await.unwrap();
            } else {
                order.cancel().await;
            }
        };
        tokio::join!(workers, others);
        order.shop.aws.stripe().authenticate("pi_1", true);
        order.shop.remind(&order.order);
        order.settle().await;
        match order.shop.aws.stripe().intents().len() {
            // Cancelled before a payment was opened.
            0 => assert_eq!(order.shown().await["status"], "cancelled", "seed {seed}"),
            _ if order.shown().await["payment_status"] == "paid" => order.arrived_by_stripe().await,
            // An intent whose id no order holds is never confirmed.
            _ if order.intent()["status"] == "requires_confirmation" => {
                assert_eq!(order.shown().await["payment_status"], "failed", "seed {seed}");
            }
            _ => order.called_off().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_everywhere_delay_payments_and_lose_none() {
    for seed in 0..9 {
        let order = placed(PAYS).await;
        let rate = [0.05, 0.15, 0.30][seed % 3];
        order.shop.aws.random_faults(seed as u64, rate);
        for _ in 0..4 {
            for queue in QUEUES {
                let _ = order.shop.work_off(queue).await;
            }
        }
        order.shop.aws.no_faults();
        order.settle().await;
        order.arrived_by_stripe().await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_providers_payment_stays_owed_until_that_provider_is_back() {
    let order = placed(PAYS).await;
    order.shop.work_off("payments").await.unwrap();
    order.cancel().await.ok();
    // The provider is switched to the sandbox, which does not know this payment.
    let config = order.shop.config("take-payment").with("PAYMENT_PROVIDER", "sandbox");
    let found = order.shop.table().order_now(order.order.parse().unwrap()).await.unwrap().unwrap();
    let bill = Bill::of(&found.snapshot, &found.head);
    let sandbox = Payments::connect(&config).await.unwrap();
    assert!(sandbox.settle(&bill).await.is_err() && sandbox.charge(&bill).await.is_err());
    let back = Bill { payment: Some("pay_1".to_owned()), ..bill };
    let stripe = Payments::connect(&order.shop.config("take-payment")).await.unwrap();
    assert!(stripe.settle(&back).await.is_err() && stripe.charge(&back).await.is_err());
    order.settle().await;
    order.called_off().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_good_secret_nothing_starts() {
    let shop = Shop::with_stripe();
    for (secret, says) in [
        (None, "Stripe's secret has no value"),
        (Some(""), "Stripe's secret must be {"),
        (Some("{}"), "Stripe's secret must be {"),
        (Some(r#"{"secret_key": "", "webhook_secret": "whsec_1"}"#), "Stripe's secret must be {"),
    ] {
        let mut config = shop.config("take-payment");
        match secret {
            Some(secret) => shop.aws.set_secret("StripeSecretArn", secret),
            None => config = config.with("STRIPE_SECRET_ARN", "another"),
        }
        let Err(error) = Payments::connect(&config).await else { panic!("it starts with {secret:?}") };
        assert!(error.to_string().starts_with(says), "{error}");
    }
    let config = shop.config("take-payment").with("STRIPE_SECRET_ARN", "");
    let Err(error) = Payments::connect(&config).await else { panic!("it starts without a secret") };
    assert_eq!(error.to_string(), "the environment variable STRIPE_SECRET_ARN is missing or empty");
}
