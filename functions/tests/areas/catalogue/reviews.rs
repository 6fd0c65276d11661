//! Reviews: who may review a product, once, and the rating.

use domain::catalogue::review::{Review, Reviewed};
use domain::ids::{Id as _, OrderId, ReviewId, UserId};
use serde_json::{Value, json};
use testkit::Fault;

use crate::shop::people::{PASSWORD, Person, id};
use crate::shop::world::{Shop, seeds, together};

/// A review, written directly to the table.
pub async fn said_before(shop: &Shop, product: &str, bits: u128) {
    let (product_id, review_id) = (product.parse().unwrap(), ReviewId::from_bits(bits));
    let review = Review {
        id: review_id,
        product_id,
        author: Some("Somebody E.".to_owned()),
        stars: 3.try_into().unwrap(),
        comment: Some("It is a lamp, and it burns.".parse().unwrap()),
        created_at: shop.clock.now(),
    };
    let by = Reviewed {
        user_id: UserId::from_bits(bits),
        product_id,
        review_id,
        order_id: OrderId::from_bits(bits),
    };
    shop.table().write_review(&review, &by).await.unwrap();
}

/// A lamp on sale, and the path of its reviews.
struct Lamp {
    shop: Shop,
    product: String,
    path: String,
}

impl Lamp {
    async fn on_sale() -> Self {
        let (shop, mut products) = Shop::with_products(&[("lamp", 15_00, 900), ("desk", 99_00, 900)]).await;
        let product = products.remove(0);
        let path = format!("/products/{product}/reviews");
        Self { shop, product, path }
    }

    /// A buyer who has ordered the lamp, and the order.
    async fn buyer(&self, name: &str) -> (Person, String) {
        let buyer = self.shop.member(name, false).await;
        buyer.add_to_cart(&self.product, 1).await.ok();
        let order = id(buyer.place_order().await.created());
        (buyer, order)
    }

    /// A buyer to whom the lamp was delivered, and the order.
    async fn owner(&self, name: &str) -> (Person, String) {
        let (buyer, order) = self.buyer(name).await;
        self.shop.drain_queues().await;
        (self.shop.again(&buyer), order)
    }

    async fn rating(&self) -> Value {
        self.shop.guest().get(&format!("/products/{}", self.product)).await.ok()["rating"].clone()
    }

    async fn reviews(&self) -> Vec<Value> {
        self.shop.guest().get(&self.path).await.ok().as_array().unwrap().clone()
    }
}

fn stars(order: &str, rating: i64) -> Value {
    json!({ "order_id": order, "rating": rating })
}

#[tokio::test(start_paused = true)]
async fn reviews_are_shown_with_their_rating() {
    let lamp = Lamp::on_sale().await;
    assert_eq!((lamp.rating().await, lamp.reviews().await), (json!({ "count": 0 }), vec![]));
    for (name, rating, comment) in
        [("ann", 5, Some("Bright.\nAnd warm.")), ("ben", 4, None), ("cat", 4, None)]
    {
        let (buyer, order) = lamp.owner(name).await;
        let review = json!({ "order_id": order, "rating": rating, "comment": comment });
        let said = buyer.post(&lamp.path, review).await;
        assert_eq!(said.created()["author"], format!("{name} S."));
        lamp.shop.clock.advance(std::time::Duration::from_secs(1));
    }
    assert_eq!(lamp.rating().await.to_string(), r#"{"average":4.33,"count":3}"#);
    let reviews = lamp.reviews().await;
    let shown: Vec<_> =
        reviews.iter().map(|review| (&review["author"], &review["rating"], &review["comment"])).collect();
    assert_eq!(
        shown,
        [
            (&json!("cat S."), &json!(4), &Value::Null),
            (&json!("ben S."), &json!(4), &Value::Null),
            (&json!("ann S."), &json!(5), &json!("Bright.\nAnd warm.")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn only_buyers_who_have_got_a_product_can_review_it() {
    let lamp = Lamp::on_sale().await;
    let (ann, order) = lamp.buyer("ann").await;
    let not_purchased = [("NOT_PURCHASED", "")];
    ann.post(&lamp.path, stars(&order, 5)).await.refused(409, &not_purchased);
    for queue in ["payments", "warehouse", "shipping", "delivery"] {
        lamp.shop.work_off(queue).await.unwrap();
        ann.post(&lamp.path, stars(&order, 5)).await.refused(409, &not_purchased);
    }
    lamp.shop.drain_queues().await;
    let (ann, ben) = (lamp.shop.again(&ann), lamp.shop.member("ben", false).await);
    // An order of somebody else looks like one that does not exist.
    let foreign = ben.post(&lamp.path, stars(&order, 5)).await;
    let missing = ben.post(&lamp.path, stars("ord_00000000000000000000000000", 5)).await;
    foreign.refused(409, &not_purchased);
    assert_eq!(foreign.body["detail"], missing.body["detail"]);
    // The order has no desk.
    let listed = lamp.shop.guest().get("/products").await;
    let desk = listed.ok().as_array().unwrap().iter().map(id).find(|id| *id != lamp.product).unwrap();
    ann.post(&format!("/products/{desk}/reviews"), stars(&order, 5)).await.refused(409, &not_purchased);
    assert_eq!(lamp.rating().await, json!({ "count": 0 }));
    ann.post(&lamp.path, stars(&order, 5)).await.created();

    let (dora, order) = lamp.owner("dora").await;
    dora.complete(&order).await.ok();
    dora.post(&lamp.path, stars(&order, 5)).await.created();
}

#[tokio::test(start_paused = true)]
async fn a_bad_review_is_refused_with_every_reason() {
    let lamp = Lamp::on_sale().await;
    let ann = lamp.shop.member("ann", false).await;
    for (body, faults) in [
        (json!({}), vec![("REQUIRED", "order_id"), ("REQUIRED", "rating")]),
        (json!({ "order_id": "1", "rating": 0 }), vec![("INVALID", "order_id"), ("OUT_OF_RANGE", "rating")]),
        (
            json!({ "order_id": "ord_00000000000000000000000000", "rating": 6, "comment": "x".repeat(2001) }),
            vec![("OUT_OF_RANGE", "rating"), ("TOO_LONG", "comment")],
        ),
    ] {
        let refused = ann.post(&lamp.path, body).await;
        let mut found: Vec<_> = refused.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["field"].to_string())
            .collect();
        found.sort();
        let mut expected: Vec<_> = faults.iter().map(|(_, field)| format!("\"{field}\"")).collect();
        expected.sort();
        assert_eq!((refused.status, found), (422, expected), "{:#}", refused.body);
    }
    ann.get("/products/prd_00000000000000000000000000/reviews").await.refused(404, &[("NOT_FOUND", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_review_with_a_lost_answer_is_answered_again_and_a_second_is_refused() {
    let lamp = Lamp::on_sale().await;
    let (ann, order) = lamp.owner("ann").await;
    let first = ann.post(&lamp.path, stars(&order, 5)).await;
    let again = ann.post(&lamp.path, stars(&order, 5)).await;
    assert_eq!(first.created(), again.created());
    ann.post(&lamp.path, stars(&order, 1)).await.refused(409, &[("ALREADY_REVIEWED", "")]);
    // A product that was bought twice can be reviewed once.
    let (ann, second) = {
        ann.add_to_cart(&lamp.product, 1).await.ok();
        let order = id(ann.place_order().await.created());
        lamp.shop.drain_queues().await;
        (lamp.shop.again(&ann), order)
    };
    ann.post(&lamp.path, stars(&second, 5)).await.refused(409, &[("ALREADY_REVIEWED", "")]);
    assert_eq!((lamp.rating().await["count"].clone(), lamp.reviews().await.len()), (json!(1), 1));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_concurrent_reviews_by_twenty_buyers_are_twenty() {
    for seed in seeds(2) {
        let lamp = Lamp::on_sale().await;
        let mut buyers = Vec::new();
        for number in 0..20 {
            let (buyer, order) = lamp.buyer(&format!("buyer{number}")).await;
            buyers.push((buyer, order, number % 5 + 1));
        }
        lamp.shop.drain_queues().await;
        lamp.shop.aws.interleave_by(seed);
        let random = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
        lamp.shop.aws.on(move |call| {
            let mut random = random.lock().unwrap();
            match call.operation == "TransactWriteItems" && random.u8(..4) == 0 {
                true => Fault::Conflict(random.usize(..call.transaction_items())),
                false => Fault::None,
            }
        });
        // Each buyer sends the same review ten times, with different comments.
        let said = buyers.iter().flat_map(|(buyer, order, rating)| {
            let buyer = lamp.shop.again(buyer);
            (0..10).map(move |time| {
                let (buyer, review) = (
                    buyer.clone(),
                    json!({ "order_id": order, "rating": rating, "comment": format!("{time}") }),
                );
                (buyer, review)
            })
        });
        let said: Vec<_> = said.collect();
        let answers =
            together(said.iter().map(|(buyer, review)| buyer.post(&lamp.path, review.clone()))).await;
        lamp.shop.aws.no_faults();
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.refused(409, &[("ALREADY_REVIEWED", "")]);
        }
        // 1 to 5 stars, four times each.
        assert_eq!(created, 20, "seed {seed}");
        assert_eq!(lamp.rating().await.to_string(), r#"{"average":3.0,"count":20}"#, "seed {seed}");
        assert_eq!(lamp.reviews().await.len(), 20, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_pages_of_reviews_hold_each_one_once_and_belong_to_one_product() {
    let lamp = Lamp::on_sale().await;
    for bits in 0..45 {
        said_before(&lamp.shop, &lamp.product, bits).await;
    }
    let guest = lamp.shop.guest();
    let (mut seen, mut path) = (Vec::new(), lamp.path.clone());
    loop {
        let page = guest.get(&path).await;
        seen.extend(page.ok().as_array().unwrap().iter().map(id));
        let Some(cursor) = page.body["meta"]["pagination"]["next_cursor"].as_str() else { break };
        path = format!("{}?cursor={cursor}", lamp.path);
        let other = format!("/products/prd_00000000000000000000000001/reviews?cursor={cursor}");
        guest.get(&other).await.refused(400, &[("MALFORMED", "cursor")]);
    }
    let newest_first: Vec<_> = (0..45).rev().map(|bits| ReviewId::from_bits(bits).to_string()).collect();
    assert_eq!(seen, newest_first);
}

#[tokio::test(start_paused = true)]
async fn reviews_of_a_deleted_user_stay_without_the_name() {
    let lamp = Lamp::on_sale().await;
    let (ann, order) = lamp.owner("ann").await;
    ann.post(&lamp.path, stars(&order, 5)).await.created();
    ann.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    // The erasure goes on wherever it was cut off.
    lamp.shop.start("erase-user").await;
    lamp.shop.aws.clear_calls();
    lamp.shop.aws.fault_nth(4, Fault::Crash(testkit::When::Before));
    lamp.shop.drain_queues().await;
    let reviews = lamp.reviews().await;
    assert_eq!((reviews.len(), reviews[0].get("author"), &reviews[0]["rating"]), (1, None, &json!(5)));
    assert_eq!(lamp.rating().await["count"], 1);
    let items = lamp.shop.aws.items("Table");
    let named = |item: &&Value| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("REVIEW"));
    for item in items.iter().filter(named) {
        assert!(!item.to_string().contains(&ann.id) && !item.to_string().contains("ann S."), "{item:#}");
    }
}
