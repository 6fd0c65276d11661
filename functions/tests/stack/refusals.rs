//! Refused requests get problems of the contract, and unusual ones are accepted.

use serde_json::json;

use super::people::{shared, text};

#[test]
fn an_unknown_route_is_answered_with_a_problem_of_the_contract() {
    let anyone = shared().anyone();
    for (method, path) in [("GET", "/nowhere"), ("GET", "/cart/")] {
        anyone.send(method, path, "", None).refused(404, &[("NOT_FOUND", None)]);
    }
    let patch = anyone.send("PATCH", "/orders", "", None);
    patch.refused(405, &[("METHOD_NOT_ALLOWED", None)]);
    assert_eq!(patch.header("allow"), "GET, HEAD, POST");
    let id = anyone.with("x-request-id", "mine-1").get("/nowhere");
    assert_eq!(id.header("x-request-id"), "mine-1");
}

#[test]
fn a_body_that_cannot_be_read_says_why() {
    let shop = shared();
    let send = |content_type: &str, body: &str| {
        shop.anyone().send("POST", "/auth/register", content_type, Some(body))
    };
    send("application/json", "{").refused(400, &[("MALFORMED", None)]);
    send("text/plain", "{}").refused(415, &[("UNSUPPORTED_MEDIA_TYPE", None)]);
    let long = json!({ "name": "a".repeat(70_000) }).to_string();
    send("application/json", &long).refused(413, &[("TOO_LARGE", None)]);
    let wrong = json!({ "name": "A", "email": "ann", "password": "short", "is_admin": true }).to_string();
    send("application/json", &wrong).refused(
        422,
        &[
            ("UNKNOWN_FIELD", Some("is_admin")),
            ("TOO_SHORT", Some("name")),
            ("INVALID", Some("email")),
            ("TOO_SHORT", Some("password")),
        ],
    );
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let anyone = shared().anyone();
    let register =
        |bytes: &[u8]| anyone.send_bytes("POST", "/auth/register", "application/json", Some(bytes));
    let account = |name: &[u8]| {
        let rest = br#"", "email": "latin@example.com", "password": "correct horse battery"}"#;
        [br#"{"name": ""#, name, rest].concat()
    };
    for name in [&b"K\xf6ln"[..], b"K\xc3", b"\xed\xa0\x80"] {
        register(&account(name)).refused(422, &[("INVALID", Some("name"))]);
    }
    anyone.get("/products?limit=%FF").refused(422, &[("INVALID", Some("limit"))]);
    anyone.get("/products?category_id=%C3%28").refused(422, &[("INVALID", Some("category_id"))]);
    for path in ["/products/%FF", "/products/%C3%28", "/products/%00", "/%FF", "/products/%ED%A0%80/reviews"]
    {
        anyone.get(path).refused(404, &[("NOT_FOUND", None)]);
    }
    let marked = [b"\xef\xbb\xbf".as_slice(), br#"{"email": "nobody@example.com"}"#].concat();
    let sent = anyone.send_bytes("POST", "/auth/password/forgot", "application/json", Some(&marked));
    assert_eq!(sent.status, 202, "{}", sent.body);
}

#[test]
fn a_caller_without_the_right_is_refused() {
    let shop = shared();
    let nobody = shop.anyone().with("authorization", "Bearer put-an-access-token-here");
    for path in ["/cart", "/orders/ord_00000000000000000000000000"] {
        nobody.get(path).refused(401, &[("UNAUTHENTICATED", None)]);
    }
    let ann = shop.register("ann");
    ann.post("/categories", &json!({ "name": "Mine" })).refused(403, &[("FORBIDDEN", None)]);
    ann.check_out().refused(409, &[("CART_EMPTY", None)]);
    let taken = json!({ "name": "Ann", "email": ann.email, "password": super::people::PASSWORD });
    shop.anyone().post("/auth/register", &taken).refused(409, &[("EMAIL_TAKEN", Some("email"))]);
    let wrong = json!({ "email": ann.email, "password": "battery staple" });
    shop.anyone().post("/auth/login", &wrong).refused(401, &[("UNAUTHENTICATED", None)]);
}

#[test]
fn a_browser_may_ask_from_the_shops_own_origin_alone() {
    let preflight = |origin: &str| {
        let browser = shared().anyone().with("origin", origin).with("access-control-request-method", "POST");
        browser
            .with("access-control-request-headers", "content-type,idempotency-key")
            .send("OPTIONS", "/orders", "", None)
    };
    let answer = preflight("http://localhost:5173");
    assert!((200..300).contains(&answer.status), "{}", answer.status);
    assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:5173");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(text(&json!(answer.header("access-control-allow-headers"))).contains("idempotency-key"));
    assert!(!preflight("https://elsewhere.example").headers.contains_key("access-control-allow-origin"));
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let anyone = shared().anyone();
    for (path, status) in
        [("/categories", 200), ("/users/me", 401), ("/nowhere", 404), ("/orders/ord_1", 401)]
    {
        let (get, head) = (anyone.get(path), anyone.send("HEAD", path, "", None));
        assert_eq!((head.status, head.body.as_str()), (status, ""), "{path}");
        for name in ["content-length", "content-type", "cache-control", "strict-transport-security"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let path = format!("/products/{}", shared().product(1));
    let tag = anyone.get(&path).header("etag").to_owned();
    let same = anyone.with("if-none-match", tag).send("HEAD", &path, "", None);
    assert_eq!((same.status, same.body.as_str()), (304, ""));
}

#[test]
fn a_cookie_that_is_not_ascii_leaves_ours_in_force() {
    let shop = shared();
    let ann = shop.register("ann");
    let cookies = format!("city=Köln; refresh_token={}", ann.refresh);
    let out = shop.anyone().with("cookie", cookies).send("POST", "/auth/logout", "", None);
    assert_eq!(out.status, 204);
    let again = shop.anyone().post("/auth/refresh", &json!({ "refresh_token": ann.refresh }));
    again.refused(401, &[("UNAUTHENTICATED", None)]);
}
