//! Rules that became stricter: they hold for new input, and older stored data stays readable.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::shop::people::{PASSWORD, Person, address, id, login, purchase};
use crate::shop::world::{Answer, Shop};

const BOOK: &str = "/users/me/addresses";
const ASCII: &str = "ann@xn--kln-sna.de";

/// Changes a stored item directly in the table.
async fn plant(shop: &Shop, (pk, sk): (&str, &str), update: &str, name: &str, value: Option<&str>) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let table = Client::new(&shop.aws.quiet_config());
    let item = table.update_item().table_name("Table").key("pk", text(pk)).key("sk", text(sk));
    let item = item.update_expression(update).expression_attribute_names("#n", name);
    let item = match value {
        Some(value) => item.expression_attribute_values(":v", text(value)),
        None => item,
    };
    let item = match update.contains("#name") {
        true => item.expression_attribute_names("#name", "name"),
        false => item,
    };
    item.send().await.unwrap();
}

/// An address in a country, with a postal code or none.
fn address_in(country: &str, postal_code: Option<&str>) -> Value {
    let mut body = address("Springfield");
    body["country"] = json!(country);
    match postal_code {
        Some(code) => body["postal_code"] = json!(code),
        None => drop(body.as_object_mut().unwrap().remove("postal_code")),
    }
    body
}

/// A checkout with one shipping and another billing address.
fn purchase_to(shipping: Value, billing: Value) -> Value {
    let mut body = purchase();
    body["shipping_address"] = shipping;
    body["billing_address"] = billing;
    body
}

#[tokio::test(start_paused = true)]
async fn an_unknown_country_is_refused_on_every_route() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let ann = shop.member("ann", false).await;
    let kept = id(ann.keep_address("Springfield").await.created());
    ann.add_to_cart(&products[0], 1).await.ok();
    for country in ["ZZ", "UK", "EU", "usa", "Germany"] {
        let wrong = || address_in(country, Some("62701"));
        let bad = [("INVALID", "country")];
        ann.post(BOOK, wrong()).await.refused(422, &bad);
        ann.call("PUT", &format!("{BOOK}/{kept}"), Some(wrong())).await.refused(422, &bad);
        let both = [("INVALID", "shipping_address.country"), ("INVALID", "billing_address.country")];
        ann.post("/orders", purchase_to(wrong(), wrong())).await.refused(422, &both);
    }
    let uk = ann.post(BOOK, address_in("uk", Some("SW1A 1AA"))).await;
    let message = uk.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.ends_with("did you mean GB?"), "{message}");
    assert_eq!(ann.post(BOOK, address_in("de", Some("10115"))).await.created()["country"], "DE");
    assert_eq!(ann.post(BOOK, address_in("xk", None)).await.created()["country"], "XK");
    let order = purchase_to(address_in("gb", Some("SW1A 1AA")), address_in("us", Some("62701")));
    let order = id(ann.post("/orders", order).await.created());
    assert_eq!(ann.order(&order).await.ok()["shipping_address"]["country"], "GB");
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_postal_code_is_needed_only_where_the_country_needs_one() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let ann = shop.member("ann", false).await;
    let kept = id(ann.keep_address("Springfield").await.created());
    let path = format!("{BOOK}/{kept}");
    ann.add_to_cart(&products[0], 1).await.ok();
    for country in ["US", "de", "GB", "JP"] {
        let bad = [("REQUIRED", "postal_code")];
        ann.post(BOOK, address_in(country, None)).await.refused(422, &bad);
        ann.call("PUT", &path, Some(address_in(country, None))).await.refused(422, &bad);
        let both =
            [("REQUIRED", "shipping_address.postal_code"), ("REQUIRED", "billing_address.postal_code")];
        let order = purchase_to(address_in(country, None), address_in(country, None));
        ann.post("/orders", order).await.refused(422, &both);
    }
    for country in ["HK", "AE", "PA", "IE"] {
        let body = ann.call("PUT", &path, Some(address_in(country, None))).await.ok().clone();
        assert!(body.get("postal_code").is_none(), "{body}");
        let given = ann.call("PUT", &path, Some(address_in(country, Some("00000")))).await;
        assert_eq!(given.ok()["postal_code"], "00000");
    }
    let order = purchase_to(address_in("HK", None), address_in("AE", None));
    let order = id(ann.post("/orders", order).await.created());
    shop.drain_queues().await;
    let shown = ann.order(&order).await;
    assert_eq!(shown.ok()["shipping_address"].get("postal_code"), None);
    assert_eq!(shown.ok()["status"], "delivered");
}

#[tokio::test(start_paused = true)]
async fn an_older_stored_address_is_shown_replaced_and_shipped_to() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let ann = shop.member("ann", false).await;
    let kept = id(ann.keep_address("Springfield").await.created());
    let book = format!("USER#{}", ann.id);
    plant(&shop, (&book, "ADDRESSES"), "SET addresses[0].address.#n = :v", "country", Some("ZZ")).await;
    assert_eq!(ann.get(BOOK).await.ok()[0]["country"], "ZZ");
    ann.keep_address("Shelbyville").await.created();
    let default = json!({ "type": "billing" });
    ann.call("PUT", &format!("{BOOK}/{kept}/default"), Some(default)).await.ok();
    ann.add_to_cart(&products[0], 1).await.ok();
    let order = id(ann.post("/orders", json!({ "payment_method": "pm_sandbox_ok" })).await.created());
    shop.drain_queues().await;
    let shown = ann.order(&order).await;
    assert_eq!(
        (&shown.ok()["shipping_address"]["country"], &shown.ok()["status"]),
        (&json!("ZZ"), &json!("delivered"))
    );
    let moved = address_in("US", Some("62701"));
    ann.call("PUT", &format!("{BOOK}/{kept}"), Some(moved)).await.ok();
}

async fn register(shop: &Shop, email: &str) -> Answer {
    let account = json!({ "name": "Ann Shopper", "email": email, "password": PASSWORD });
    shop.guest().post("/auth/register", account).await
}

async fn change_to(person: &Person, email: &str) -> Answer {
    let change = json!({ "email": email, "current_password": PASSWORD });
    person.call("PATCH", "/users/me", Some(change)).await
}

#[tokio::test(start_paused = true)]
async fn an_address_of_another_alphabet_is_one_account_however_it_is_spelt() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let ben = shop.member("ben", false).await;
    assert_eq!(register(&shop, "Ann@Köln.de").await.created()["user"]["email"], ASCII);
    let taken = [("EMAIL_TAKEN", "email")];
    for spelling in ["ann@köln.de", "ANN@KO\u{308}LN.DE", "ann@ｋöln。de", ASCII] {
        shop.guest().post("/auth/login", login(spelling, PASSWORD)).await.ok();
        shop.guest()
            .post("/auth/login", login(spelling, "a wrong password"))
            .await
            .refused(401, &[("UNAUTHENTICATED", "")]);
        register(&shop, spelling).await.refused(409, &taken);
        let account = json!({ "name": "Ann Shopper", "email": spelling, "password": PASSWORD });
        admin.post("/admin/users", account).await.refused(409, &[("EMAIL_TAKEN", "email")]);
        change_to(&ben, spelling).await.refused(409, &[("EMAIL_TAKEN", "email")]);
        shop.guest().post("/auth/password/forgot", json!({ "email": spelling })).await.data(202);
        shop.drain_queues().await;
    }
    let mails = shop.mails(ASCII);
    assert_eq!(mails.len(), 1 + 4, "a welcome, and a link each time: {mails:?}");
    assert_eq!(change_to(&ben, "ben@пример.рф").await.ok()["pending_email"], "ben@xn--e1afmkfd.xn--p1ai");
    shop.drain_queues().await;
    let link = shop.aws.mails_to("ben@xn--e1afmkfd.xn--p1ai")[0].link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": link })).await.data(204);
    shop.guest().post("/auth/login", login("ben@пример.рф", PASSWORD)).await.ok();
    let cat = json!({ "name": "Cat", "email": "cat@faß.de", "password": PASSWORD });
    assert_eq!(admin.post("/admin/users", cat).await.created()["email"], "cat@xn--fa-hia.de");
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_address_has_a_domain_that_the_dns_can_have() {
    let shop = Shop::open();
    let (ann, admin) = (shop.member("ann", false).await, shop.member("admin", true).await);
    let long = format!("a@{}.com", "b".repeat(64));
    for email in [
        "a@*.com",
        "a@b..c",
        "a@-x.com",
        "a@x-.com",
        "a@b_c.com",
        "a@127.0.0.1",
        "a@b.42",
        "a@xn--a.com",
        "é@b.co",
        &long,
    ] {
        let bad = [("INVALID", "email")];
        register(&shop, email).await.refused(422, &bad);
        let account = json!({ "name": "Ann Shopper", "email": email, "password": PASSWORD });
        admin.post("/admin/users", account).await.refused(422, &bad);
        change_to(&ann, email).await.refused(422, &bad);
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_odd_address_signs_in_and_stays() {
    for (number, odd) in ["a@*.com", "a@b.42", "ann@köln.de", "é@b.co"].into_iter().enumerate() {
        let shop = Shop::open();
        let ann = shop.member_at(odd, "ann", false).await;
        let signed_in = shop.log_in(odd).await;
        assert_eq!(signed_in.get("/users/me").await.ok()["email"], odd);
        // Sending the same address back, as a form does, is not a change.
        let profile = json!({ "name": "Ann Other", "email": odd });
        assert_eq!(ann.call("PATCH", "/users/me", Some(profile)).await.ok().get("pending_email"), None);
        let another = json!({ "current_password": PASSWORD, "new_password": "another battery staple" });
        ann.call("PUT", "/users/me/password", Some(another)).await.data(204);
        shop.guest().post("/auth/password/forgot", json!({ "email": odd })).await.data(202);
        shop.drain_queues().await;
        shop.guest().post("/auth/login", login(odd, "another battery staple")).await.ok();
        if number == 2 {
            // Both spellings are one mailbox: nobody else can take its ASCII form, but its owner can.
            for spelling in [odd, ASCII] {
                register(&shop, spelling).await.refused(409, &[("EMAIL_TAKEN", "email")]);
            }
            change_to(&shop.member("ben", false).await, ASCII)
                .await
                .refused(409, &[("EMAIL_TAKEN", "email")]);
            let change = json!({ "email": ASCII, "current_password": "another battery staple" });
            assert_eq!(ann.call("PATCH", "/users/me", Some(change)).await.ok()["pending_email"], ASCII);
            shop.drain_queues().await;
        }
        let farewell = json!({ "password": "another battery staple" });
        ann.call("DELETE", "/users/me", Some(farewell)).await.data(204);
        shop.drain_queues().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_whose_product_is_gone_keeps_its_name_and_says_why() {
    let (shop, products) =
        Shop::with_products(&[("lamp", 15_00, 9), ("desk", 99_00, 9), ("chair", 49_00, 1)]).await;
    let (seller, ann, ben) =
        (shop.find("seller").await, shop.member("ann", false).await, shop.member("ben", false).await);
    let [lamp, desk, chair] = [&products[0], &products[1], &products[2]];
    let guest = shop.guest_with_cart(lamp).await;
    for product in &products {
        ann.add_to_cart(product, 1).await.ok();
        ben.add_to_cart(product, 1).await.ok();
    }
    ben.remove_from_cart(lamp).await.ok();
    ben.remove_from_cart(desk).await.ok();
    ben.place_order().await.created();
    shop.drain_queues().await;
    let line = format!("p#{lamp}");
    plant(&shop, (&format!("CART#{}", ann.id), "CART"), "REMOVE #n.#name", &line, None).await;
    assert_eq!(name_of(&ann, lamp).await, "A lamp");
    seller.call("PATCH", &format!("/products/{lamp}"), Some(json!({ "is_active": false }))).await.ok();
    seller.call("DELETE", &format!("/products/{desk}"), None).await.data(204);

    assert_eq!(name_of(&ann, lamp).await, Value::Null, "an older line has no name");
    assert_eq!(name_of(&ann, desk).await, "A desk");
    let mut reasons = [
        (lamp, "NO_LONGER_SOLD", "no longer sold"),
        (desk, "NO_LONGER_SOLD", "no longer sold"),
        (chair, "OUT_OF_STOCK", "sold out"),
    ];
    reasons.sort_unstable();
    let says = |answer: &Answer| {
        let errors = answer.body["errors"].as_array().unwrap().iter();
        let texts =
            |error: &Value| ["field", "code", "message"].map(|name| error[name].as_str().unwrap().to_owned());
        errors.map(texts).collect::<Vec<_>>()
    };
    let expected: Vec<_> =
        reasons.iter().map(|(id, code, text)| [id.as_str(), code, text].map(str::to_owned)).collect();
    let refused = ann.place_order().await;
    assert_eq!(
        (refused.status, says(&refused), &refused.body["type"]),
        (409, expected.clone(), &json!("/problems/out-of-stock"))
    );
    let mut items = purchase();
    items["items"] = products.iter().map(|id| json!({ "product_id": id, "quantity": 1 })).collect();
    let refused = ann.call_with("POST", "/orders", &[("idempotency-key", "a")], Some(items)).await;
    assert_eq!((refused.status, says(&refused)), (409, expected));
    ann.remove_from_cart(chair).await.ok();
    assert_eq!(ann.place_order().await.body["type"], "/problems/no-longer-sold");

    // The guest's line has the name that the user's own line lacks.
    let with_cart = [("x-cart-token", guest.header("x-cart-token"))];
    shop.guest().call_with("POST", "/auth/login", &with_cart, Some(login(&ann.email, PASSWORD))).await.ok();
    assert_eq!(name_of(&ann, lamp).await, "A lamp");
    seller
        .call("PATCH", &format!("/products/{lamp}"), Some(json!({ "is_active": true, "name": "A torch" })))
        .await
        .ok();
    assert_eq!(name_of(&ann, lamp).await, "A torch", "what is sold has today's name");
}

async fn name_of(person: &Person, product: &str) -> Value {
    let cart = person.get("/cart").await;
    let line = cart.ok()["items"].as_array().unwrap().iter().find(|line| line["product_id"] == product);
    line.unwrap()["name"].clone()
}

#[tokio::test(start_paused = true)]
async fn products_of_a_closed_store_are_no_longer_sold() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    shop.may_leave_messages();
    let password = json!({ "password": PASSWORD });
    shop.find("seller").await.call("DELETE", "/users/me", Some(password)).await.data(204);
    ann.place_order().await.refused(409, &[("NO_LONGER_SOLD", &products[0])]);
    assert_eq!(name_of(&ann, &products[0]).await, "A lamp");
}
