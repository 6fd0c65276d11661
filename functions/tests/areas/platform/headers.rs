//! Headers: foreign ones in requests, those of every answer, and `HEAD`.

use serde_json::{Value, json};

use crate::shop::people::{PASSWORD, Person, login};
use crate::shop::world::{Answer, Shop};
use crate::tree;

/// Cookies of other sites on the same domain, and malformed ones.
const FOREIGN: [&str; 9] = [
    "city=Köln",
    "city=\u{85}\u{fffd}日本🚀",
    "refresh_token=ü",
    "cart=ü",
    "refresh_token=theirs",
    "cart=theirs",
    "cart",
    "=",
    "",
];

/// Sends a request. The gateway passes cookies as a list, or, as an emulator does, in a header.
async fn send(
    shop: &Shop,
    (method, path): (&str, &str),
    (cookies, as_list): (&[&str], bool),
    body: Option<Value>,
) -> Answer {
    let body = body.map(|body| body.to_string());
    let json = [("content-type", "application/json")];
    let mut event = shop.event(method, &format!("/api/v1{path}"), &json, body.as_deref());
    match as_list {
        true => event["cookies"] = json!(cookies),
        false => event["headers"]["cookie"] = json!(cookies.join("; ")),
    }
    shop.send_event(event).await.unwrap()
}

/// Our cookie at every place among foreign ones, as a list and as a header.
fn among(ours: &str) -> Vec<(Vec<String>, bool)> {
    let foreign = FOREIGN.map(str::to_owned);
    let orders = foreign
        .into_iter()
        .flat_map(|foreign| [vec![foreign.clone(), ours.to_owned()], vec![ours.to_owned(), foreign.clone()]]);
    let mut among: Vec<_> = orders.flat_map(|cookies| [(cookies.clone(), true), (cookies, false)]).collect();
    // A header cannot have this one; the gateway's list is text and can.
    among.push((vec!["broken=\u{7f}".to_owned(), ours.to_owned()], true));
    among
}

fn as_strs(cookies: &[String]) -> Vec<&str> {
    cookies.iter().map(String::as_str).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_is_refreshed_and_ended_by_its_cookie_among_any_others() {
    let shop = Shop::open();
    shop.member("ann", false).await;
    let ann = shop.find("ann").await;
    let answer = shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await;
    let mut token = answer.ok()["refresh_token"].as_str().unwrap().to_owned();
    for (cookies, as_list) in among(&format!("refresh_token={token}")) {
        let ours = |cookie: &String| cookie.len() > 60;
        let cookies: Vec<_> = cookies
            .into_iter()
            .map(|cookie| if ours(&cookie) { format!("refresh_token={token}") } else { cookie })
            .collect();
        let refreshed =
            send(&shop, ("POST", "/auth/refresh"), (&as_strs(&cookies), as_list), Some(json!({}))).await;
        assert_eq!(refreshed.status, 200, "{cookies:?}, as a list: {as_list}");
        let set = refreshed.cookies[0].split(';').next().unwrap();
        set.trim_start_matches("refresh_token=").clone_into(&mut token);
    }
    for (cookies, as_list) in among("refresh_token=ours") {
        let answer = shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await;
        let token = answer.ok()["refresh_token"].as_str().unwrap().to_owned();
        let cookies: Vec<_> =
            cookies.iter().map(|cookie| cookie.replace("=ours", &format!("={token}"))).collect();
        let out = send(&shop, ("POST", "/auth/logout"), (&as_strs(&cookies), as_list), None).await;
        assert_eq!(out.status, 204);
        let again = shop.guest().post("/auth/refresh", json!({ "refresh_token": token })).await;
        assert_eq!(again.status, 401, "it lives on after a logout with {cookies:?}, as a list: {as_list}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_keeps_the_cart_of_their_cookie_among_any_others() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let token = shop.guest().add_to_cart(&products[0], 1).await.headers["x-cart-token"].clone();
    let ours = format!("cart={token}");
    for (number, (cookies, as_list)) in among(&ours).into_iter().enumerate() {
        let cookies = as_strs(&cookies);
        let more = json!({ "product_id": products[0], "quantity": 1 });
        let added = send(&shop, ("POST", "/cart/items"), (&cookies, as_list), Some(more)).await;
        assert_eq!(added.status, 200, "{:#}", added.body);
        assert!(!added.headers.contains_key("x-cart-token"), "a new cart beside {cookies:?}");
        assert!(added.cookies[0].starts_with(&format!("{ours};")), "{:?}", added.cookies);
        let seen = send(&shop, ("GET", "/cart"), (&cookies, as_list), None).await;
        assert_eq!(seen.ok()["items"][0]["quantity"], number + 2, "{cookies:?}, as a list: {as_list}");
    }
}

/// A header with cookies, each of them written as RFC 6265 allows or as browsers read them.
fn forms(name: &str, value: &str) -> [String; 4] {
    [
        format!("{name}=\"{value}\""),
        format!("{name} = {value}"),
        format!(" {name}\t= \"{value}\" "),
        format!("{name}=\"\"; {name}=\"{value}\""),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_cookie_is_read_with_quotes_and_spaces() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let ann = shop.member("ann", false).await;
    let cart = shop.guest().add_to_cart(&products[0], 1).await.headers["x-cart-token"].clone();
    for cookie in forms("cart", &cart) {
        let seen = send(&shop, ("GET", "/cart"), (&[&cookie], false), None).await;
        assert_eq!(seen.ok()["items"][0]["quantity"], 1, "{cookie}");
    }
    for place in 0..4 {
        let signed_in = shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await;
        let token = signed_in.ok()["refresh_token"].as_str().unwrap().to_owned();
        let cookie = &forms("refresh_token", &token)[place];
        send(&shop, ("POST", "/auth/refresh"), (&[cookie], false), None).await.ok();
        send(&shop, ("POST", "/auth/logout"), (&[cookie], false), None).await.data(204);
        let ended = shop.guest().post("/auth/refresh", json!({ "refresh_token": token })).await;
        assert_eq!(ended.status, 401, "{cookie}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_carts_the_first_that_exists_counts() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90), ("desk", 99_00, 9)]).await;
    let lamp = &products[0];
    let open = async || shop.guest().add_to_cart(lamp, 1).await.headers["x-cart-token"].clone();
    let (ours, other, nobodys) = (open().await, open().await, ["x".repeat(43), "y".repeat(43)]);
    let cookies = |tokens: &[&String]| {
        tokens.iter().map(|token| format!("cart={token}")).collect::<Vec<_>>().join("; ")
    };
    let line = format!("/cart/items/{lamp}");
    for tokens in [
        vec![&nobodys[0], &ours],
        vec![&nobodys[0], &nobodys[1], &ours],
        vec![&nobodys[0], &nobodys[0], &nobodys[1], &ours],
        vec![&ours, &other],
        vec![&nobodys[1], &ours, &other],
    ] {
        let shown = cookies(&tokens);
        let with = async |method: &str, path: &str, body: Option<Value>| {
            shop.guest().call_with(method, path, &[("cookie", &shown)], body).await
        };
        assert_eq!(with("GET", "/cart", None).await.ok()["items"][0]["quantity"], 1, "{shown}");
        let item = json!({ "product_id": lamp, "quantity": 2 });
        for changed in [
            with("POST", "/cart/items", Some(item)).await,
            with("PATCH", &line, Some(json!({ "quantity": 4 }))).await,
            with("DELETE", &line, None).await,
            shop.guest_with_token(&ours).add_to_cart(&products[1], 1).await,
            with("DELETE", "/cart", None).await,
            with("POST", "/cart/items", Some(json!({ "product_id": lamp, "quantity": 1 }))).await,
        ] {
            assert!(matches!(changed.status, 200 | 204), "{shown}: {:#}", changed.body);
            let kept = changed.cookies.iter().all(|cookie| cookie.starts_with(&format!("cart={ours};")));
            assert!(kept && !changed.headers.contains_key("x-cart-token"), "{shown}: {:?}", changed.cookies);
        }
    }
    // A fourth cart is not looked at. The first of carts that do not exist is nobody's, too.
    let far: Vec<_> = ["a", "b", "c"].iter().map(|letter| letter.repeat(43)).chain([ours.clone()]).collect();
    let far = cookies(&far.iter().collect::<Vec<_>>());
    let empty = shop.guest().call_with("GET", "/cart", &[("cookie", &far)], None).await;
    assert_eq!(empty.ok()["items"], json!([]));
    // A login merges the cart that counts, and one cookie costs no additional read.
    let ann = shop.member("ann", false).await;
    let shown = cookies(&[&nobodys[0], &ours]);
    let account = Some(login(&ann.email, PASSWORD));
    shop.guest().call_with("POST", "/auth/login", &[("cookie", &shown)], account).await.ok();
    assert_eq!(ann.get("/cart").await.ok()["items"][0]["quantity"], 1);
    shop.aws.clear_calls();
    let one = cookies(&[&other]);
    shop.guest().call_with("GET", "/cart", &[("cookie", &one)], None).await.ok();
    let carts = shop.aws.calls().iter().filter(|call| format!("{:?}", call.info).contains("CART#")).count();
    assert_eq!(carts, 1);
}

#[tokio::test(start_paused = true)]
async fn of_several_refresh_tokens_the_first_that_can_be_exchanged_counts() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    shop.drain_queues().await;
    let signed_in = async || {
        let answer = shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await;
        answer.ok()["refresh_token"].as_str().unwrap().to_owned()
    };
    let refresh = async |tokens: &[&String]| {
        let cookies = tokens.iter().map(|token| format!("refresh_token={token}")).collect::<Vec<_>>();
        let answer = send(&shop, ("POST", "/auth/refresh"), (&[&cookies.join("; ")], false), None).await;
        let next = answer.cookies.first().map(|cookie| cookie.split([';', '=']).nth(1).unwrap().to_owned());
        (answer.status, next.unwrap_or_default())
    };
    let ended = signed_in().await;
    shop.guest().post("/auth/logout", json!({ "refresh_token": ended })).await.data(204);
    let old = signed_in().await;
    let (_, live) = refresh(&[&ended, &old]).await;
    shop.clock.advance(std::time::Duration::from_secs(11));
    // A browser that sends the present token beside an old one of the same session is not a thief.
    let (status, live) = refresh(&[&ended, &old, &live]).await;
    assert_eq!(status, 200);
    // The fourth is not looked at, and the old one alone is a sign of theft.
    let other = signed_in().await;
    let nobodys = ended.replace(".0.", ".1.");
    assert_eq!(refresh(&[&ended, &nobodys, &old, &other]).await.0, 401);
    assert_eq!(refresh(&[&live]).await.0, 401);
    assert_eq!(refresh(&[&other]).await.0, 200);
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email).last().unwrap(), "You were signed out on one device");
}

/// The sample event of a function. The test adds the headers.
fn sample(name: &str) -> Value {
    serde_json::from_str(&tree::read(&format!("events/{name}.json"))).unwrap()
}

/// Calls the route of a sample.
async fn call(person: &Person, method: &str, sample: &Value, headers: &[(&str, &str)]) -> Answer {
    let path = sample["rawPath"].as_str().unwrap().trim_start_matches("/api/v1");
    let body = sample["body"].as_str().map(|body| serde_json::from_str(body).unwrap());
    match sample["rawPath"].as_str().unwrap().starts_with("/api/v1") {
        true => person.call_with(method, path, headers, body).await,
        false => person.call_root(method, path, body).await,
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_beyond_ascii_causes_no_500_and_changes_no_answer() {
    let shop = Shop::open();
    shop.may_leave_messages();
    let admin = shop.member("admin", true).await;
    let odd = "ü\u{80}\u{9f}日本🚀";
    let ignored = ["accept", "cookie", "origin", "user-agent", "x-cart-token", "x-forwarded-for", "x-own"];
    let read = ["idempotency-key", "if-match", "if-none-match", "stripe-signature"];
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint().filter(|_| function.name != "delete-me") else { continue };
        let sample = sample(function.name);
        for name in ignored.iter().chain(&read) {
            let answer = call(&admin, endpoint.method, &sample, &[(name, odd)]).await;
            assert!(answer.status < 500, "{} with {name}: {}", function.name, answer.status);
        }
        let named = call(&admin, endpoint.method, &sample, &[("x-request-id", odd)]).await;
        assert_eq!(named.headers["x-request-id"], "gateway-1", "{}", function.name);
    }
    let guest = shop.guest();
    for token in ["ü", "Bearer ü", "Bearer ü.ü.ü", "ü Bearer"] {
        let refused = guest.call_with("GET", "/users/me", &[("authorization", token)], None).await;
        refused.refused(401, &[("UNAUTHENTICATED", "")]);
    }
    let key = [("idempotency-key", odd)];
    let refused = admin.call_with("POST", "/orders", &key, Some(crate::shop::people::purchase())).await;
    refused.refused(400, &[("MALFORMED", "")]);
    let kind = "application/json; note=\"ü\"";
    let body = json!({ "name": "Lamps" }).to_string();
    assert_eq!(admin.raw("POST", "/categories", kind, &body).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn an_entity_tag_beyond_ascii_hides_no_other() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let (guest, seller) = (shop.guest(), shop.find("seller").await);
    let path = format!("/products/{}", products[0]);
    let tag = guest.get(&path).await.headers["etag"].clone();
    for tags in [format!("\"ü\", {tag}"), format!("{tag},\"日本\""), format!("W/\"\u{9f}\", W/{tag}")] {
        let same = guest.call_with("GET", &path, &[("if-none-match", &tags)], None).await;
        assert_eq!(same.status, 304, "{tags}");
    }
    let edit = json!({ "brand": "Arc" });
    let stale = seller.call_with("PATCH", &path, &[("if-match", "\"ü\"")], Some(edit.clone())).await;
    stale.refused(412, &[("VERSION_MISMATCH", "")]);
    let tags = format!("\"ü\", {tag}");
    seller.call_with("PATCH", &path, &[("if-match", &tags)], Some(edit)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_its_cache_and_security_headers() {
    let shop = Shop::with_cache();
    shop.may_leave_messages();
    let admin = shop.member("admin", true).await;
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint() else { continue };
        for person in [&shop.guest(), &admin] {
            let answer = call(person, endpoint.method, &sample(function.name), &[]).await;
            let (name, status) = (function.name, answer.status);
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{name}");
            assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000", "{name}");
            let seconds = match endpoint.shared_for {
                _ if status != 200 => None,
                _ if name == "jwks" => Some(300),
                Some(life) => Some(life.as_secs()),
                None => endpoint.shared.then_some(5),
            };
            let kept = seconds.map(|seconds| format!("public, max-age={seconds}"));
            let kept = kept.unwrap_or_else(|| "no-store".to_owned());
            assert_eq!(answer.headers["cache-control"], kept, "{name}: {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_304_has_the_headers_of_the_200() {
    let shop = Shop::with_cache();
    let ann = shop.member("ann", false).await;
    for (path, kept) in [("/categories", "public, max-age=5"), ("/users/me", "no-store")] {
        let first = ann.get(path).await;
        let same = [("if-none-match", first.headers["etag"].as_str())];
        for method in ["GET", "HEAD"] {
            let again = ann.call_with(method, path, &same, None).await;
            assert_eq!((again.status, &again.body), (304, &Value::Null), "{method} {path}");
            assert_eq!(again.headers["cache-control"], kept, "{method} {path}");
            assert_eq!(again.headers["etag"], first.headers["etag"], "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn head_answers_what_get_does_without_the_body() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    shop.may_leave_messages();
    let people = [shop.guest(), shop.find("seller").await, shop.member("admin", true).await];
    let mut succeeded = 0;
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint().filter(|endpoint| endpoint.method == "GET") else {
            continue;
        };
        let there = sample(function.name).to_string().replace("prd_00000000000000000000000000", &products[0]);
        for sample in [serde_json::from_str(&there).unwrap(), sample(function.name)] {
            for person in &people {
                let get = call(person, "GET", &sample, &[]).await;
                let head = call(person, "HEAD", &sample, &[]).await;
                assert_eq!((head.status, &head.body), (get.status, &Value::Null), "{}", endpoint.path);
                let mut headers = head.headers.clone();
                let length = headers.remove("content-length").unwrap_or_default();
                assert_eq!(headers, get.headers, "{}", endpoint.path);
                assert_eq!(length, get.body_bytes.to_string(), "{}", endpoint.path);
                succeeded += u32::from(get.status == 200);
            }
        }
    }
    assert!(succeeded > 30, "{succeeded}");
    let limited = Shop::with_limits();
    for request in 0..60 {
        let method = if request % 2 == 0 { "GET" } else { "HEAD" };
        assert_eq!(limited.guest().call(method, "/products", None).await.status, 200);
    }
    let refused = limited.guest().call("HEAD", "/products", None).await;
    assert_eq!((refused.status, &refused.body), (429, &Value::Null));
    assert!(refused.headers.contains_key("retry-after"));
    for (method, path, status) in [("HEAD", "/nowhere", 404), ("HEAD", "/auth/login", 405)] {
        let answer = shop.guest().call(method, path, None).await;
        assert_eq!((answer.status, &answer.body), (status, &Value::Null), "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}
