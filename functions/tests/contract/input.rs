//! Input of the wrong kind: every field of every body and every query parameter of the contract is refused in
//! our own words.

mod contract;

use serde_json::{Map, Value, json};

use crate::shop::people::{PASSWORD, address};
use crate::shop::world::Shop;
use contract::{Contract, Field, Stocked, bodies, in_our_words, kinds, names, put, wrong};

#[tokio::test(start_paused = true)]
async fn every_wrong_kind_of_value_is_refused_by_name_in_our_words() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let mut tried = 0;
    for (method, operation, fields) in bodies(&contract) {
        let (path, sample) = stocked.sample(&operation);
        for field in &fields {
            for value in wrong(field) {
                let mut body = sample.clone();
                put(&mut body, &field.path, value.clone());
                let answer = stocked.admin.call_root(&method, &path, Some(body)).await;
                names(&answer, &field.path, &format!("{operation}: {} = {value}", field.path));
                tried += 1;
            }
        }
        for value in [json!(null), json!(true), json!(28), json!("text"), json!([])] {
            let answer = stocked.raw(&method, &path, &value.to_string()).await;
            names(&answer, "", &format!("{operation}: {value}"));
        }
    }
    assert!(tried > 700, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn missing_unknown_and_repeated_fields_are_named_in_our_words() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    for (method, operation, fields) in bodies(&contract) {
        let (path, sample) = stocked.sample(&operation);
        for Field { path: field, schema, required, .. } in &fields {
            let what = format!("{operation}: {field}");
            let (above, name) = field.rsplit_once('.').unwrap_or(("", field));
            if *required {
                let mut body = sample.clone();
                put(&mut body, field, Value::Null);
                let pointer = format!("/{}", above.replace('.', "/").replace("[0]", "/0"));
                let object = if above.is_empty() { Some(&mut body) } else { body.pointer_mut(&pointer) };
                object.unwrap().as_object_mut().unwrap().remove(name);
                let answer = stocked.admin.call_root(&method, &path, Some(body)).await;
                assert_eq!(names(&answer, field, &what)["code"], "REQUIRED", "{what}");
            }
            if kinds(schema).contains(&"object") {
                let (mut body, unknown) = (sample.clone(), format!("{field}.gift"));
                put(&mut body, &unknown, json!(true));
                let answer = stocked.admin.call_root(&method, &path, Some(body)).await;
                // The names of options are the seller's own, so only the value is wrong.
                let is_map = schema.get("patternProperties").is_some();
                let code = if is_map { "INVALID" } else { "UNKNOWN_FIELD" };
                assert_eq!(names(&answer, &unknown, &what)["code"], code, "{what}");
            }
            if above.is_empty() && !name.ends_with(']') {
                let value = sample.get(name).unwrap_or(&Value::Null);
                let answer =
                    stocked.raw(&method, &path, &format!("{{\"{name}\":{value},\"{name}\":{value}}}")).await;
                names(&answer, name, &what);
            }
        }
        let mut body = sample.clone();
        put(&mut body, "gift", json!(true));
        let answer = stocked.admin.call_root(&method, &path, Some(body)).await;
        let told = names(&answer, "gift", &operation);
        let known = fields.iter().filter(|field| !field.path.contains(['.', '[']));
        for field in known {
            assert!(told["message"].as_str().unwrap().contains(&field.path), "{operation}: {told}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_json_is_refused_in_our_words_with_the_place() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let deep = "[".repeat(200);
    for (method, operation, fields) in bodies(&contract) {
        let (path, _) = stocked.sample(&operation);
        let first = fields.iter().map(|field| &field.path).find(|path| !path.contains(['.', '['])).unwrap();
        for (rest, status, code) in [
            ("nul}", 400, "MALFORMED"),
            ("01}", 400, "MALFORMED"),
            ("\"a\nb\"}", 400, "MALFORMED"),
            ("\"\\x\"}", 400, "MALFORMED"),
            (deep.as_str(), 400, "MALFORMED"),
            ("\"\\ud800\"}", 422, "INVALID"),
            ("\"\\ud800\\u0041\"}", 422, "INVALID"),
            ("\"\u{fffd}\"}", 422, "INVALID"),
        ] {
            let what = format!("{operation}: {rest:.20}");
            let answer = stocked.raw(&method, &path, &format!("{{\"{first}\":{rest}")).await;
            in_our_words(&answer, &what);
            assert_eq!(answer.status, status, "{what}: {:#}", answer.body);
            let mut errors = answer.body["errors"].as_array().unwrap().iter();
            let names = |error: &Value| error["field"].as_str().unwrap_or_default().starts_with(first);
            assert!(errors.any(|error| error["code"] == code && names(error)), "{what}: {:#}", answer.body);
        }
        for text in
            ["{} {}", "{\"a\"}", "{a: 1}", "{\"a\": 1,}", "{'a': 1}", "{\"a\": 19.99", "{\"a\": 19,99}"]
        {
            let answer = stocked.raw(&method, &path, text).await;
            in_our_words(&answer, text);
            assert_eq!(
                (answer.status, &answer.body["errors"][0]["code"]),
                (400, &json!("MALFORMED")),
                "{text}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_query_parameter_is_refused_by_name_or_left_out_when_empty() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let mut tried = 0;
    for (method, operation, described) in contract.operations() {
        let parameters = described["parameters"].as_array().unwrap().iter();
        let query: Vec<_> = parameters.filter(|parameter| parameter["in"] == "query").collect();
        let (path, _) = stocked.sample(&operation);
        for parameter in &query {
            let name = parameter["name"].as_str().unwrap();
            let get =
                async |query: &str| stocked.admin.call_root(&method, &format!("{path}?{query}"), None).await;
            let (schema, _) = contract.resolved(&parameter["schema"]);
            // The pattern of a free text refuses only control characters.
            let is_free = schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("u0000"));
            let is_list = schema["type"] == "array";
            // A bad entry of a list is named by its place.
            let refused = if is_list { format!("{name}[0]") } else { name.to_owned() };
            let odd: &[&str] = match (
                kinds(schema)[0],
                schema.get("enum").or(schema.get("oneOf")).or(schema.get("pattern")),
            ) {
                ("integer", _) => {
                    &["many", "0.5", "1e300", "-99999999999999999999", "0x10", "%FF", "[]", "null"]
                }
                ("boolean", _) => &["maybe", "1", "%FF", "null"],
                // A cursor is opaque: one that is not of this list is malformed.
                ("string", Some(_)) if name == "cursor" || is_free => &["%FF"],
                ("array", _) | ("string", Some(_)) => &["nowhere", "%FF", "7"],
                _ => &["%FF"],
            };
            for odd in odd {
                let what = format!("{operation}: {name}={odd}");
                names(&get(&format!("{name}={odd}")).await, &refused, &what);
                tried += 1;
            }
            for twice in [format!("{name}=1&{name}=2"), format!("{name}=1&{name}=1")] {
                names(&get(&twice).await, &refused, &format!("{operation}: {twice}"));
            }
            let without = get("").await;
            for empty in
                [format!("{name}="), name.to_owned(), format!("{name}=%20"), format!("{name}=&{name}=")]
            {
                let answer = get(&empty).await;
                assert_eq!(
                    (answer.status, &answer.body["data"]),
                    (200, &without.body["data"]),
                    "{operation}: {empty}"
                );
            }
            let told = names(&get("gift=1").await, "gift", &operation);
            assert!(told["message"].as_str().unwrap().contains(name), "{operation}: {told}");
            names(&get("%FF=1").await, "\u{fffd}", &operation);
        }
    }
    assert!(tried > 50, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_not_an_id_is_missing_whatever_its_bytes_are() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    for (method, operation, _) in contract.operations() {
        let (path, body) = stocked.sample(&operation);
        let ids = stocked.ids.iter().map(|(_, id)| id).filter(|id| path.contains(id.as_str()));
        for id in ids {
            for odd in ["%FF", "\u{fffd}", "%00", "x", "%C3%28"] {
                let path = path.replace(id, odd);
                let body = (method != "GET").then(|| body.clone());
                let answer = stocked.admin.call_root(&method, &path, body).await;
                assert_eq!(answer.status, 404, "{operation}: {path}: {:#}", answer.body);
                in_our_words(&answer, &path);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_optional_field_is_left_out() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let mut tried = 0;
    for (method, operation, fields) in bodies(&contract) {
        let (path, sample) = stocked.sample(&operation);
        for field in fields.iter().filter(|field| field.nullable) {
            // Each request may change the shop, so both find the same state, and only the refusals are
            // compared.
            for blank in ["", "  ", "\r\n", "\u{200b}"] {
                let (mut empty, mut null) = (sample.clone(), sample.clone());
                put(&mut empty, &field.path, json!(blank));
                put(&mut null, &field.path, Value::Null);
                // An unknown field makes both fail before anything is changed.
                put(&mut empty, "gift", json!(1));
                put(&mut null, "gift", json!(1));
                let empty = stocked.admin.call_root(&method, &path, Some(empty)).await;
                let null = stocked.admin.call_root(&method, &path, Some(null)).await;
                assert_eq!(
                    empty.body["errors"], null.body["errors"],
                    "{operation}: {} = {blank:?}",
                    field.path
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn null_or_an_empty_text_clears_only_what_may_be_missing() {
    let stocked = Stocked::open().await;
    let Stocked { admin, ids, .. } = &stocked;
    let id = |prefix: &str| ids.iter().find(|(known, _)| *known == prefix).unwrap().1.clone();
    let (product, store) = (format!("/products/{}", id("prd_")), format!("/stores/{}", id("sto_")));
    let change = async |path: &str, change: Value| admin.call("PATCH", path, Some(change)).await;
    for nothing in [Value::Null, json!(""), json!(" \r\n")] {
        change(&product, json!({ "brand": "Lux", "description": "Bright" })).await.ok();
        change(&store, json!({ "description": "Lamps" })).await.ok();
        let cleared = change(&product, json!({ "brand": nothing, "description": nothing })).await;
        assert_eq!((cleared.ok().get("brand"), cleared.ok().get("description")), (None, None), "{nothing}");
        let cleared = change(&store, json!({ "description": nothing })).await;
        assert_eq!(cleared.ok().get("description"), None, "{nothing}");

        let code = if nothing.is_null() { "INVALID" } else { "REQUIRED" };
        change(&product, json!({ "name": nothing, "sku": nothing }))
            .await
            .refused(422, &[(code, "name"), (code, "sku")]);
        change(&store, json!({ "name": nothing })).await.refused(422, &[(code, "name")]);
        change("/users/me", json!({ "name": nothing })).await.refused(422, &[(code, "name")]);
        change("/users/me", json!({ "email": nothing })).await.refused(422, &[(code, "email")]);
    }
    for nothing in [Value::Null, json!(""), json!("  "), json!("\u{200b}")] {
        let alone = json!({ "current_password": nothing });
        change("/users/me", alone).await.ok();
        let moved = json!({ "email": "other@example.com", "current_password": nothing });
        change("/users/me", moved).await.refused(422, &[("REQUIRED", "current_password")]);
    }
    // As a form sends it in which only the name was changed.
    let form = json!({ "name": "Ann Admin", "email": admin.email, "current_password": "" });
    assert_eq!(change("/users/me", form).await.ok()["name"], "Ann Admin");
    let short = json!({ "current_password": "short" });
    change("/users/me", short).await.refused(422, &[("TOO_SHORT", "current_password")]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_text_in_a_required_field_is_missing() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let mut tried = 0;
    for (method, operation, fields) in bodies(&contract) {
        let (path, sample) = stocked.sample(&operation);
        for field in fields.iter().filter(|field| field.required && !field.nullable) {
            for blank in ["", "  ", "\r\n", "\u{200b}\u{feff}"] {
                let mut body = sample.clone();
                put(&mut body, &field.path, json!(blank));
                let answer = stocked.admin.call_root(&method, &path, Some(body)).await;
                let what = format!("{operation}: {} = {blank:?}", field.path);
                let told = names(&answer, &field.path, &what);
                assert_eq!(
                    (&told["code"], &told["message"]),
                    (&json!("REQUIRED"), &json!("must not be empty"))
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn a_currency_is_trimmed_and_folded_like_a_country() {
    let stocked = Stocked::open().await;
    let path = format!("/products/{}", stocked.ids[2].1);
    for currency in ["usd", " USD ", "Usd\r\n"] {
        let price = json!({ "price": { "amount": 19_00, "currency": currency } });
        let changed = stocked.admin.call("PATCH", &path, Some(price)).await;
        assert_eq!(changed.ok()["price"], json!({ "amount": 19_00, "currency": "USD" }), "{currency:?}");
    }
    for currency in ["US", "U S D", "ＵＳＤ", "EUR"] {
        let price = json!({ "price": { "amount": 19_00, "currency": currency } });
        let refused = stocked.admin.call("PATCH", &path, Some(price)).await;
        refused.refused(422, &[("INVALID", "price.currency")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_taken_address_is_named_alike_wherever_it_is_given() {
    let shop = Shop::open();
    let (ann, admin) = (shop.member("ann", false).await, shop.member("admin", true).await);
    let account = json!({ "name": "Ann", "email": ann.email, "password": PASSWORD });
    let moved = json!({ "email": ann.email, "current_password": PASSWORD });
    for answer in [
        shop.guest().post("/auth/register", account.clone()).await,
        admin.post("/admin/users", account).await,
        admin.call("PATCH", "/users/me", Some(moved)).await,
    ] {
        answer.refused(409, &[("EMAIL_TAKEN", "email")]);
        assert_eq!(answer.body["errors"][0]["message"], "This email is taken.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_may_leave_optional_fields_of_an_address_empty() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let mut address = address("Springfield");
    for field in ["street2", "state", "is_default_shipping"] {
        address[field] = json!("");
    }
    let kept = ann.post("/users/me/addresses", address).await;
    assert_eq!((kept.created().get("street2"), kept.created().get("state")), (None, None));
    assert_eq!(kept.created()["is_default_shipping"], true);
}

#[tokio::test(start_paused = true)]
async fn line_breaks_and_tabs_of_forms_and_files_are_kept_as_lines() {
    let stocked = Stocked::open().await;
    let admin = &stocked.admin;
    let store = &stocked.ids[0].1;
    let said = json!({ "description": "\r\nOne\r\n\ttwo\rthree\u{2028}four\r\n" });
    let changed = admin.call("PATCH", &format!("/stores/{store}"), Some(said)).await;
    assert_eq!(changed.ok()["description"], "One\n\ttwo\nthree\nfour");
    let odd =
        admin.call("PATCH", &format!("/stores/{store}"), Some(json!({ "description": "a\u{7}" }))).await;
    odd.refused(422, &[("INVALID", "description")]);
    let one_line = admin.call("PATCH", &format!("/stores/{store}"), Some(json!({ "name": "a\tb" }))).await;
    assert!(one_line.body["errors"][0]["message"].as_str().unwrap().contains("single line"));
}

#[tokio::test(start_paused = true)]
async fn a_number_without_a_fraction_is_whole_however_it_is_written() {
    let stocked = Stocked::open().await;
    let product = &stocked.ids[2].1;
    for (number, expected) in [("2.0", 2), ("3e0", 3), ("0.4E1", 4)] {
        let body = format!("{{\"quantity\": {number}}}");
        let cart = stocked.raw("PATCH", &format!("/api/v1/cart/items/{product}"), &body).await;
        assert_eq!(cart.ok()["items"][0]["quantity"], expected, "{number}");
    }
    let listed = stocked.admin.get("/products?limit=28.0&min_price=1.5e3&max_price=%201500%20").await;
    assert_eq!(listed.ok().as_array().unwrap().len(), 1);
    assert_eq!(listed.body["meta"]["pagination"]["limit"], 28);
}

#[tokio::test(start_paused = true)]
async fn a_number_beyond_floating_point_is_judged_as_it_is_written() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    let mut tried = 0;
    for (method, operation, fields) in bodies(&contract) {
        let (path, sample) = stocked.sample(&operation);
        for field in fields {
            let is_integer = kinds(field.schema).contains(&"integer");
            for (number, code, says) in [
                ("1e400", "OUT_OF_RANGE", "from "),
                ("-1e400", "OUT_OF_RANGE", "from "),
                ("1E-400", "INVALID", "whole number"),
                ("100.00000000000000001", "INVALID", "whole number"),
            ] {
                let mut body = sample.clone();
                put(&mut body, &field.path, json!("the number"));
                let body = body.to_string().replace("\"the number\"", number);
                let what = format!("{operation}: {} = {number}", field.path);
                let told = names(&stocked.raw(&method, &path, &body).await, &field.path, &what);
                let message = told["message"].as_str().unwrap();
                let (code, says) = if is_integer { (code, says) } else { ("INVALID", "") };
                assert!(told["code"] == code && message.contains(says), "{what}: {told}");
                assert!(
                    is_integer || message.ends_with("not a number") || message.starts_with("must be one of")
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
    for (query, code) in
        [("1e400", "OUT_OF_RANGE"), ("1E-400", "INVALID"), ("20.000000000000000001", "INVALID")]
    {
        let refused = stocked.admin.get(&format!("/products?limit={query}")).await;
        refused.refused(422, &[(code, "limit")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_accepted_values() {
    let stocked = Stocked::open().await;
    let product = format!("/products/{}", stocked.ids[2].1);
    let message = async |method: &str, path: &str, body: Value| {
        let answer = stocked.admin.call(method, path, Some(body)).await;
        answer.body["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let money = r#"an object such as {"amount": 1999, "currency": "USD"}"#;
    let store = format!("/stores/{}", stocked.ids[0].1);
    for (path, body, expected) in [
        (&product, json!({ "price": "19.99" }), format!("must be {money}, not a string")),
        (&product, json!({ "price": 19.99 }), format!("must be {money}, not a number")),
        (&product, json!({ "name": 7 }), "must be a string, not a number".to_owned()),
        (&product, json!({ "is_active": "yes" }), "must be true or false, not a string".to_owned()),
        (&store, json!({ "fulfilment": "by hand" }), "must be one of automatic, manual".to_owned()),
        (
            &product,
            json!({ "price": { "amount": 19.99, "currency": "USD" } }),
            "must be a whole number such as 28, not 19.99".to_owned(),
        ),
    ] {
        assert_eq!(message("PATCH", path, body).await, expected);
    }
    let line = json!({ "product_id": stocked.ids[2].1, "quantity": 1e300 });
    assert_eq!(message("POST", "/cart/items", line).await, "must be from 1 to 99");
    let answer = stocked.admin.get("/products?sort=cheap&limit=1000").await;
    answer.refused(422, &[("INVALID", "sort"), ("OUT_OF_RANGE", "limit")]);
    assert_eq!(answer.body["errors"][0]["message"], "must be one of newest, price_asc, price_desc");
    stocked.admin.get("/products?cursor=x").await.refused(400, &[("MALFORMED", "cursor")]);
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_many_faults_stays_small() {
    let stocked = Stocked::open().await;
    let unknown: Map<_, _> = (0..6000).map(|number| (format!("{number}"), json!(0))).collect();
    let repeated = format!("{{{}\"a\":0}}", "\"a\":0,\"b\":0,".repeat(4000));
    let long = json!({ "x".repeat(60_000): 1 }).to_string();
    let lines = json!({ "items": vec![json!({}); 15_000] }).to_string();
    for body in [Value::Object(unknown).to_string(), repeated, long, lines] {
        let answer = stocked.raw("POST", "/api/v1/orders", &body).await;
        assert_eq!(answer.status, 422);
        in_our_words(&answer, "much");
        assert!(answer.body.to_string().len() < 64 * 1024, "{}", answer.body.to_string().len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_is_text_in_utf8_without_encoding() {
    let stocked = Stocked::open().await;
    let Stocked { admin, ids, .. } = &stocked;
    let path = format!("/stores/{}", ids[0].1);
    let json = ("content-type", "application/json");
    let send = async |headers: &[(&str, &str)], body: &[u8]| admin.bytes("PATCH", &path, headers, body).await;
    let text = "{\"description\": \"Köln\"}";

    for content_type in [
        "application/json;charset=utf-8",
        "Application/JSON; Charset=\"UTF-8\"",
        "application/json; charset=utf8; profile=x",
        "application/json;",
    ] {
        let answer = send(&[("content-type", content_type)], text.as_bytes()).await;
        assert_eq!(answer.ok()["description"], "Köln", "{content_type}");
    }
    for charset in ["iso-8859-1", "\"windows-1252\"", "utf-16", "us-ascii", ""] {
        let content_type = format!("application/json; profile=x; CHARSET={charset}");
        let answer = send(&[("content-type", &content_type)], text.as_bytes()).await;
        answer.refused(415, &[("UNSUPPORTED_MEDIA_TYPE", "")]);
        assert!(answer.body["detail"].as_str().unwrap().contains("charset=utf-8"));
    }
    for encoding in ["gzip", "br", "identity, gzip", "GZIP", "x"] {
        let answer = send(&[json, ("content-encoding", encoding)], text.as_bytes()).await;
        answer.refused(415, &[("UNSUPPORTED_MEDIA_TYPE", "")]);
        assert_eq!(answer.headers["accept-encoding"], "identity", "{encoding}");
    }
    for encoding in ["identity", "Identity", ""] {
        send(&[json, ("content-encoding", encoding)], text.as_bytes()).await.ok();
    }

    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    send(&[json], &marked).await.ok();
    admin.raw("PATCH", &path, "application/json", &format!("\u{feff}{text}")).await.ok();

    for latin in [
        &b"{\"description\": \"K\xf6ln\"}"[..],
        b"{\"description\": \"\xed\xa0\x80\"}",
        b"{\"description\": \"\xc0\xaf\"}",
        b"{\"description\": \"\xe2\x82\"}",
    ] {
        names(&send(&[json], latin).await, "description", "bytes");
        // The gateway passes JSON on as text, with U+FFFD in place of bytes that it cannot read.
        let text = String::from_utf8_lossy(latin);
        names(&admin.raw("PATCH", &path, "application/json", &text).await, "description", "text");
    }
    for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xff", b"{\"\xf6\": 1}"] {
        for answer in [
            send(&[json], bytes).await,
            admin.raw("PATCH", &path, "application/json", &String::from_utf8_lossy(bytes)).await,
        ] {
            assert_eq!(answer.status, 422, "{bytes:?}: {:#}", answer.body);
            in_our_words(&answer, "bytes");
        }
    }
    let shown = admin.get(&path).await;
    assert_eq!(shown.ok()["description"], "Köln");
}

#[tokio::test(start_paused = true)]
async fn every_endpoint_checks_encoding_and_charset() {
    let (contract, stocked) = (Contract::read(), Stocked::open().await);
    for (method, operation, _) in bodies(&contract) {
        let (path, body) = stocked.sample(&operation);
        let path = path.strip_prefix("/api/v1").unwrap();
        for more in [
            [("content-type", "application/json; charset=latin1"), ("content-encoding", "identity")],
            [("content-type", "application/json"), ("content-encoding", "gzip")],
        ] {
            let answer = stocked.admin.bytes(&method, path, &more, body.to_string().as_bytes()).await;
            assert_eq!(answer.status, 415, "{operation}: {:#}", answer.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_optional_body_counts_as_left_out() {
    let stocked = Stocked::open().await;
    let path = format!("/orders/{}/cancel", stocked.ids[4].1);
    for nothing in ["", " \r\n"] {
        let login = stocked.admin.raw("POST", "/auth/login", "application/json", nothing).await;
        login.refused(400, &[("MALFORMED", "")]);
        assert!(login.body["detail"].as_str().unwrap().contains("it is empty"));
        stocked.admin.raw("POST", &path, "text/plain", nothing).await.ok();
    }
}
