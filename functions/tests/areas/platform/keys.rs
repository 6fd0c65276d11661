//! Signing keys: their rotation under traffic, and forged tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::token::{ACCESS_LIFE, Claims, KEY_RETIREMENT, KEY_SPREAD, SIGNER_LIFE, Signer, base64};
use domain::Timestamp;
use lambda::{Config, Connect};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use testkit::{Fault, Service, When};

use crate::shop::people::Person;
use crate::shop::world::{Answer, ROTATION, SECRET, Shop, together};

const STEP: Duration = Duration::from_mins(2);
const SECOND: Duration = Duration::from_secs(1);

/// The whole rotation to one version.
async fn rotate(shop: &Shop, version: &str) {
    shop.aws.begin_rotation("SigningSecret", version);
    for step in ROTATION {
        shop.rotate(step, version).await.unwrap();
    }
}

/// An access token from a new login.
async fn token(shop: &Shop, email: &str) -> String {
    shop.log_in(email).await.header("authorization").to_owned()
}

/// Whether a token is accepted.
async fn lets_in(shop: &Shop, token: &str) -> bool {
    let answer = shop.call("GET", "/api/v1/cart", &[("authorization", token)], None).await;
    assert!(matches!(answer.status, 200 | 401), "{:#}", answer.body);
    answer.status == 200
}

/// The key id of a token.
fn kid(token: &str) -> String {
    let header = token.trim_start_matches("Bearer ").split('.').next().unwrap();
    let bytes = api::token::from_base64(header).unwrap();
    let header: Value = serde_json::from_slice(&bytes).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The key ids in the key set.
async fn shown(shop: &Shop) -> BTreeSet<String> {
    let set = shop.call("GET", "/.well-known/jwks.json", &[], None).await;
    let keys = set.body["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(secret: &str) -> String {
    Signer::new(secret, Timestamp::from_millis(0)).unwrap().public_key().kid.clone()
}

fn current_kid(shop: &Shop) -> String {
    kid_of(&shop.aws.secret("SigningSecret", "AWSCURRENT").unwrap().1.unwrap())
}

#[tokio::test(start_paused = true)]
async fn no_request_is_refused_while_the_secret_is_rotated() {
    let shop = Shop::open();
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    let mut environments = vec![shop.clone()];
    let mut tokens: Vec<(Timestamp, String)> = Vec::new();
    let mut signings: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    let old = current_kid(&shop);

    let mut finished = shop.clock.now();
    for step in 0..100 {
        let mut signs = step % environments.len();
        // The last one connects right before the rotation is finished.
        if step % 3 == 1 && environments.len() < 6 {
            environments.push(shop.elsewhere());
            signs = environments.len() - 1;
        }
        match step {
            10 => shop.aws.begin_rotation("SigningSecret", "second"),
            11..15 => {
                shop.rotate(ROTATION[step - 11], "second").await.unwrap();
                finished = shop.clock.now();
            }
            _ => {}
        }
        let issued = token(&environments[signs], &email).await;
        signings.entry(kid(&issued)).or_default().push(shop.clock.now());
        tokens.push((shop.clock.now(), issued));
        tokens.retain(|(at, _)| shop.clock.now().since(*at).as_secs() < ACCESS_LIFE.unsigned_abs());
        for (number, environment) in environments.iter().enumerate() {
            // The environments call at different times, so their cached key sets are of all ages.
            if (step + number) % 3 > 0 {
                for (at, token) in [&tokens[0], &tokens[tokens.len() / 2], &tokens[tokens.len() - 1]] {
                    assert!(lets_in(environment, token).await, "environment {number}, step {step}, {at}");
                }
            }
        }
        shop.clock.advance(STEP + SECOND * 7);
    }

    let new = current_kid(&shop);
    assert_eq!(signings.keys().collect::<BTreeSet<_>>(), [&old, &new].into());
    let last = signings[&old].last().unwrap().since(finished);
    assert!((55 * 60..70 * 60).contains(&last.as_secs()), "the old key signed for {last:?}");
    assert_eq!(shown(&shop).await, [new].into());
}

#[tokio::test(start_paused = true)]
async fn a_key_set_read_right_before_a_rotation_refuses_nobody_after_it() {
    let shop = Shop::open();
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    let verifier = shop.elsewhere();
    assert!(lets_in(&verifier, &token(&shop, &email).await).await);
    rotate(&shop, "second").await;
    // It would not read the set again so soon, whichever key a token names.
    assert!(lets_in(&verifier, &token(&shop.elsewhere(), &email).await).await);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_repeated_in_any_environment_whichever_secret_it_knows() {
    let shop = Shop::open();
    let account = shop.shopper("ann").await;
    shop.drain_queues().await;
    let login = json!({ "email": account.email, "password": crate::shop::people::PASSWORD });
    let mut refresh_token = shop.guest().post("/auth/login", login).await.ok()["refresh_token"].clone();
    let warm = shop.elsewhere();
    let refresh = async |environment: &Shop, token: &Value| {
        let body = json!({ "refresh_token": token });
        environment.guest().post("/auth/refresh", body).await.ok()["refresh_token"].clone()
    };
    refresh_token = refresh(&warm, &refresh_token).await;
    rotate(&shop, "second").await;
    let mut secrets = BTreeSet::new();
    for minute in 0..100 {
        let fresh = if minute % 10 == 0 { shop.elsewhere() } else { shop.clone() };
        let [first, second] = if minute % 2 == 0 { [&warm, &fresh] } else { [&fresh, &warm] };
        let next = refresh(first, &refresh_token).await;
        assert_eq!(refresh(second, &refresh_token).await, next, "minute {minute}");
        let old = Signer::new(SECRET, Timestamp::from_millis(0)).unwrap();
        secrets.insert(old.issued(next.as_str().unwrap()));
        refresh_token = next;
        shop.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(secrets.len(), 2, "by both keys");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_is_cut_off_anywhere_and_repeated_ends_the_same() {
    for step in 0..ROTATION.len() {
        let calls = {
            let shop = rotated_up_to(step).await;
            shop.aws.clear_calls();
            shop.rotate(ROTATION[step], "second").await.unwrap();
            shop.aws.calls().len()
        };
        assert!(calls >= 3);
        for call in 1..=calls {
            for fault in [Fault::Crash(When::Before), Fault::Crash(When::After), Fault::Timeout(When::After)]
            {
                let shop = rotated_up_to(step).await;
                shop.aws.clear_calls();
                shop.aws.fault_nth(call, fault.clone());
                let _ = shop.rotate(ROTATION[step], "second").await;
                shop.aws.no_faults();

                let shop = shop.elsewhere();
                for step in &ROTATION[step..] {
                    // Secrets Manager may repeat each step.
                    shop.rotate(step, "second").await.unwrap();
                    shop.rotate(step, "second").await.unwrap();
                }
                is_rotated(&shop).await;
            }
        }
    }
}

/// A shop before this step of a rotation.
async fn rotated_up_to(step: usize) -> Shop {
    let shop = Shop::open();
    shop.member("ann", false).await;
    shop.aws.begin_rotation("SigningSecret", "second");
    for step in &ROTATION[..step] {
        shop.rotate(step, "second").await.unwrap();
    }
    shop
}

async fn is_rotated(shop: &Shop) {
    let (version, secret) = shop.aws.secret("SigningSecret", "AWSCURRENT").unwrap();
    let secret = secret.unwrap();
    assert_eq!(version, "second");
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{secret}");
    let previous = shop.aws.secret("SigningSecret", "AWSPREVIOUS");
    assert_eq!(previous, Some(("first".to_owned(), Some(SECRET.to_owned()))));

    let keys = shop.table().key_set().await.unwrap();
    let ends: BTreeMap<_, _> = keys.into_iter().map(|key| (key.kid, key.expires_at)).collect();
    let end = (shop.clock.now() + KEY_RETIREMENT).seconds();
    assert_eq!(ends, [(kid_of(&secret), None), (kid_of(SECRET), Some(end))].into());
}

#[tokio::test(start_paused = true)]
async fn a_whole_rotation_done_twice_is_done_once() {
    let shop = rotated_up_to(4).await;
    let secret = shop.aws.secret("SigningSecret", "AWSCURRENT");
    for step in ROTATION {
        shop.rotate(step, "second").await.unwrap();
    }
    assert_eq!(shop.aws.secret("SigningSecret", "AWSCURRENT"), secret);
    is_rotated(&shop).await;
}

#[tokio::test(start_paused = true)]
async fn a_rotation_needs_a_pending_or_current_version() {
    let shop = rotated_up_to(4).await;
    let refused = Err("there is no such pending version of the signing secret".to_owned());
    for step in ROTATION {
        assert_eq!(shop.rotate(step, "unknown").await, refused, "{step}");
        assert_eq!(shop.rotate(step, "first").await, refused, "{step}: the previous version");
    }
    is_rotated(&shop).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_comes_before_its_time_fails_and_changes_nothing() {
    let shop = rotated_up_to(0).await;
    for step in &ROTATION[1..] {
        let refused = "there is no such value of this version of the signing secret";
        assert_eq!(shop.rotate(step, "second").await, Err(refused.to_owned()));
    }
    shop.rotate("createSecret", "second").await.unwrap();
    let refused = "there is no such key of the new secret in the key set";
    assert_eq!(shop.rotate("testSecret", "second").await, Err(refused.to_owned()));
    assert_eq!(shown(&shop).await, [kid_of(SECRET)].into());
    assert_eq!(current_kid(&shop), kid_of(SECRET));
}

#[tokio::test(start_paused = true)]
async fn secrets_manager_may_test_the_function_before_the_first_signature() {
    // If rotation is enabled but has not begun, Secrets Manager calls `testSecret` for a copy of the current
    // version.
    let shop = Shop::open();
    shop.rotate("testSecret", "first").await.unwrap();
    assert!(shown(&shop).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_replaced_verifies_for_two_hours_and_no_longer() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    rotate(&shop, "second").await;
    shop.clock.advance(KEY_RETIREMENT.saturating_sub(SECOND));
    let token = shop.again(&ann).header("authorization").to_owned();
    let other = shop.elsewhere();
    assert!(lets_in(&shop, &token).await && lets_in(&other, &token).await);

    // TTL has deleted nothing yet, and both have a key set that is a second old.
    shop.clock.advance(SECOND);
    assert!(!lets_in(&shop, &token).await && !lets_in(&other, &token).await);
    assert!(!lets_in(&shop.elsewhere(), &token).await, "an instance that reads the set again accepts it");
    assert_eq!(shown(&shop).await, [current_kid(&shop)].into());
    shop.clock.advance(SECOND);
    assert_eq!(shop.aws.sweep_ttl(), 1);
}

/// Otherwise an environment that starts slowly could take a key out of use with which others already sign.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_again_keeps_its_active_time() {
    let shop = Shop::open();
    shop.start("login").await;
    let table = shop.table_of("login");
    let known = table.key_set().await.unwrap();
    let late = table::PublicKey { active_from: table.now() + KEY_RETIREMENT, ..known[0].clone() };
    table.publish_key(&late).await.unwrap();
    assert_eq!(table.key_set().await.unwrap(), known);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_becomes_current_again_signs_accepted_tokens() {
    let shop = Shop::open();
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    rotate(&shop, "second").await;
    // An operator undoes the rotation by hand.
    shop.aws.set_secret("SigningSecret", SECRET);
    let environment = shop.elsewhere();
    token(&environment, &email).await;
    shop.clock.advance(KEY_RETIREMENT * 2);
    let token = token(&environment, &email).await;
    assert_eq!(kid(&token), kid_of(SECRET));
    assert!(lets_in(&environment, &token).await && lets_in(&shop.elsewhere(), &token).await);
}

#[tokio::test(start_paused = true)]
async fn the_key_set_shows_a_key_before_the_first_token_is_signed_with_it() {
    let shop = Shop::open();
    assert!(shown(&shop).await.is_empty());
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    let old = kid_of(SECRET);
    assert_eq!(shown(&shop).await, [old.clone()].into());

    shop.aws.begin_rotation("SigningSecret", "second");
    shop.rotate("createSecret", "second").await.unwrap();
    assert_eq!(shown(&shop).await.len(), 1);
    shop.rotate("setSecret", "second").await.unwrap();
    let both = shown(&shop).await;
    shop.rotate("finishSecret", "second").await.unwrap();
    assert_eq!(both, [old.clone(), current_kid(&shop)].into());
    let fresh = shop.elsewhere();
    assert_eq!(kid(&token(&fresh, &email).await), old, "not yet");
    shop.clock.advance(KEY_SPREAD);
    assert_eq!(kid(&token(&fresh, &email).await), current_kid(&shop));

    let set = shop.call("GET", "/.well-known/jwks.json", &[], None).await;
    assert_eq!((set.status, set.headers["cache-control"].as_str()), (200, "public, max-age=300"));
    assert_eq!(set.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys"]);
    let signer = Signer::new(SECRET, shop.clock.now()).unwrap();
    let key = set.body["keys"].as_array().unwrap().iter().find(|key| key["kid"] == old.as_str()).unwrap();
    let expected = json!({
        "kty": "OKP", "crv": "Ed25519", "x": signer.public_key().x, "kid": old, "use": "sig", "alg": "EdDSA",
    });
    assert_eq!(*key, expected);
}

#[tokio::test(start_paused = true)]
async fn a_warm_environment_works_while_secrets_manager_does_not_answer() {
    let shop = Shop::open();
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    let environment = shop.elsewhere();
    token(&environment, &email).await;
    rotate(&shop, "second").await;

    shop.aws.on(|call| match call.service {
        Service::SecretsManager => Fault::Hang(When::Before),
        _ => Fault::None,
    });
    shop.clock.advance(SIGNER_LIFE);
    let asked = || {
        let calls = shop.aws.calls();
        calls.iter().any(|call| call.info.service == Service::SecretsManager && &*call.info.caller == "login")
    };
    for (pause, tries) in [(0, true), (1, false), (58, false), (1, true)] {
        shop.clock.advance(SECOND * pause);
        shop.aws.clear_calls();
        assert_eq!(kid(&token(&environment, &email).await), kid_of(SECRET));
        assert_eq!(asked(), tries, "not more than once a minute");
    }
    shop.aws.no_faults();
    shop.clock.advance(Duration::from_mins(10));
    assert_eq!(kid(&token(&environment, &email).await), current_kid(&shop));
}

#[tokio::test(start_paused = true)]
async fn requests_at_the_same_time_connect_a_stale_environment_once() {
    let shop = Shop::open();
    let email = shop.shopper("ann").await.email;
    shop.drain_queues().await;
    let environment = shop.elsewhere();
    token(&environment, &email).await;
    rotate(&shop, "second").await;
    shop.clock.advance(SIGNER_LIFE);
    shop.aws.clear_calls();
    shop.aws.interleave_by(7);
    let tokens = together((0..5).map(|_| token(&environment, &email))).await;
    let reads = shop.aws.calls().into_iter().filter(|call| call.info.operation == "GetSecretValue").count();
    assert_eq!(reads, 2, "the current secret and the previous one");
    for token in tokens {
        assert!(lets_in(&environment, &token).await);
    }
    shop.clock.advance(KEY_SPREAD.saturating_sub(SIGNER_LIFE));
    assert_eq!(kid(&token(&environment, &email).await), current_kid(&shop));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_signs_does_not_start_without_a_good_secret() {
    let shop = Shop::open();
    let refused = async |config: Config| match Signer::connect(&config).await {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    };
    let elsewhere = shop.config("login").with("SIGNING_SECRET_ARN", "another");
    assert_eq!(refused(elsewhere).await, "the signing secret is missing");
    shop.aws.set_secret("SigningSecret", "short");
    let weak = "the signing secret must have at least 32 characters";
    assert_eq!(refused(shop.config("login")).await, weak);
    assert!(shown(&shop).await.is_empty());
}

#[test]
fn the_smallest_part_decides_when_a_function_is_connected_anew() {
    assert_eq!(<(table::Table, Signer)>::STALE_AFTER, Some(SIGNER_LIFE));
    assert_eq!(<(Signer, table::Table)>::STALE_AFTER, Some(SIGNER_LIFE));
    assert_eq!(<(table::Table, providers::Vault)>::STALE_AFTER, None);
}

/// A forged token: any header and claims, with any signature.
fn forged(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
    let signature = base64(&sign(text.as_bytes()));
    format!("{text}.{signature}")
}

/// Claims that are valid for fifteen minutes.
fn claims(shop: &Shop, ann: &Person) -> Claims {
    let now = shop.clock.now().seconds();
    Claims {
        iss: "AWS::StackName".to_owned(),
        aud: "shop".to_owned(),
        sub: ann.id.parse().unwrap(),
        sid: shop.table().new_id().unwrap(),
        adm: false,
        typ: "access".to_owned(),
        exp: now + ACCESS_LIFE,
        iat: now,
    }
}

/// A resource that needs a login; no such order exists.
const ORDER: &str = "/api/v1/orders/ord_00000000000000000000000000";

async fn ask(shop: &Shop, token: &str) -> Answer {
    shop.call("GET", ORDER, &[("authorization", &format!("Bearer {token}"))], None).await
}

/// Tokens that were made without our keys.
fn forgeries(key: &table::PublicKey, good: &Claims) -> Vec<(&'static str, String)> {
    let good = serde_json::to_value(good).unwrap();
    let attacker = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let attackers_key = base64(attacker.public_key().as_ref());
    let signed = |header: Value| forged(&header, &good, |text| attacker.sign(text).as_ref().to_vec());
    let unsigned = |alg: &str| forged(&json!({ "alg": alg, "kid": key.kid }), &good, |_| Vec::new());
    let shared = |alg: &str, secret: &str| {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        forged(&json!({ "alg": alg, "kid": key.kid }), &good, |text| {
            hmac::sign(&secret, text).as_ref().to_vec()
        })
    };
    let named = |kid: &str| signed(json!({ "alg": "EdDSA", "kid": kid }));
    let brought = json!({ "kty": "OKP", "crv": "Ed25519", "x": attackers_key });
    vec![
        ("no algorithm", unsigned("none")),
        ("no algorithm, by another name", unsigned("NONE")),
        ("no signature", unsigned("EdDSA")),
        ("the public key as a shared secret", shared("HS256", &key.x)),
        ("an empty shared secret", shared("HS256", "")),
        ("a shared secret that says EdDSA", shared("EdDSA", &key.x)),
        ("another algorithm", signed(json!({ "alg": "RS256", "kid": key.kid }))),
        ("another key under our name", named(&key.kid)),
        ("another key under its own name", named("mine")),
        ("a key that is a path", named("../../../../dev/null")),
        ("a key that is a key of the table", named(&format!("KEY#{}", key.kid))),
        ("a very long key", named(&"k".repeat(5000))),
        ("an empty key", named("")),
        ("a key that is no text", signed(json!({ "alg": "EdDSA", "kid": { "S": key.kid } }))),
        ("no key", signed(json!({ "alg": "EdDSA" }))),
        ("a key brought along", signed(json!({ "alg": "EdDSA", "kid": key.kid, "jwk": brought }))),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("no token at all", "é.é.é".to_owned()),
    ]
}

/// Tokens that we made, but for another purpose or in another form.
fn misuses(good: &Claims, now: Timestamp) -> Vec<(&'static str, String)> {
    let signer = Signer::new(SECRET, now).unwrap();
    let changed = |change: fn(&mut Claims)| {
        let mut claims = good.clone();
        change(&mut claims);
        signer.sign(&claims, now).unwrap()
    };
    let (ours, admins) = (changed(|_| {}), changed(|claims| claims.adm = true));
    let [ours, admins] = [&ours, &admins].map(|token| token.split('.').collect::<Vec<_>>());
    let other = Signer::new(&SECRET.to_uppercase(), now).unwrap();
    vec![
        ("expired", changed(|claims| claims.exp = claims.iat)),
        ("another issuer", changed(|claims| claims.iss.push('x'))),
        ("another audience", changed(|claims| claims.aud.push('x'))),
        ("another kind of token", changed(|claims| "refresh".clone_into(&mut claims.typ))),
        ("claims of another token", [ours[0], admins[1], ours[2]].join(".")),
        ("a refresh token", signer.refresh_token(good.sub, good.sid, 0, now)),
        ("a token of another deployment", other.sign(good, now).unwrap()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_forged_token_is_refused_like_a_missing_one() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let (now, good) = (shop.clock.now(), claims(&shop, &ann));
    let signer = Signer::new(SECRET, now).unwrap();
    assert_eq!(ask(&shop, &signer.sign(&good, now).unwrap()).await.status, 404, "this one is good");

    let missing = shop.call("GET", ORDER, &[], None).await;
    missing.refused(401, &[("UNAUTHENTICATED", "")]);
    let bare = |answer: &Answer| {
        let mut body = answer.body.clone();
        body.as_object_mut().unwrap().remove("meta");
        (answer.status, body, answer.headers["www-authenticate"].clone())
    };
    for (what, token) in forgeries(signer.public_key(), &good).into_iter().chain(misuses(&good, now)) {
        assert_eq!(bare(&ask(&shop, &token).await), bare(&missing), "{what}");
        // Time passes, so that an unknown key makes the key set be read again.
        shop.clock.advance(SECOND * 20);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_machine_whose_clock_is_ahead_is_accepted() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let now = shop.clock.now();
    let signer = Signer::new(SECRET, now).unwrap();
    let good = claims(&shop, &ann);
    let ahead = Claims { iat: good.iat + 120, exp: good.exp + 120, ..good };
    assert_eq!(ask(&shop, &signer.sign(&ahead, now).unwrap()).await.status, 404);
}
