//! Crashes: the state is whole at once, and a repeat of the request ends as one without a crash.

use serde_json::{Value, json};
use testkit::{Fault, When};

use super::{AT_ONCE, MOST, Tailor, shirt};
use crate::shop::people::id;

/// A request and what is there before it: a method, a path below the product, a body.
struct Work {
    /// The units of each variant before it.
    stock: Vec<i64>,
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    /// The statuses of a repeat, where the first request was not done and where it was.
    repeats: [i64; 2],
    /// The number of variants at the end; none for a deleted product.
    left: Option<usize>,
}

impl Work {
    /// A shop just before the request, with the request's path and body.
    async fn ahead(&self) -> (Tailor, String, Option<Value>) {
        let tailor = Tailor::open().await;
        let (mut path, mut body) = ("/products".to_owned(), self.body.clone());
        if self.stock.is_empty() {
            body = Some(tailor.product((0..AT_ONCE).map(|number| shirt(number, 2)).collect()));
        } else {
            path = format!("/products/{}{}", tailor.sell(self.stock.clone()).await, self.path);
        }
        tailor.shop.drain_queues().await;
        tailor.shop.aws.clear_calls();
        (tailor, path, body)
    }

    /// The numbers of the calls that write.
    async fn writes(&self) -> Vec<usize> {
        let (tailor, path, body) = self.ahead().await;
        assert!((200..300).contains(&tailor.seller.call(self.method, &path, body).await.status));
        let calls = tailor.shop.aws.calls();
        tailor.shop.drain_queues().await;
        calls.iter().filter(|call| call.info.writes()).map(|call| call.info.number).collect()
    }

    /// Crashes before and after each write of the request, and repeats the request. A crash at a read finds
    /// what one at the next write finds.
    async fn survives(&self) {
        let writes = self.writes().await;
        assert!(!writes.is_empty());
        for (call, when) in writes.into_iter().flat_map(|call| [(call, When::Before), (call, When::After)]) {
            let at = format!("call {call}, {when:?}");
            let (tailor, path, body) = self.ahead().await;
            tailor.shop.aws.fault_nth(call, Fault::Crash(when));
            let died = tailor.seller.try_call(self.method, &path, &[], body.clone()).await.is_err();
            tailor.shop.aws.no_faults();
            assert!(died, "{at} is not made");
            tailor.is_consistent(&at).await;
            let again = tailor.seller.call(self.method, &path, body).await;
            assert!(self.repeats.contains(&again.status), "{at}: {:#}", again.body);
            tailor.is_consistent(&at).await;
            let own = tailor.seller.get("/seller/products").await;
            let products: Vec<_> = own.ok().as_array().unwrap().iter().map(id).collect();
            let left = self.left.unwrap_or_default();
            assert_eq!(tailor.reserved().len(), left, "{at}");
            assert_eq!(products.len(), usize::from(left > 0), "{at}");
            if let [product] = products.as_slice() {
                assert_eq!(tailor.stocks(product).len(), left, "{at}");
                assert_eq!(own.ok()[0]["is_active"], self.method != "PATCH", "{at}");
            }
            tailor.shop.drain_queues().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_product_with_variants_is_there_with_all_of_them_or_not_at_all() {
    let stock = Vec::new();
    let work = Work { stock, method: "POST", path: "", body: None, repeats: [201, 409], left: Some(25) };
    work.survives().await;
}

#[tokio::test(start_paused = true)]
async fn variants_are_added_all_or_none_in_spite_of_a_crash() {
    let new: Vec<_> = (3..3 + AT_ONCE).map(|number| shirt(number, 2)).collect();
    let (stock, body) = (vec![1, 0, 3], Some(json!({ "variants": new })));
    let work = Work { stock, method: "POST", path: "/variants", body, repeats: [201, 409], left: Some(28) };
    work.survives().await;
}

#[tokio::test(start_paused = true)]
async fn a_product_with_80_variants_is_hidden_whole_in_spite_of_a_crash() {
    let stock = (0..MOST).map(|number| i64::from(number % 3 == 0)).collect();
    let body = Some(json!({ "is_active": false }));
    let work = Work { stock, method: "PATCH", path: "", body, repeats: [200, 200], left: Some(80) };
    work.survives().await;
}

#[tokio::test(start_paused = true)]
async fn a_repeat_finishes_the_deletion_of_a_product_with_80_variants() {
    let stock = (0..MOST).map(|number| i64::from(number % 3 == 0)).collect();
    let work = Work { stock, method: "DELETE", path: "", body: None, repeats: [204, 404], left: None };
    work.survives().await;
}
