//! Stock: what sellers add and take out. No unit appears or disappears otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::promises::audit::audit;
use crate::shop::boutique::{Boutique, variant};
use crate::shop::people::{Person, purchase};
use crate::shop::world::{Answer, Shop, together};

impl Person {
    async fn move_stock(&self, product: &str, change: Value) -> Answer {
        self.post(&format!("/products/{product}/stock"), change).await
    }

    async fn stock(&self, product: &str) -> Value {
        self.get(&format!("/products/{product}/stock")).await.ok().clone()
    }
}

/// The units on hand, and the movements with their reasons, the newest first.
fn told(stock: &Value) -> (i64, Vec<(i64, &str)>) {
    let movements = stock["movements"].as_array().unwrap().iter();
    let movements =
        movements.map(|one| (one["delta"].as_i64().unwrap(), one["reason"].as_str().unwrap_or("")));
    (stock["on_hand"].as_i64().unwrap(), movements.collect())
}

#[tokio::test(start_paused = true)]
async fn a_seller_moves_stock_and_sees_the_movements() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let (seller, lamp) = (shop.find("seller").await, products[0].as_str());
    let wind = || shop.clock.advance(std::time::Duration::from_secs(1));
    wind();
    let moved = seller.move_stock(lamp, json!({ "delta": 12, "reason": "A delivery" })).await;
    assert_eq!(told(moved.ok()), (15, vec![(12, "A delivery")]));
    wind();
    assert_eq!(told(seller.move_stock(lamp, json!({ "delta": -5 })).await.ok()), (10, vec![(-5, "")]));
    wind();
    let counted = json!({ "on_hand": 7, "expected": 10, "reason": "Counted" });
    assert_eq!(told(seller.move_stock(lamp, counted.clone()).await.ok()), (7, vec![(-3, "Counted")]));
    seller.move_stock(lamp, counted).await.refused(409, &[("STOCK_CHANGED", "")]);
    seller.move_stock(lamp, json!({ "delta": -8 })).await.refused(409, &[("OUT_OF_STOCK", "")]);
    seller.move_stock(lamp, json!({ "delta": 999_999_994 })).await.refused(422, &[("OUT_OF_RANGE", "delta")]);
    wind();
    seller.move_stock(lamp, json!({ "delta": -7 })).await.ok();
    wind();
    assert_eq!(shop.guest().get(&format!("/products/{lamp}")).await.ok()["in_stock"], false);
    seller.move_stock(lamp, json!({ "on_hand": 1_000_000_000, "expected": 0 })).await.ok();

    // The newest first, in pages. The opening stock is the first movement.
    let path = format!("/products/{lamp}/stock");
    let (mut deltas, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let page = seller.get(&next).await;
        deltas.extend(told(page.ok()).1.into_iter().map(|(delta, _)| delta));
        let Some(cursor) = page.body["meta"]["pagination"]["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=2&cursor={cursor}");
    }
    assert_eq!(deltas, [1_000_000_000, -7, -3, -5, 12, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_stock_change_is_refused_with_every_reason() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let vase = shop.sell("rival", &[("vase", 9_00, 1)]).await.remove(0);
    let (seller, lamp) = (shop.find("seller").await, products[0].as_str());
    for (change, field, code) in [
        (json!({}), "delta", "REQUIRED"),
        (json!({ "delta": 0 }), "delta", "OUT_OF_RANGE"),
        (json!({ "delta": 1_000_000_001 }), "delta", "OUT_OF_RANGE"),
        (json!({ "delta": 1.5 }), "delta", "INVALID"),
        (json!({ "delta": 1, "expected": 3 }), "delta", "INVALID"),
        (json!({ "on_hand": 1 }), "expected", "REQUIRED"),
        (json!({ "expected": 1 }), "on_hand", "REQUIRED"),
        (json!({ "on_hand": -1, "expected": 3 }), "on_hand", "OUT_OF_RANGE"),
        (json!({ "delta": 1, "price": 3 }), "price", "UNKNOWN_FIELD"),
    ] {
        seller.move_stock(lamp, change).await.refused(422, &[(code, field)]);
    }
    let one = || json!({ "delta": 1 });
    let (rival, admin) = (shop.find("rival").await, shop.member("admin", true).await);
    rival.move_stock(lamp, one()).await.refused(404, &[("NOT_FOUND", "")]);
    rival.get(&format!("/products/{lamp}/stock")).await.refused(404, &[("NOT_FOUND", "")]);
    shop.member("ann", false).await.move_stock(lamp, one()).await.refused(403, &[("FORBIDDEN", "")]);
    let path = format!("/products/{lamp}/stock");
    let key = [("idempotency-key", "two words")];
    seller.call_with("POST", &path, &key, Some(one())).await.refused(400, &[("MALFORMED", "")]);
    // A cursor is valid only for the stock that it was made for.
    seller.move_stock(lamp, one()).await.ok();
    let page = seller.get(&format!("{path}?limit=1")).await;
    let cursor = page.body["meta"]["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let foreign = format!("/products/{vase}/stock?cursor={cursor}");
    admin.get(&foreign).await.refused(400, &[("MALFORMED", "cursor")]);
    assert_eq!(told(&admin.stock(lamp).await).0, 4);
}

#[tokio::test(start_paused = true)]
async fn a_movement_under_a_key_happens_once_even_if_answers_are_lost() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 3)]).await;
    let (seller, lamp) = (shop.find("seller").await, products[0].as_str());
    let path = format!("/products/{lamp}/stock");
    let keyed = async |key: &str, change: Value| {
        seller.call_with("POST", &path, &[("idempotency-key", key)], Some(change)).await
    };
    let first = keyed("a", json!({ "delta": 2 })).await;
    seller.move_stock(lamp, json!({ "delta": 10 })).await.ok();
    let again = keyed("a", json!({ "delta": 2 })).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!((&again.ok()["movements"], &again.ok()["on_hand"]), (&first.ok()["movements"], &json!(15)));
    keyed("a", json!({ "delta": 3 })).await.refused(422, &[("IDEMPOTENCY_KEY_REUSED", "")]);
    // A repeat gets the same answer even if the present state would refuse it.
    keyed("b", json!({ "on_hand": 20, "expected": 15 })).await.ok();
    assert_eq!(told(keyed("b", json!({ "on_hand": 20, "expected": 15 })).await.ok()).0, 20);

    for (number, answer) in
        together((0..8).map(|_| keyed("c", json!({ "delta": 5 })))).await.into_iter().enumerate()
    {
        assert_eq!(told(answer.ok()).0, 25, "{number}");
    }
    let calls = {
        shop.aws.clear_calls();
        keyed("d", json!({ "delta": 1 })).await.ok();
        shop.aws.calls().len()
    };
    let mut expected = 26;
    for call in 1..=calls {
        for fault in [Fault::Timeout(When::After), Fault::Hang(When::After), Fault::Crash(When::After)] {
            let key = format!("{call}{fault:?}").replace([' ', '(', ')'], "");
            shop.aws.clear_calls();
            shop.aws.fault_nth(call, fault.clone());
            let headers = [("idempotency-key", key.as_str())];
            let one = || Some(json!({ "delta": 1 }));
            let lost = seller.try_call("POST", &path, &headers, one()).await;
            shop.aws.no_faults();
            assert!(lost.is_err() || lost.is_ok_and(|answer| matches!(answer.status, 200 | 503)));
            expected += 1;
            assert_eq!(told(keyed(&key, json!({ "delta": 1 })).await.ok()).0, expected, "{call} {fault:?}");
        }
    }
}

/// How many requests of each of the three kinds run at the same time.
const CROWD: usize = 64;

#[tokio::test(start_paused = true)]
async fn concurrent_edits_sales_and_movements_gain_and_lose_no_unit() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 40)]).await;
    let (seller, lamp) = (shop.find("seller").await, products[0].as_str());
    let mut buyers = Vec::new();
    for number in 0..CROWD {
        buyers.push(shop.member(&format!("buyer{number}"), false).await);
    }
    shop.aws.interleave_by(3);
    // Two of three transactions conflict with another one.
    shop.aws.on(|call| match call.transaction_items() {
        items if items > 0 && call.nth % 3 != 0 => Fault::Conflict(call.nth % items),
        _ => Fault::None,
    });
    let edits = together((0..CROWD).map(|number| {
        let edit = match number % 3 {
            0 => json!({ "name": format!("Lamp {number}") }),
            1 => json!({ "brand": format!("Brand {number}") }),
            _ => json!({ "is_active": number % 2 == 0 }),
        };
        let seller = &seller;
        async move { seller.call("PATCH", &format!("/products/{lamp}"), Some(edit)).await }
    }));
    let sales = together(buyers.iter().map(|buyer| async move {
        let mut wanted = purchase();
        wanted["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
        buyer.call_with("POST", "/orders", &[("idempotency-key", "one")], Some(wanted)).await
    }));
    let movements = together((0..CROWD).map(|number| {
        let delta = if number % 2 == 0 { 3 } else { -2 };
        seller.move_stock(lamp, json!({ "delta": delta }))
    }));
    let (edits, sales, movements) = Box::pin(async { tokio::join!(edits, sales, movements) }).await;
    shop.aws.no_faults();

    let done = |answers: &[Answer]| answers.iter().filter(|answer| answer.status < 300).count();
    for answer in edits.iter().chain(&sales).chain(&movements) {
        assert!(matches!(answer.status, 200 | 201 | 409 | 503), "{:#}", answer.body);
    }
    assert!(done(&edits) > 0 && done(&sales) > 0 && done(&movements) > 0);
    shop.drain_queues().await;

    // The sums that must agree: the movements that the seller sees, and the orders.
    let (mut moved, mut next) = (0, None::<String>);
    let seller = shop.again(&seller);
    let on_hand = loop {
        let cursor = next.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = seller.get(&format!("/products/{lamp}/stock?limit=100{cursor}")).await;
        moved += told(page.ok()).1.iter().map(|(delta, _)| delta).sum::<i64>();
        next = page.body["meta"]["pagination"]["next_cursor"].as_str().map(str::to_owned);
        if next.is_none() {
            break told(page.ok()).0;
        }
    };
    let sold = i64::try_from(done(&sales)).unwrap();
    assert_eq!(on_hand, moved - sold);
    let books = audit(&shop, &BTreeMap::from([(lamp.to_owned(), moved)])).await;
    assert_eq!(books.breaches, Vec::<String>::new());
    let report = shop::examine(&shop.table(), 10_000, |_| {}).await.unwrap();
    assert_eq!(report.findings, [], "{report}");
    // A movement whose answer was lost may have happened without its caller's knowledge, but no other.
    let told_of: i64 =
        movements.iter().filter(|answer| answer.status == 200).map(|answer| told(answer.ok()).1[0].0).sum();
    assert_eq!(moved, 40 + told_of);
}

#[tokio::test(start_paused = true)]
async fn movements_belong_to_a_variant() {
    let boutique = Boutique::open().await;
    let Boutique { seller, shop, .. } = &boutique;
    let (medium, large) = (boutique.variant("S-RM").await, boutique.variant("S-RL").await);
    let path = format!("{}/stock", boutique.path());
    let moves = async |variant: &str, delta: i64| {
        let body = json!({ "delta": delta, "variant_id": variant });
        seller.call_with("POST", &path, &[("idempotency-key", "one-key")], Some(body)).await
    };
    // The same key names a movement of each.
    assert_eq!(moves(&medium, 1).await.ok()["on_hand"], 8);
    assert_eq!(moves(&large, 1).await.ok()["on_hand"], 6);
    assert_eq!(moves(&large, 1).await.headers["idempotent-replayed"], "true");
    let seen = async |query: &str| seller.get(&format!("{path}?{query}")).await;
    let page = seen(&format!("variant_id={medium}&limit=1")).await;
    assert_eq!((&page.ok()["variant_id"], &page.ok()["movements"][0]["delta"]), (&json!(medium), &json!(1)));
    let cursor = page.body["meta"]["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let next = seen(&format!("variant_id={medium}&limit=1&cursor={cursor}")).await;
    assert_eq!(next.ok()["movements"][0]["delta"], 7);
    seen(&format!("variant_id={large}&limit=1&cursor={cursor}"))
        .await
        .refused(400, &[("MALFORMED", "cursor")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_repeated_movement_is_answered_whatever_variants_came_and_went() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let seller = shop.find("seller").await;
    let path = format!("/products/{}", products[0]);
    let options = json!([{ "name": "Shade", "values": [{ "name": "Linen" }, { "name": "Glass" }] }]);
    let change = json!({ "options": options, "values": { "Shade": "Glass" } });
    seller.call("PATCH", &path, Some(change)).await.ok();
    let stock = format!("{path}/stock");
    let moves = async || {
        let key = [("idempotency-key", "once")];
        seller.call_with("POST", &stock, &key, Some(json!({ "delta": 2 }))).await
    };
    let first = moves().await.ok().clone();
    let linen = json!({ "variants": [variant("linen", json!({ "Shade": "Linen" }), 14_00, 4)] });
    seller.post(&format!("{path}/variants"), linen).await.created();
    assert_eq!(moves().await.ok(), &first, "with a second variant");
    let gone = format!("{path}/variants/{}", first["variant_id"].as_str().unwrap());
    seller.call("DELETE", &gone, None).await.data(204);
    let again = moves().await;
    assert_eq!((again.ok(), &again.headers["idempotent-replayed"]), (&first, &"true".to_owned()));
    // The variant that is left is the only one, though not the first.
    for delta in [1, 2] {
        shop.clock.advance(Duration::from_millis(1));
        seller.post(&stock, json!({ "delta": delta })).await.ok();
    }
    let page = seller.get(&format!("{stock}?limit=1")).await;
    let cursor = page.body["meta"]["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let next = seller.get(&format!("{stock}?limit=1&cursor={cursor}")).await;
    assert_eq!((&page.ok()["on_hand"], &next.ok()["movements"][0]["delta"]), (&json!(7), &json!(1)));
    shop.drain_queues().await;
}
