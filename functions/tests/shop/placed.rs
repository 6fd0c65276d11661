//! An order that was just placed, with which most tests of the chain begin.

use std::time::Duration;

use serde_json::{Value, json};

use crate::shop::people::{Person, purchase};
use crate::shop::world::{Answer, Shop};

/// The stock of lamps before two are ordered.
pub const STOCK: i64 = 5;

/// A buyer with an order of two lamps at 15.00, before any step of the chain.
pub struct Placed {
    pub shop: Shop,
    pub ann: Person,
    pub lamp: String,
    pub order: String,
}

impl Placed {
    /// Lamps of a new seller, bought by a new buyer.
    pub async fn in_shop(shop: Shop, method: &str) -> Self {
        let lamp = shop.sell("seller", &[("lamp", 15_00, STOCK)]).await.remove(0);
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&lamp, 2).await.ok();
        let mut body = purchase();
        body["payment_method"] = json!(method);
        let order = ann.post("/orders", body).await.created()["id"].as_str().unwrap().to_owned();
        Self { shop, ann, lamp, order }
    }

    /// Runs the chain, with the sweeper every minute, until only the completion is owed.
    pub async fn settle(&self) {
        for _ in 0..200 {
            self.shop.drain_queues().await;
            if self.shop.owes_nothing().await {
                return;
            }
            self.shop.clock.advance(Duration::from_mins(1));
            // The next tick retries a sweep that fails.
            drop(self.shop.sweep().await);
        }
        panic!("it does not come to rest: {:#}", self.shown().await);
    }

    /// The buyer with a valid token, however much time has passed.
    pub fn ann(&self) -> Person {
        self.shop.again(&self.ann)
    }

    /// The order as its buyer sees it.
    pub async fn shown(&self) -> Value {
        self.ann().order(&self.order).await.ok().clone()
    }

    pub async fn status(&self) -> Value {
        self.shown().await["status"].clone()
    }

    pub async fn cancel(&self) -> Answer {
        self.ann().call("POST", &format!("/orders/{}/cancel", self.order), None).await
    }

    /// How many lamps can be bought.
    pub async fn available(&self) -> Value {
        self.shop.guest().get(&format!("/products/{}", self.lamp)).await.ok()["available"].clone()
    }
}
