//! Crashes: the state is whole at once, and a repeat of the request ends as one without a crash.

use serde_json::json;
use testkit::{Fault, When};

use super::{AT_ONCE, MOST, Tailor, shirt};
use crate::shop::people::id;

/// A request and what is there before it: a method, a path below the product, a body.
struct Work {
    /// The units of each variant before it.
    stock: Vec<i64>,
    method: &'static str,
    path: &'static str,
    body: Option<serde_json::Value>,
    /// The statuses of a repeat, where the first request was not done and where it was.
    repeats: [i64; 2],
    /// The number of variants at the end; none for a deleted product.
    left: Option<usize>,
}

/// Crashes before and after each call of a request, and repeats the request.
async fn survives(work: &Work) {
    for call in 1..40 {
        for when in [When::Before, When::After] {
            let at = format!("call {call}, {when:?}");
            let tailor = Tailor::open().await;
            let (mut path, mut body) = (String::new(), work.body.clone());
            if work.stock.is_empty() {
                body = Some(tailor.product((0..AT_ONCE).map(|number| shirt(number, 2)).collect()));
            } else {
                path = format!("/{}{}", tailor.sell(work.stock.clone()).await, work.path);
            }
            let path = format!("/products{path}");
            tailor.shop.drain_queues().await;
            tailor.shop.aws.clear_calls();
            tailor.shop.aws.fault_nth(call, Fault::Crash(when));
            let died = tailor.seller.try_call(work.method, &path, &[], body.clone()).await.is_err();
            tailor.shop.aws.no_faults();
            if !died {
                assert!(call > 2, "it makes more calls");
                return;
            }
            tailor.is_consistent(&at).await;
            let again = tailor.seller.call(work.method, &path, body).await;
            assert!(work.repeats.contains(&again.status), "{at}: {:#}", again.body);
            tailor.is_consistent(&at).await;
            let own = tailor.seller.get("/seller/products").await;
            let products: Vec<_> = own.ok().as_array().unwrap().iter().map(id).collect();
            let Some(left) = work.left else {
                assert_eq!((products.len(), tailor.reserved().len()), (0, 0), "{at}");
                continue;
            };
            assert_eq!(products.len(), 1, "{at}");
            assert_eq!(tailor.stocks(&products[0]).len(), left, "{at}");
            assert_eq!(tailor.reserved().len(), left, "{at}");
            let is_hidden = own.ok()[0]["is_active"] == false;
            assert_eq!(is_hidden, work.method == "PATCH", "{at}");
            tailor.shop.drain_queues().await;
        }
    }
    panic!("it takes more than 40 calls");
}

#[tokio::test(start_paused = true)]
async fn a_product_with_variants_is_there_with_all_of_them_or_not_at_all() {
    let stock = Vec::new();
    let work = Work { stock, method: "POST", path: "", body: None, repeats: [201, 409], left: Some(25) };
    survives(&work).await;
}

#[tokio::test(start_paused = true)]
async fn variants_are_added_all_or_none_in_spite_of_a_crash() {
    let new: Vec<_> = (3..3 + AT_ONCE).map(|number| shirt(number, 2)).collect();
    let (stock, body) = (vec![1, 0, 3], Some(json!({ "variants": new })));
    let work = Work { stock, method: "POST", path: "/variants", body, repeats: [201, 409], left: Some(28) };
    survives(&work).await;
}

#[tokio::test(start_paused = true)]
async fn a_product_with_80_variants_is_hidden_whole_in_spite_of_a_crash() {
    let stock = (0..MOST).map(|number| i64::from(number % 3 == 0)).collect();
    let body = Some(json!({ "is_active": false }));
    let work = Work { stock, method: "PATCH", path: "", body, repeats: [200, 200], left: Some(80) };
    survives(&work).await;
}

#[tokio::test(start_paused = true)]
async fn a_repeat_finishes_the_deletion_of_a_product_with_80_variants() {
    let stock = (0..MOST).map(|number| i64::from(number % 3 == 0)).collect();
    let work = Work { stock, method: "DELETE", path: "", body: None, repeats: [204, 404], left: None };
    survives(&work).await;
}
