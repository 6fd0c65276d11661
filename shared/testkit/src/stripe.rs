//! A small Stripe: payment intents by card, refunds, and idempotency keys with stored answers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::answer::Answer;

/// Its URL.
pub(crate) const ENDPOINT: &str = "http://stripe.local";

/// Stripe in the tests. `pm_card_visa` pays, `pm_card_chargeCustomerFail` is refused, and the bank of
/// `pm_card_authenticationRequired` asks the buyer first.
#[derive(Default)]
pub struct Stripe(Mutex<State>);

#[derive(Default)]
struct State {
    intents: BTreeMap<String, Value>,
    /// The request and the stored answer of each idempotency key.
    kept: BTreeMap<String, (Value, Answer)>,
    charges: Vec<(String, i64)>,
    refunds: Vec<(String, i64)>,
    stumbles: Option<String>,
}

type Answered = Result<Value, (u16, &'static str, &'static str)>;

/// What a test does and sees in Stripe's dashboard.
impl Stripe {
    /// Every payment intent, by its id.
    pub fn intents(&self) -> BTreeMap<String, Value> {
        self.0.lock().unwrap().intents.clone()
    }

    /// The charges in order: order and amount.
    pub fn charges(&self) -> Vec<(String, i64)> {
        self.0.lock().unwrap().charges.clone()
    }

    /// The refunds in order: order and amount.
    pub fn refunds(&self) -> Vec<(String, i64)> {
        self.0.lock().unwrap().refunds.clone()
    }

    /// Changes an intent without the shop's knowledge.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        change(self.0.lock().unwrap().intents.get_mut(id).unwrap());
    }

    /// The buyer passes or fails their bank's check. It also stands for a payment with another card from the
    /// buyer's client.
    pub fn authenticate(&self, id: &str, passes: bool) -> bool {
        let mut state = self.0.lock().unwrap();
        let status = state.intents[id]["status"].clone();
        match status.as_str() {
            Some("requires_action" | "requires_payment_method") if passes => state.charge(id),
            Some("requires_action") => state.refuse(id),
            _ => return false,
        }
        true
    }

    /// Makes the next call of this operation fail with 500 before anything is done. The idempotency key
    /// stores the failure.
    pub fn stumble(&self, operation: &str) {
        self.0.lock().unwrap().stumbles = Some(operation.to_owned());
    }
}

impl Stripe {
    /// The operation of a request's method and path, and its intent.
    pub(crate) fn operation<'a>(method: &str, path: &'a str) -> (&'static str, &'a str) {
        let path: Vec<_> = path.trim_start_matches("/v1/").split('/').collect();
        match (method, path.as_slice()) {
            ("POST", ["payment_intents"]) => ("CreatePaymentIntent", ""),
            ("GET", ["payment_intents", id]) => ("RetrievePaymentIntent", id),
            ("POST", ["payment_intents", id, "confirm"]) => ("ConfirmPaymentIntent", id),
            ("POST", ["payment_intents", id, "cancel"]) => ("CancelPaymentIntent", id),
            ("POST", ["refunds"]) => ("CreateRefund", ""),
            _ => panic!("testkit's Stripe knows no {method} {path:?}"),
        }
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Answer {
        let mut state = self.0.lock().unwrap();
        let key = request["idempotency_key"].as_str();
        assert_eq!(key.is_none(), operation.starts_with("Retrieve"), "{operation}: the idempotency key");
        let known = key.and_then(|key| state.kept.get(key));
        if let Some((used_for, answer)) = known {
            let reused = (
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used again for the same.",
            );
            return if used_for == request { answer.clone().replayed() } else { told(Err(reused)) };
        }
        let answer = match state.stumbles.take_if(|stumbles| stumbles == operation) {
            Some(_) => told(Err((500, "api_error", "stumbled"))),
            None => told(state.done(operation, request)),
        };
        // Requests that fail validation are not stored.
        if let Some(key) = key.filter(|_| answer.status != 400) {
            state.kept.insert(key.to_owned(), (request.clone(), answer.clone()));
        }
        answer
    }
}

fn told(answered: Answered) -> Answer {
    match answered {
        Ok(body) => Answer::ok(body),
        Err((status, code, message)) => {
            let kind = if status == 402 { "card_error" } else { "invalid_request_error" };
            let param = (code == "resource_missing").then_some("payment_method");
            let error = json!({ "type": kind, "code": code, "param": param, "message": message });
            Answer::error_body(status, code, json!({ "error": error }))
        }
    }
}

const STATE: Answered =
    Err((400, "payment_intent_unexpected_state", "The PaymentIntent's status does not allow that."));

impl State {
    fn done(&mut self, operation: &str, request: &Value) -> Answered {
        let id = request["id"].as_str().or(request["payment_intent"].as_str()).unwrap_or_default().to_owned();
        if operation == "CreatePaymentIntent" {
            return self.create(request);
        }
        let Some(intent) = self.intents.get_mut(&id) else {
            return Err((404, "resource_missing", "No such payment_intent."));
        };
        let status = intent["status"].as_str().unwrap().to_owned();
        match (operation, status.as_str()) {
            ("RetrievePaymentIntent", _) => {}
            ("ConfirmPaymentIntent", "requires_confirmation") => match intent["payment_method"].as_str() {
                Some("pm_card_visa") => self.charge(&id),
                Some("pm_card_authenticationRequired") => {
                    intent["status"] = "requires_action".into();
                    intent["next_action"] = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
                }
                _ => {
                    self.refuse(&id);
                    return Err((402, "card_declined", "Your card was declined."));
                }
            },
            ("CancelPaymentIntent", status) if status.starts_with("requires_") => {
                intent["status"] = "canceled".into();
                intent["next_action"] = Value::Null;
            }
            ("CreateRefund", "succeeded") => return self.refund(&id),
            _ => return STATE,
        }
        Ok(self.intents[&id].clone())
    }

    fn create(&mut self, request: &Value) -> Answered {
        let card = request["payment_method"].as_str().unwrap();
        if !card.starts_with("pm_card_") {
            return Err((400, "resource_missing", "No such PaymentMethod."));
        }
        assert_eq!(request["payment_method_types[0]"], "card");
        let number = self.intents.len() + 1;
        let intent = json!({
            "id": format!("pi_{number}"), "object": "payment_intent", "status": "requires_confirmation",
            "amount": request["amount"].as_str().unwrap().parse::<i64>().unwrap(),
            "currency": request["currency"], "payment_method": card, "refunded": 0, "next_action": null,
            "client_secret": format!("pi_{number}_secret_canary"), "last_payment_error": null,
            "metadata": { "order": request["metadata[order]"], "shop": request["metadata[shop]"] },
        });
        self.intents.insert(format!("pi_{number}"), intent.clone());
        Ok(intent)
    }

    fn charge(&mut self, id: &str) {
        let intent = self.intents.get_mut(id).unwrap();
        (intent["status"], intent["next_action"]) = ("succeeded".into(), Value::Null);
        self.charges.push((order(intent), intent["amount"].as_i64().unwrap()));
    }

    fn refuse(&mut self, id: &str) {
        let intent = self.intents.get_mut(id).unwrap();
        (intent["status"], intent["next_action"]) = ("requires_payment_method".into(), Value::Null);
        intent["last_payment_error"] =
            json!({ "type": "card_error", "code": "card_declined", "message": "No." });
    }

    fn refund(&mut self, id: &str) -> Answered {
        let intent = self.intents.get_mut(id).unwrap();
        let rest = intent["amount"].as_i64().unwrap() - intent["refunded"].as_i64().unwrap();
        if intent["disputed"] == true {
            return Err((400, "charge_disputed", "The charge has been charged back."));
        }
        if rest == 0 {
            return Err((400, "charge_already_refunded", "The charge has already been refunded."));
        }
        intent["refunded"] = intent["amount"].clone();
        self.refunds.push((order(intent), rest));
        Ok(json!({ "id": format!("re_{id}"), "object": "refund", "status": "succeeded", "amount": rest }))
    }
}

fn order(intent: &Value) -> String {
    intent["metadata"]["order"].as_str().unwrap_or_default().to_owned()
}
