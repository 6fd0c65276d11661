//! Payment by Stripe over HTTP: the template with Stripe switched on, and localstripe as its stand-in.
//!
//! localstripe has no idempotency keys; the tests in process cover those.

use std::time::Duration;

use local::{LocalStripe, wait_until};
use serde_json::{Value, json};

use super::people::{Person, Shop, options, purchase, text};

const LIMIT: Duration = Duration::from_mins(1);

/// A shop that is paid through Stripe and receives its events.
fn open(stripe: &LocalStripe) -> Shop {
    let options = options("stripe").variable("STRIPE_ENDPOINT_URL", stripe.url());
    let shop = Shop::open(options.clone());
    let aws = shop.stack.aws();
    let secret = json!({ "secret_key": "sk_test_local", "webhook_secret": "whsec_local" }).to_string();
    let secret = json!({ "Name": "stripe", "SecretString": secret, "ClientRequestToken": "0".repeat(32) });
    let made: Value = aws.call("secretsmanager", "secretsmanager.CreateSecret", &secret).unwrap();
    let options =
        options.parameter("PaymentProvider", "stripe").parameter("StripeSecretArn", text(&made["ARN"]));
    shop.stack.running().clone().redeploy(&options).unwrap();
    let hook = format!("url={}/api/v1/webhooks/stripe&secret=whsec_local", shop.stack.url());
    stripe.post("/_config/webhooks/shop", &hook).unwrap();
    shop
}

/// A product of a manual store, so that its orders can be cancelled for as long as a test needs.
fn handmade(shop: &Shop) -> String {
    let (lamp, seller) = (shop.product(9), shop.register("crafter"));
    let category = shop.anyone().get(&format!("/products/{lamp}")).is(200)["category_id"].clone();
    seller.post("/stores", &json!({ "name": "By hand", "fulfilment": "manual" })).is(201);
    let price = json!({ "amount": 15_00, "currency": "USD" });
    let vase = json!({ "name": "Vase", "sku": "V", "price": price, "category_id": category, "stock": 9 });
    text(&seller.post("/products", &vase).is(201)["id"])
}

fn buy(ann: &Person<'_>, product: &str, card: &str) -> String {
    ann.add_to_cart(product, 1).is(200);
    let mut purchase = purchase();
    purchase["payment_method"] = json!(card);
    text(&ann.post("/orders", &purchase).is(201)["id"])
}

/// The payment of an order at Stripe.
fn intent(stripe: &LocalStripe, order: &str) -> Value {
    let intents = stripe.get("/v1/payment_intents?limit=100").unwrap();
    let mut intents = intents["data"].as_array().unwrap().iter();
    intents.find(|intent| intent["metadata"]["order"] == *order).unwrap().clone()
}

fn once<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_until(LIMIT, look).unwrap_or_else(|| panic!("{what} does not happen"))
}

#[test]
fn cards_are_charged_refused_authenticated_and_refunded() {
    let stripe = LocalStripe::start().unwrap();
    let shop = open(&stripe);
    let ann = shop.register("ann");
    let (lamp, vase) = (shop.product(9), handmade(&shop));

    let paid = buy(&ann, &lamp, "pm_card_visa");
    let refused = buy(&ann, &lamp, "pm_card_chargeCustomerFail");
    let card = "type=card&card[number]=4000002500003155&card[exp_month]=1&card[exp_year]=2030&card[cvc]=123";
    let asking = text(&stripe.post("/v1/payment_methods", card).unwrap()["id"]);
    let asked = buy(&ann, &lamp, &asking);

    let next = once("the bank's question", || {
        ann.order(&asked)["payment"]["next_action"]["url"].as_str().map(str::to_owned)
    });
    let payment = ann.get(next.trim_start_matches("/api/v1")).is(200);
    assert_eq!(payment["next_action"]["type"], "use_stripe_sdk");
    let secret = text(&payment["next_action"]["client_secret"]);
    let id = text(&intent(&stripe, &asked)["id"]);
    let answer = format!("client_secret={secret}&success=true&key=pk_test_local");
    stripe.post(&format!("/v1/payment_intents/{id}/_authenticate"), &answer).unwrap();
    // The sweeper would look only after 6 minutes, so this was the event.
    ann.order_when(&asked, "delivered", LIMIT);
    ann.order_when(&paid, "delivered", LIMIT);
    ann.order_when(&refused, "cancelled", LIMIT);
    assert_eq!(intent(&stripe, &refused)["status"], "canceled");
    assert_eq!(intent(&stripe, &paid)["amount"], ann.order(&paid)["total"]["amount"]);

    let returned = buy(&ann, &vase, "pm_card_visa");
    ann.order_when(&returned, "paid", LIMIT);
    ann.post(&format!("/orders/{returned}/cancel"), &json!({})).is(200);
    let refunded = || (ann.order(&returned)["payment_status"] == "refunded").then_some(());
    once("the refund", refunded);
    let id = text(&intent(&stripe, &returned)["id"]);
    let refunds = stripe.get(&format!("/v1/refunds?payment_intent={id}")).unwrap();
    let amounts: Vec<_> =
        refunds["data"].as_array().unwrap().iter().map(|refund| &refund["amount"]).collect();
    assert_eq!(amounts, [&ann.order(&returned)["total"]["amount"]]);
    shop.comes_to_rest(LIMIT);
}
