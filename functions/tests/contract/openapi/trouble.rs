//! Refusals that any operation can answer with, and those that need a shop of their own.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use testkit::Fault;

use super::examples::Recorder;
use super::walk::sample;
use crate::shop::outside::signature;
use crate::shop::people::Person;
use crate::shop::world::Shop;

/// Requests without a token, without JSON, too large or too many, and a table that fails.
pub async fn anywhere(seen: &mut Recorder, sam: &Person) {
    let shop = seen.shop.clone();
    let guest = shop.guest();
    seen.keep_general("UNAUTHENTICATED", &guest.get("/users/me").await);
    for (code, content_type, body) in [
        ("MALFORMED", "application/json", "{\"email\": ".to_owned()),
        ("UNSUPPORTED_MEDIA_TYPE", "text/plain", "Hello".to_owned()),
        ("TOO_LARGE", "application/json", " ".repeat(1 << 20)),
    ] {
        seen.keep_general(code, &guest.raw("POST", "/auth/login", content_type, &body).await);
    }
    shop.aws.on(|call| if call.operation == "Query" { Fault::Throttle } else { Fault::None });
    seen.keep_general("TRY_AGAIN", &guest.get("/categories").await);
    shop.aws.no_faults();

    // An item that only a later release can read.
    let key = |name: &str| AttributeValue::S(name.to_owned());
    let table = Client::new(&shop.aws.quiet_config());
    let newer = table.update_item().table_name("Table").key("pk", key(&format!("USER#{}", sam.id)));
    let newer = newer.key("sk", key("USER")).update_expression("SET v = :v");
    newer.expression_attribute_values(":v", AttributeValue::N("99".to_owned())).send().await.unwrap();
    seen.keep_general("INTERNAL", &sam.get("/users/me").await);

    let crowded = Shop::with_limits().guest();
    for _ in 0..10 {
        crowded.post("/auth/login", sample("login")).await.data(401);
    }
    seen.keep_general("RATE_LIMITED", &crowded.post("/auth/login", sample("login")).await);
}

/// An event of Stripe, and one that is not Stripe's.
pub async fn with_stripe(seen: &mut Recorder) {
    let shop = Shop::with_stripe();
    let mut event = sample("stripe-webhook");
    event["data"]["object"]["metadata"]["shop"] = json!("AWS::StackName");
    let event = event.to_string();
    let signature = signature(shop.clock.now().seconds(), &event);
    let route = ("POST", "/api/v1/webhooks/stripe");
    for (label, signature) in [("Example", signature.as_str()), ("MALFORMED", "t=1,v1=0")] {
        let headers = [("stripe-signature", signature)];
        let answer = shop.send(route.0, route.1, &headers, Some(&event)).await.unwrap();
        seen.keep(label, route, None, &answer);
    }
    shop.aws.queue("payments").purge();
}

/// More addresses, images and lines of a cart than there may be.
pub async fn too_many(seen: &mut Recorder) {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let seller = shop.find("seller").await;
    let category = shop.guest().get("/categories").await.ok()[0]["id"].as_str().unwrap().to_owned();
    let many = shop.sell_in_many(&seller, &category, 51).await;
    let many = shop.guest().get(&format!("/products/{many}")).await.ok()["variants"].clone();
    let images = format!("/products/{}/images", products[0]);
    let address = sample("create-address");
    let image = sample("create-image");
    let lines = many.as_array().unwrap().iter();
    let lines = lines.map(|variant| json!({ "variant_id": variant["id"], "quantity": 1 }));
    for (code, path, bodies) in [
        ("ADDRESS_LIMIT", "/users/me/addresses", vec![address; 11]),
        ("IMAGE_LIMIT", images.as_str(), vec![image; 11]),
        ("CART_FULL", "/cart/items", lines.collect::<Vec<Value>>()),
    ] {
        let (last, first) = bodies.split_last().unwrap();
        for body in first {
            let answer = seller.post(path, body.clone()).await;
            assert!(answer.status < 300, "{code}: {:#}", answer.body);
        }
        seen.keep_general(code, &seller.post(path, last.clone()).await);
    }
    shop.drain_queues().await;
}
