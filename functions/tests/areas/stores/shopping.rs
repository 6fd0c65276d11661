//! Accounts, stores, products and carts, used rightly and wrongly.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shop::people::{PASSWORD, Person};
use crate::shop::world::{Shop, together};

#[tokio::test(start_paused = true)]
async fn every_bad_field_of_a_registration_is_named_at_once() {
    let shop = Shop::open();
    let body = json!({
        "name": "A", "email": "nobody", "password": "short", "is_admin": true,
        "token_delivery": "pigeon",
    });
    shop.guest().post("/auth/register", body).await.refused(
        422,
        &[
            ("UNKNOWN_FIELD", "is_admin"),
            ("TOO_SHORT", "name"),
            ("INVALID", "email"),
            ("TOO_SHORT", "password"),
            ("INVALID", "token_delivery"),
        ],
    );
    let required = [("REQUIRED", "name"), ("REQUIRED", "email"), ("REQUIRED", "password")];
    shop.guest().post("/auth/register", json!({})).await.refused(422, &required);
}

#[tokio::test(start_paused = true)]
async fn one_of_many_registrations_with_one_address_succeeds() {
    let shop = Shop::open();
    shop.aws.interleave_by(5);
    let guest = shop.guest();
    let account = |email: &str| json!({ "name": "Ann", "email": email, "password": PASSWORD });
    let emails = ["ann@example.com", " Ann@Example.com", "ANN@EXAMPLE.COM "].iter().cycle().take(50);
    let answers = together(emails.map(|email| guest.post("/auth/register", account(email)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(409, &[("EMAIL_TAKEN", "email")]);
    }
    shop.drain_queues().await;
    assert_eq!(shop.mails("ann@example.com"), ["Welcome to the shop"]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_and_a_wrong_password_look_alike() {
    let shop = Shop::open();
    shop.shopper("ann").await;
    shop.drain_queues().await;
    let login = |email: &str, password: &str| json!({ "email": email, "password": password });
    let wrong = shop.guest().post("/auth/login", login("ann@example.com", "not the password")).await;
    let unknown = shop.guest().post("/auth/login", login("bob@example.com", PASSWORD)).await;
    wrong.refused(401, &[("UNAUTHENTICATED", "")]);
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    assert_eq!(wrong.headers["www-authenticate"], "Bearer");
}

#[tokio::test(start_paused = true)]
async fn a_browser_gets_its_refresh_token_in_a_cookie_that_no_script_reads() {
    let shop = Shop::open();
    let account = json!({
        "name": "Ann", "email": "ann@example.com", "password": PASSWORD, "token_delivery": "cookie",
    });
    let answer = shop.guest().post("/auth/register", account).await;
    assert_eq!(answer.created()["refresh_token"], Value::Null);
    let [cookie] = answer.cookies.as_slice() else { panic!("{:?}", answer.cookies) };
    assert!(cookie.starts_with("refresh_token=usr_"));
    assert!(cookie.ends_with("; HttpOnly; Secure; SameSite=Strict; Path=/api/v1/auth; Max-Age=604800"));
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn every_bad_token_is_refused_with_the_same_body() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let good = ann.header("authorization");
    let none = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAifQ.";
    for bad in ["Bearer x", "Basic abc", "", none, &format!("{good}x"), &good.replace("Bearer ", "Bearer x")]
    {
        for (method, path) in
            [("POST", "/stores"), ("GET", "/cart"), ("GET", "/orders/ord_00000000000000000000000000")]
        {
            let answer =
                shop.guest().call_with(method, path, &[("authorization", bad)], Some(json!({}))).await;
            answer.refused(401, &[("UNAUTHENTICATED", "")]);
            assert_eq!(answer.body["detail"], "A valid access token is needed.");
        }
    }
    shop.clock.advance(std::time::Duration::from_mins(15));
    ann.get("/cart").await.refused(401, &[("UNAUTHENTICATED", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_user_has_one_store_and_a_name_belongs_to_one_store() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    ann.open_store("Lamps").await;
    ann.post("/stores", json!({ "name": "More lamps" })).await.refused(409, &[("STORE_EXISTS", "")]);
    ben.post("/stores", json!({ "name": " lamps " })).await.refused(409, &[("NAME_TAKEN", "name")]);
    ben.post("/stores", json!({ "name": "Desks", "fulfilment": "manual" })).await.created();
}

#[tokio::test(start_paused = true)]
async fn a_product_is_refused_with_every_reason() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let seller = shop.find("seller").await;
    let category = shop.guest().get(&format!("/products/{}", products[0])).await.ok()["category_id"].clone();
    let product = |sku: &str, amount: i64, currency: &str| {
        json!({
            "name": "Lamp", "sku": sku, "price": { "amount": amount, "currency": currency },
            "category_id": category, "stock": 1,
        })
    };
    seller.post("/products", product("LAMP", 1, "USD")).await.refused(409, &[("SKU_TAKEN", "sku")]);
    seller.post("/products", product("b", 0, "USD")).await.refused(422, &[("OUT_OF_RANGE", "price.amount")]);
    seller.post("/products", product("b", -5, "USD")).await.refused(422, &[("OUT_OF_RANGE", "price.amount")]);
    seller
        .post("/products", product("b", i64::MAX, "USD"))
        .await
        .refused(422, &[("OUT_OF_RANGE", "price.amount")]);
    seller.post("/products", product("b", 5, "EUR")).await.refused(422, &[("INVALID", "price.currency")]);
    let mut missing = product("b", 5, "USD");
    missing["category_id"] = json!("cat_00000000000000000000000000");
    missing["stock"] = json!(-1);
    seller.post("/products", missing.clone()).await.refused(422, &[("OUT_OF_RANGE", "stock")]);
    missing["stock"] = json!(1);
    seller.post("/products", missing).await.refused(422, &[("INVALID", "category_id")]);
    let float = json!({
        "name": "Lamp", "sku": "b", "price": { "amount": 19.99, "currency": "USD" },
        "category_id": category, "stock": 1,
    });
    seller.post("/products", float).await.refused(422, &[("INVALID", "price.amount")]);
}

#[tokio::test(start_paused = true)]
async fn walking_the_pages_shows_every_product_once_newest_first() {
    let names: Vec<_> = (0..23).map(|number| format!("lamp{number:02}")).collect();
    let products: Vec<_> = names.iter().map(|name| (name.as_str(), 1_00, 1)).collect();
    let (shop, made) = Shop::with_products(&products).await;
    for limit in [1, 7, 23, 100] {
        let mut seen = Vec::new();
        let mut path = format!("/products?limit={limit}");
        loop {
            let answer = shop.guest().get(&path).await;
            seen.extend(
                answer.ok().as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = answer.body["meta"]["pagination"]["next_cursor"].as_str() else { break };
            path = format!("/products?limit={limit}&cursor={next}");
        }
        let all: BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), all.len()), (made.len(), made.len()), "limit {limit}");
    }
    for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("limit=1000000000", "limit")] {
        shop.guest().get(&format!("/products?{query}")).await.refused(422, &[("OUT_OF_RANGE", field)]);
    }
    shop.guest()
        .get("/products?limit=x&page=2")
        .await
        .refused(422, &[("UNKNOWN_FIELD", "page"), ("INVALID", "limit")]);
    shop.guest().get("/products?cursor=abc").await.refused(400, &[("MALFORMED", "cursor")]);
    let cursor =
        shop.guest().get("/products?limit=1").await.body["meta"]["pagination"]["next_cursor"].clone();
    let foreign = format!("/categories?cursor={}", cursor.as_str().unwrap());
    shop.guest().get(&foreign).await.refused(400, &[("MALFORMED", "cursor")]);
}

#[tokio::test(start_paused = true)]
async fn a_guest_gets_a_cart_with_a_token_that_nobody_can_guess() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let guest = shop.guest();
    assert_eq!(guest.get("/cart").await.ok()["items"], json!([]));
    let added = guest.add_to_cart(&products[0], 2).await;
    let token = added.headers["x-cart-token"].clone();
    assert_eq!(token.len(), 43);
    assert!(added.cookies[0].starts_with(&format!("cart={token}; HttpOnly; Secure;")));

    let lines = |answer: &crate::shop::world::Answer| answer.ok()["items"].as_array().unwrap().len();
    let cookie = format!("theme=dark; cart={token}");
    for header in [("x-cart-token", token.as_str()), ("cookie", cookie.as_str())] {
        assert_eq!(lines(&guest.call_with("GET", "/cart", &[header], None).await), 1);
    }
    for header in [("x-cart-token", "1"), ("cookie", "cart=1"), ("x-cart-token", "../USER")] {
        assert_eq!(lines(&guest.call_with("GET", "/cart", &[header], None).await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cart_holds_99_of_50_products_and_no_more() {
    let names: Vec<_> = (0..51).map(|number| format!("lamp{number:02}")).collect();
    let products: Vec<_> = names.iter().map(|name| (name.as_str(), 1_00, 500)).collect();
    let (shop, products) = Shop::with_products(&products).await;
    let ann = shop.member("ann", false).await;
    for product in &products[..50] {
        ann.add_to_cart(product, 60).await.ok();
    }
    ann.add_to_cart(&products[50], 1).await.refused(409, &[("CART_FULL", "")]);
    ann.add_to_cart(&products[0], 40).await.refused(422, &[("OUT_OF_RANGE", "quantity")]);
    let cart = ann.add_to_cart(&products[0], 39).await.ok().clone();
    let line =
        cart["items"].as_array().unwrap().iter().find(|line| line["product_id"] == products[0].as_str());
    assert_eq!(line.unwrap()["quantity"], 99);
    for quantity in [0, -1, 100, 1_000_000_000] {
        ann.add_to_cart(&products[0], quantity).await.refused(422, &[("OUT_OF_RANGE", "quantity")]);
    }
    ann.add_to_cart("prd_00000000000000000000000000", 1).await.refused(404, &[("NOT_FOUND", "")]);
    ann.place_order().await.created();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_adds_all_count() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 99)]).await;
    let ann = shop.member("ann", false).await;
    shop.aws.interleave_by(9);
    together((0..20).map(|_| ann.add_to_cart(&products[0], 1))).await;
    assert_eq!(ann.get("/cart").await.ok()["items"][0]["quantity"], 20);
}

#[tokio::test(start_paused = true)]
async fn a_checkout_is_refused_with_every_reason() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3), ("desk", 99_00, 1)]).await;
    let ann = shop.member("ann", false).await;
    ann.place_order().await.refused(409, &[("CART_EMPTY", "")]);
    ann.post("/orders", json!({ "shipping_address": { "name": "Ann", "country": "usa" } })).await.refused(
        422,
        &[
            ("REQUIRED", "shipping_address.phone"),
            ("REQUIRED", "shipping_address.street1"),
            ("REQUIRED", "shipping_address.city"),
            ("INVALID", "shipping_address.country"),
            ("REQUIRED", "payment_method"),
        ],
    );
    ann.add_to_cart(&products[0], 4).await.ok();
    ann.add_to_cart(&products[1], 2).await.ok();
    let mut short = [("OUT_OF_STOCK", products[0].as_str()), ("OUT_OF_STOCK", products[1].as_str())];
    short.sort_unstable();
    ann.place_order().await.refused(409, &short);
    let view = ann.get("/cart").await;
    assert!(view.ok()["items"].as_array().unwrap().iter().all(|line| line["short"] == true));

    let ben = shop.member("ben", false).await;
    ben.add_to_cart(&products[0], 1).await.ok();
    let mut dear = crate::shop::people::purchase();
    dear["expected_total"] = json!({ "amount": 1, "currency": "USD" });
    ben.post("/orders", dear).await.refused(409, &[("CART_CHANGED", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_read_says_why() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let raw = |content_type: &'static str, body: String| {
        let ann: Person = ann.clone();
        async move { ann.raw("POST", "/stores", content_type, &body).await }
    };
    raw("application/json", "{".to_owned()).await.refused(400, &[("MALFORMED", "")]);
    raw("text/plain", "{}".to_owned()).await.refused(415, &[("UNSUPPORTED_MEDIA_TYPE", "")]);
    raw("application/json", format!("\"{}\"", "x".repeat(65 * 1024)))
        .await
        .refused(413, &[("TOO_LARGE", "")]);
    raw("application/json; charset=utf-8", "[]".to_owned()).await.refused(422, &[("INVALID", "")]);
    let deep = raw("application/json", "[".repeat(10_000)).await;
    deep.refused(400, &[("MALFORMED", &format!("{}[0…", "[0]".repeat(66)))]);
    let nul = json!({ "name": "a\0b" });
    ann.post("/stores", nul).await.refused(422, &[("INVALID", "name")]);
    ann.get("/nowhere").await.refused(404, &[("NOT_FOUND", "")]);
    let deleted = ann.call("DELETE", "/products", None).await;
    deleted.refused(405, &[("METHOD_NOT_ALLOWED", "")]);
    assert_eq!(deleted.headers["allow"], "GET, HEAD, POST");
    let page = "/products/prd_00000000000000000000000000";
    assert_eq!(ann.call("POST", page, None).await.headers["allow"], "DELETE, GET, HEAD, PATCH");
    ann.call("POST", &format!("{page}/"), None).await.refused(404, &[("NOT_FOUND", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_valid_request_id_is_used_and_another_is_replaced() {
    let shop = Shop::open();
    for (sent, expected) in [("my-request.1", "my-request.1"), ("no spaces", "gateway-1"), ("", "gateway-1")]
    {
        let answer = shop.guest().call_with("GET", "/products", &[("x-request-id", sent)], None).await;
        assert_eq!(answer.headers["x-request-id"], expected);
        assert_eq!(answer.body["meta"]["request_id"], expected);
    }
}

#[tokio::test(start_paused = true)]
async fn no_header_and_no_path_is_too_odd_for_an_answer() {
    let shop = Shop::open();
    for (name, value) in [("x-forwarded-proto", "::"), ("host", "a b"), ("host", "[::"), ("cookie", ";=;")] {
        shop.guest().call_with("GET", "/products?limit=1", &[(name, value)], None).await.ok();
    }
    for path in ["/products?q=<a b>", "/products?limit=\u{0}"] {
        assert_eq!(shop.guest().get(path).await.status, 422, "{path}");
    }
    for path in ["/products/a b", "/products/é", "/products/\u{0}", "//", "/\\"] {
        assert_eq!(shop.guest().get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_user_signs_in_and_buys_while_reads_lag() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    shop.aws.set_lag(testkit::Lag::UntilCaughtUp);
    shop.shopper("ann").await;
    let ann = shop.log_in("ann@example.com").await;
    ann.add_to_cart(&products[0], 1).await.ok();
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    ann.order(&order).await.ok();
    shop.aws.catch_up();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_order_is_not_sent_twice() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    let order = format!("/orders/{}", ann.place_order().await.created()["id"].as_str().unwrap());
    let tag = ann.get(&order).await.headers["etag"].clone();
    let again = ann.call_with("GET", &order, &[("if-none-match", &tag)], None).await;
    assert_eq!((again.status, again.body), (304, Value::Null));
    shop.drain_queues().await;
    assert_eq!(ann.call_with("GET", &order, &[("if-none-match", &tag)], None).await.status, 200);
}
