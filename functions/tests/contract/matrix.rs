//! The permission matrix: every route, called by every kind of caller, on existing and on missing resources.
//!
//! The requests are the sample events, so a new route gets its rows as soon as it has its sample. The matrix
//! is committed as `functions/tests/contract/matrix.md`: `UPDATE=1 cargo test --workspace --test functions
//! matrix`.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Who};
use serde_json::{Value, json};

use crate::shop::people::{Person, purchase};
use crate::shop::world::{Answer, Shop};
use crate::tree;

/// Every kind of caller.
const CALLERS: [&str; 7] = ["anonymous", "guest", "buyer", "other", "seller", "rival", "admin"];

/// A shop with an order and an address of `buyer`, and a product of `seller` with a pending image.
struct Cast {
    shop: Shop,
    ids: Vec<(&'static str, String)>,
    /// A product with options, for the routes of variants.
    coloured: String,
    people: Vec<(&'static str, Person)>,
}

impl Cast {
    async fn gather() -> Self {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
        shop.may_leave_messages();
        let seller = shop.find("seller").await;
        let rival = shop.member("rival", false).await;
        rival.open_store("The rival's store").await;
        let buyer = shop.member("buyer", false).await;
        buyer.add_to_cart(&products[0], 1).await.ok();
        let order = buyer.post("/orders", purchase()).await.created()["id"].as_str().unwrap().to_owned();
        buyer.add_to_cart(&products[0], 1).await.ok();
        let address = buyer.keep_address("Springfield").await.created()["id"].as_str().unwrap().to_owned();
        let category = shop.guest().get("/categories").await.ok()[0]["id"].as_str().unwrap().to_owned();
        let product = shop.guest().get(&format!("/products/{}", products[0])).await;
        let store = product.ok()["store_id"].as_str().unwrap().to_owned();
        let images = format!("/products/{}/images", products[0]);
        let image = seller.post(&images, json!({ "content_type": "image/png", "size": 1 })).await;
        let image = image.created()["image_id"].as_str().unwrap().to_owned();
        let coloured = shop.sell_in_colours(&seller, &category).await;
        let guest = shop.guest_with_cart(&products[0]).await;
        let session = buyer.session.clone();
        let target = shop.member("target", false).await.id;
        let people = vec![
            ("anonymous", shop.guest()),
            ("guest", guest),
            ("buyer", buyer),
            ("other", shop.member("other", false).await),
            ("seller", seller),
            ("rival", rival),
            ("admin", shop.member("admin", true).await),
        ];
        let ids = vec![
            ("prd_", products[0].clone()),
            ("ord_", order),
            ("cat_", category),
            ("sto_", store),
            ("ses_", session),
            ("usr_", target),
            ("adr_", address),
            ("img_", image),
        ];
        Self { shop, ids, coloured, people }
    }

    /// Calls a route with its sample, on an existing or a missing resource.
    async fn call(&self, caller: &str, sample: &Value, there: bool) -> Answer {
        let mut text = json!({ "path": sample["rawPath"], "body": sample["body"] }).to_string();
        let of_variants = sample["rawPath"].as_str().unwrap().contains("/variants");
        let product = if of_variants { &self.coloured } else { &self.ids[0].1 };
        let own = [("prd_", product.clone()), ("var_", product.replace("prd_", "var_"))];
        for (prefix, id) in own.iter().chain(&self.ids).filter(|_| there) {
            text = text.replace(&format!("{prefix}{}", "0".repeat(26)), id);
        }
        let request: Value = serde_json::from_str(&text).unwrap();
        let body = request["body"].as_str().map(|body| serde_json::from_str(body).unwrap());
        let method = sample["requestContext"]["http"]["method"].as_str().unwrap();
        let (_, person) = self.people.iter().find(|(name, _)| *name == caller).unwrap();
        person.call_root(method, request["path"].as_str().unwrap(), body).await
    }
}

/// The calls of every route by every caller, with its sample, and enough of one caller that a report is made.
pub async fn calls_of_everybody() -> Vec<testkit::Call> {
    let cast = Cast::gather().await;
    for function in tree::functions().iter().filter(|function| function.endpoint().is_some()) {
        for caller in CALLERS {
            cast.call(caller, &sample(function.name), true).await;
        }
        for _ in 0..10 {
            cast.call("anonymous", &sample(function.name), true).await;
        }
    }
    cast.shop.aws.calls()
}

fn sample(name: &str) -> Value {
    serde_json::from_str(&tree::read(&format!("events/{name}.json"))).unwrap()
}

/// An answer without the fields that name this one request.
fn bare(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body.as_object_mut().map(|body| body.remove("meta"));
    body
}

#[tokio::test(start_paused = true)]
async fn every_caller_may_do_exactly_what_the_matrix_says() {
    let mut matrix = format!(
        "| route | on what is | {} |\n|{}\n",
        CALLERS.join(" | "),
        " --- |".repeat(CALLERS.len() + 2)
    );
    // Reads change nothing, so all of them share one shop; the others have one each.
    let of_reads = Cast::gather().await;
    for function in tree::functions() {
        let Some(endpoint) = function.endpoint() else { continue };
        let (name, sample) = (function.name, sample(function.name));
        let mut rows = [Vec::new(), Vec::new()];
        for caller in CALLERS {
            let own = if endpoint.method == "GET" { None } else { Some(Cast::gather().await) };
            let cast = own.as_ref().unwrap_or(&of_reads);
            let there = cast.call(caller, &sample, true).await;
            let missing = cast.call(caller, &sample, false).await;
            hold(name, endpoint, caller, missing.status);
            hold(name, endpoint, caller, there.status);
            // A resource of somebody else looks like a missing one.
            if there.status == 404 {
                assert_eq!(bare(&there), bare(&missing), "{name}, {caller}");
            }
            rows[0].push(there.status.to_string());
            rows[1].push(missing.status.to_string());
        }
        for (row, on) in rows.iter().zip(["there", "missing"]) {
            let route = format!("{} {}", endpoint.method, endpoint.path);
            matrix.push_str(&format!("| {route} | {on} | {} |\n", row.join(" | ")));
        }
    }
    crate::contract::costs::committed("matrix", &matrix);
}

/// The rules that no row may break.
#[track_caller]
fn hold(name: &str, Endpoint { who, codes, .. }: Endpoint, caller: &str, status: i64) {
    let signed_in = !matches!(caller, "anonymous" | "guest");
    let sells = matches!(caller, "seller" | "rival");
    let expected = match who {
        Who::Anyone => None,
        _ if !signed_in => Some(401),
        Who::Seller if !sells => Some(403),
        Who::SellerOrAdmin if !sells && caller != "admin" => Some(403),
        Who::Admin if caller != "admin" => Some(403),
        _ => None,
    };
    match expected {
        Some(expected) => assert_eq!(status, expected, "{name} called by {caller}"),
        // A login with a wrong password is answered with 401.
        None if status == 401 => {
            let no_login = who == Who::Anyone && codes.contains(&UNAUTHENTICATED);
            // A second deletion of the same account is answered with 401.
            assert!(no_login || name == "delete-me", "{name}, {caller}");
        }
        None => assert!(!matches!(status, 403 | 500..), "{name} called by {caller}: {status}"),
    }
}
