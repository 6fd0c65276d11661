//! Rate limits: a caller over the limit is refused, others are not, and nobody can lock out somebody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::code::RATE_LIMITED;
use api::{Deployment, Limits, Request, RequestId, Standing};
use domain::money::Fees;
use serde_json::{Value, json};
use testkit::{Call, Fault, When};

use crate::shop::people::{PASSWORD, Person};
use crate::shop::world::{Answer, Shop, together};

/// Addresses for documentation (RFC 5737), each in a network of its own.
const HOME: &str = "192.0.2.10";
const ELSEWHERE: &str = "198.51.100.20";
const NEXT_DOOR: &str = "198.51.100.21";
const FAR: &str = "203.0.113.30";

const MINUTE: Duration = Duration::from_mins(1);

/// A shop with the template's limits, and a user.
async fn shop_with_ann() -> (Shop, Person) {
    let shop = Shop::with_limits();
    shop.may_leave_messages();
    let ann = shop.at(FAR).shopper("ann").await;
    shop.clock.advance(MINUTE);
    (shop, ann)
}

/// A shop with the template's limits, and the path of a product.
async fn shop_with_lamp() -> (Shop, String) {
    let shop = Shop::with_limits();
    let lamps = shop.sell("seller", &[("lamp", 15_00, 5)]).await;
    (shop, format!("/products/{}", lamps[0]))
}

async fn try_password(shop: &Shop, email: &str, password: &str) -> Answer {
    shop.guest().post("/auth/login", json!({ "email": email, "password": password })).await
}

/// Sends this many wrong passwords from an address, one after the other; returns the statuses.
async fn guess(shop: &Shop, email: &str, times: usize) -> Vec<i64> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(try_password(shop, email, "a wrong password").await.status);
    }
    statuses
}

/// Gets a page this many times; returns how many times it was shown. All other requests were limited.
async fn browse(person: &Person, page: &str, times: usize) -> usize {
    let mut shown = 0;
    for _ in 0..times {
        let answer = person.get(page).await;
        match answer.status {
            200 => shown += 1,
            _ => answer.refused(429, &[("RATE_LIMITED", "")]),
        }
    }
    shown
}

fn is_counting(call: &Call) -> bool {
    call.info.touches.iter().any(|touch| touch.partition().is_some_and(|pk| pk.starts_with("LIMIT#")))
}

fn counting_calls(shop: &Shop) -> usize {
    shop.aws.calls().iter().filter(|call| is_counting(call)).count()
}

/// The answer's body without the fields that name this one request.
fn bare(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("meta");
    body
}

/// Sends fifty wrong passwords at once, each to an instance of its own; returns how many were tried and how
/// many limited.
async fn fifty_guesses(
    shop: &Shop,
    from: impl Fn(usize) -> String,
    email: impl Fn(usize) -> String,
) -> (usize, usize) {
    let guesses = (0..50).map(|number| {
        let (shop, email) = (shop.at(&from(number)).elsewhere(), email(number));
        async move { try_password(&shop, &email, "a wrong password").await.status }
    });
    let statuses = together(guesses).await;
    assert!(statuses.iter().all(|status| [401, 429, 503].contains(status)), "{statuses:?}");
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    (count(401), count(429))
}

#[tokio::test(start_paused = true)]
async fn ten_of_fifty_concurrent_logins_on_fifty_instances_are_tried() {
    for seed in 0..3 {
        let (shop, ann) = shop_with_ann().await;
        shop.aws.interleave_by(seed);
        let from_one_address =
            fifty_guesses(&shop, |_| HOME.to_owned(), |n| format!("somebody{n}@example.com")).await;
        let at_one_account = fifty_guesses(&shop, |n| format!("198.51.100.{n}"), |_| ann.email.clone()).await;
        assert_eq!([from_one_address, at_one_account], [(10, 40); 2], "seed {seed}");
        // If both counters fill at once, some attempts may find a place in only one of them.
        let (tried, limited) = fifty_guesses(&shop, |_| FAR.to_owned(), |_| ann.email.clone()).await;
        assert!((1..=10).contains(&tried) && tried + limited == 50, "seed {seed}: {tried} tried");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_allow_no_more_attempts() {
    let mut tried_at_all = 0;
    for seed in 0..6 {
        let (shop, ann) = shop_with_ann().await;
        shop.aws.interleave_by(seed);
        let random = Mutex::new(fastrand::Rng::with_seed(seed));
        shop.aws.on(move |call| match (call.operation.as_str(), random.lock().unwrap().u32(..10)) {
            ("UpdateItem", 0 | 1) => Fault::Timeout(When::After),
            ("UpdateItem", 2) => Fault::Fail(When::After),
            ("UpdateItem", 3) => Fault::Timeout(When::Before),
            ("UpdateItem", 4) => Fault::Throttle,
            _ => Fault::None,
        });
        let (tried, _) = fifty_guesses(&shop, |_| HOME.to_owned(), |_| ann.email.clone()).await;
        assert!(tried <= 10, "seed {seed}: {tried} tried");
        tried_at_all += tried;
    }
    assert!(tried_at_all > 0);
}

#[tokio::test(start_paused = true)]
async fn an_attack_on_an_account_locks_its_owner_out_from_nowhere_else() {
    let (shop, ann) = shop_with_ann().await;
    assert_eq!(guess(&shop.at(ELSEWHERE), &ann.email, 12).await, [[401; 10].as_slice(), &[429; 2]].concat());
    // The attacker's network is refused at this account, and at no other.
    assert_eq!(guess(&shop.at(NEXT_DOOR), &ann.email, 1).await, [429]);
    assert_eq!(guess(&shop.at(NEXT_DOOR), "ben@example.com", 1).await, [401]);
    shop.at(HOME).log_in(&ann.email).await.get("/cart").await.ok();
}

#[tokio::test(start_paused = true)]
async fn an_ipv6_network_is_one_caller() {
    let (shop, ann) = shop_with_ann().await;
    for host in 0..10 {
        let shop = shop.at(&format!("2001:db8:1:2::{host:x}"));
        assert_eq!(guess(&shop, &format!("somebody{host}@example.com"), 1).await, [401]);
    }
    assert_eq!(guess(&shop.at("2001:db8:1:2:ffff::1"), &ann.email, 1).await, [429]);
    assert_eq!(guess(&shop.at("2001:db8:1:3::1"), &ann.email, 1).await, [401]);
}

#[tokio::test(start_paused = true)]
async fn counting_begins_at_zero_in_the_next_minute() {
    let (shop, ann) = shop_with_ann().await;
    let home = shop.at(HOME);
    shop.clock.advance(Duration::from_secs(59));
    assert_eq!(guess(&home, &ann.email, 11).await.last(), Some(&429));
    shop.clock.advance(Duration::from_millis(999));
    assert_eq!(guess(&home, &ann.email, 1).await, [429]);
    shop.clock.advance(Duration::from_millis(1));
    try_password(&home, &ann.email, PASSWORD).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_429_has_a_retry_time_and_says_nothing_about_the_account() {
    let (shop, ann) = shop_with_ann().await;
    shop.clock.advance(Duration::from_millis(36_500));
    let mut answers = Vec::new();
    for (from, email) in [(HOME, ann.email.as_str()), (ELSEWHERE, "nobody@example.com")] {
        assert_eq!(guess(&shop.at(from), email, 10).await, [401; 10]);
        let tried = shop.at(from);
        let (refused, trips) = shop.aws.round_trips(try_password(&tried, email, PASSWORD)).await;
        assert_eq!(trips, 1, "it does not wait for what is found of the account");
        answers.push(refused);
    }
    let [known, unknown] = answers.try_into().unwrap();
    known.refused(429, &[("RATE_LIMITED", "")]);
    assert_eq!(known.headers["retry-after"], "24");
    assert_eq!(known.headers["ratelimit-policy"], r#""attempts";q=10;w=60"#);
    assert_eq!(known.headers["ratelimit"], r#""attempts";r=0;t=24"#);
    assert_eq!((bare(&known), known.headers), (bare(&unknown), unknown.headers));
}

#[tokio::test(start_paused = true)]
async fn registering_is_an_attempt_and_is_refused_before_the_password_is_hashed() {
    let shop = Shop::with_limits();
    shop.may_leave_messages();
    let home = shop.at(HOME);
    for number in 0..10 {
        home.shopper(&format!("ann{number}")).await;
    }
    let one_more = json!({ "name": "One More", "email": "one-more@example.com", "password": PASSWORD });
    shop.aws.clear_calls();
    home.guest().post("/auth/register", one_more.clone()).await.refused(429, &[("RATE_LIMITED", "")]);
    assert_eq!((shop.aws.calls().len(), counting_calls(&shop)), (2, 2));
    shop.at(ELSEWHERE).guest().post("/auth/register", one_more).await.created();
}

/// A request, built without an endpoint.
fn request(shop: &Shop, source: &str) -> Request {
    let fees = Fees {
        currency: "USD".to_owned().try_into().unwrap(),
        tax_basis_points: 0,
        shipping: 0,
        free_shipping_from: 0,
    };
    let limits = Limits { attempts: 10, public: 60, signed_in: 120, suggestions: 600 };
    Request {
        id: RequestId::first_sane(["test"]),
        method: "POST".to_owned(),
        path: String::new(),
        headers: http::HeaderMap::new(),
        query: String::new(),
        params: HashMap::new(),
        body: Vec::new().into(),
        host: "localhost".to_owned(),
        source: source.to_owned(),
        standing: Standing::default(),
        deployment: Arc::new(Deployment::new(
            "test".to_owned(),
            fees,
            String::new(),
            limits,
            shop.clock.clock(),
        )),
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_of_a_signed_in_user_are_counted_by_user_from_any_address() {
    let shop = Shop::with_limits();
    let table = shop.table();
    let (ann, ben) = (table.new_id().unwrap(), table.new_id().unwrap());
    for number in 0..10 {
        request(&shop, &format!("192.0.2.{number}")).attempt_as(&table, ann).await.unwrap();
    }
    let refused = request(&shop, FAR).attempt_as(&table, ann).await.unwrap_err();
    assert_eq!(refused.code, RATE_LIMITED);
    request(&shop, FAR).attempt_as(&table, ben).await.unwrap();
    shop.clock.advance(MINUTE);
    request(&shop, FAR).attempt_as(&table, ann).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_table_that_does_not_answer_stops_logins_but_no_pages() {
    for fault in [Fault::Timeout(When::Before), Fault::Hang(When::After), Fault::Throttle] {
        let (shop, ann) = shop_with_ann().await;
        let lamps = shop.sell("seller", &[("lamp", 15_00, 5)]).await;
        shop.aws.on(move |call| match call.operation.as_str() {
            "UpdateItem" => fault.clone(),
            _ => Fault::None,
        });
        try_password(&shop, &ann.email, PASSWORD).await.refused(503, &[("TRY_AGAIN", "")]);
        let page = format!("/products/{}", lamps[0]);
        assert_eq!(browse(&shop.at(HOME).guest(), &page, 100).await, 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_visitor_gets_sixty_pages_a_minute_and_others_get_theirs() {
    let (shop, page) = shop_with_lamp().await;
    let (guest, other) = (shop.at(HOME).guest(), shop.at(ELSEWHERE).guest());
    shop.clock.advance(Duration::from_secs(20));
    assert_eq!(browse(&guest, &page, 100).await, 60);
    assert_eq!(browse(&other, &page, 1).await, 1);

    let refused = guest.get(&page).await;
    // The first of them has faded a millisecond after the minute.
    assert_eq!(refused.headers["retry-after"], "41");
    assert_eq!(refused.headers["ratelimit-policy"], r#""public";q=60;w=60"#);
    assert_eq!(refused.headers["ratelimit"], r#""public";r=0;t=41"#);
    shop.clock.advance(Duration::from_secs(41));
    assert_eq!(browse(&guest, &page, 100).await, 10);
    assert_eq!(
        browse(&shop.at(HOME).guest(), "/products", 1).await,
        1,
        "another function has an instance of its own"
    );
}

/// Callers on some instances send requests until they are refused, every second; returns how many are
/// answered in each minute.
async fn hammer(shop: &Shop, callers: &[Person], page: &str, minutes: usize) -> Vec<usize> {
    let until_refused = async |caller: &Person| {
        for shown in 0..200 {
            if browse(caller, page, 1).await == 0 {
                return shown;
            }
        }
        panic!("nobody is refused");
    };
    let mut shown = vec![0; minutes];
    for in_this in &mut shown {
        for _ in 0..60 {
            let asked = callers.iter().map(until_refused);
            *in_this += together(asked).await.into_iter().sum::<usize>();
            shop.clock.advance(Duration::from_secs(1));
        }
    }
    shown
}

#[tokio::test(start_paused = true)]
async fn steady_load_gets_the_limit_each_minute_and_ten_more_for_each_instance() {
    for instances in [1, 2, 5] {
        let (shop, page) = shop_with_lamp().await;
        shop.aws.interleave_by(instances as u64);
        let (guest, ann) = (shop.at(HOME).guest(), shop.member("ann", false).await);
        for (person, page, limit) in [(guest, page.as_str(), 60), (ann, "/cart", 120)] {
            let callers: Vec<_> = (0..instances).map(|_| person.elsewhere()).collect();
            let shown = hammer(&shop, &callers, page, 4).await;
            println!("{instances} instances, limit {limit}: {shown:?}");
            assert!(shown.iter().all(|shown| (limit..=limit + 10 * instances).contains(shown)), "{shown:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_write_counts_ten_requests_and_a_slow_visitor_causes_none() {
    let (shop, page) = shop_with_lamp().await;
    let callers: Vec<_> = (0..3).map(|_| shop.at(HOME).guest().elsewhere()).collect();
    shop.aws.clear_calls();
    let shown: usize = hammer(&shop, &callers, &page, 2).await.iter().sum();
    let writes = counting_calls(&shop);
    assert!((1..=shown / 10).contains(&writes), "{writes} writes for {shown} requests");

    shop.aws.clear_calls();
    let slow = shop.at(FAR).guest();
    for _ in 0..30 {
        assert_eq!(browse(&slow, &page, 9).await, 9);
        shop.clock.advance(MINUTE);
    }
    assert_eq!(counting_calls(&shop), 0);
}

#[tokio::test(start_paused = true)]
async fn users_behind_one_address_limit_neither_each_other_nor_its_guests() {
    let shop = Shop::with_limits();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    assert_eq!(browse(&ann, "/cart", 200).await, 120);
    assert_eq!(browse(&ben, "/cart", 120).await, 120);
    assert_eq!(browse(&shop.guest(), "/cart", 60).await, 60);
    let refused = ann.get("/cart").await;
    assert_eq!(refused.headers["ratelimit-policy"], r#""signed-in";q=120;w=60"#);
    assert_eq!(refused.headers["ratelimit"], r#""signed-in";r=0;t=61"#);
    // A new token does not make a new user.
    assert_eq!(browse(&shop.again(&ann), "/cart", 1).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_proves_nothing_counts_for_its_address() {
    let (shop, page) = shop_with_lamp().await;
    let stranger = [("authorization", "Bearer put-an-access-token-here")];
    let ann = shop.member("ann", false).await;
    let statuses = |path: &'static str, method: &'static str| {
        let shop = shop.at(HOME).elsewhere();
        async move {
            let mut statuses = Vec::new();
            for _ in 0..80 {
                statuses.push(shop.guest().call_with(method, path, &stranger, None).await.status);
            }
            statuses
        }
    };
    // The token is checked on a path that needs one, before it is used, and on one that needs none.
    for (path, method, status) in [("/cart", "GET", 401), ("/orders", "POST", 401), ("/products", "GET", 200)]
    {
        let statuses = statuses(path, method).await;
        assert_eq!(statuses, [vec![status; 60], vec![429; 20]].concat(), "{method} {path}");
        shop.clock.advance(2 * MINUTE);
    }
    // A valid token is admitted when its address has reached its limit, as long as the user's own limit
    // allows.
    let shut = shop.at(HOME);
    assert_eq!(browse(&shut.guest(), &page, 80).await, 60);
    assert_eq!(browse(&shop.again(&ann).at(HOME), &page, 200).await, 120);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_the_table_has_no_limit() {
    let shop = Shop::with_limits();
    for _ in 0..100 {
        assert_eq!(shop.guest().call_root("GET", "/health", None).await.status, 200);
    }
    assert!(shop.aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn counters_in_the_table_show_no_address_and_expire() {
    let (shop, page) = shop_with_lamp().await;
    guess(&shop.at(HOME), "ann@example.com", 3).await;
    for _ in 0..5 {
        browse(&shop.at(HOME).guest(), &page, 30).await;
        shop.clock.advance(7 * MINUTE);
    }
    let limits = || {
        let items = shop.aws.items("Table").into_iter();
        items.filter(|item| item["pk"]["S"].as_str().unwrap().starts_with("LIMIT#")).collect::<Vec<_>>()
    };
    let items = limits();
    assert_eq!(items.len(), 3, "{items:#?}");
    for item in &items {
        let text = item.to_string();
        assert!(!text.contains(HOME) && !text.contains("192.0.2") && !text.contains("ann"), "{text}");
        assert!(text.len() < 300, "what is past is cleared away: {text}");
    }
    shop.aws.sweep_ttl();
    assert!(limits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_account_has_one_limit_however_its_address_is_spelt() {
    let shop = Shop::with_limits();
    let (elsewhere, next_door) = (shop.at(ELSEWHERE), shop.at(NEXT_DOOR));
    for spelling in ["ann@köln.de", "ann@KÖLN.de", "ann@ko\u{308}ln.de", "ann@ｋöln.de", "ann@köln。de"]
    {
        assert_eq!(guess(&elsewhere, spelling, 1).await, [401], "{spelling}");
    }
    assert_eq!(guess(&next_door, "ann@xn--kln-sna.de", 6).await, [401, 401, 401, 401, 401, 429]);
}

#[tokio::test(start_paused = true)]
async fn suggestions_have_a_limit_of_their_own() {
    let (shop, _) = shop_with_lamp().await;
    shop.drain_queues().await;
    shop.clock.advance(MINUTE);
    let guest = shop.at(HOME).guest();
    assert_eq!(browse(&guest, "/products/suggest?q=la", 605).await, 600);
    assert_eq!(browse(&guest, "/products", 61).await, 60);
    assert_eq!(browse(&shop.at(FAR).guest(), "/products/suggest?q=la", 1).await, 1);
}
