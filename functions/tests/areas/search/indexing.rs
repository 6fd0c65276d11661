//! The index follows the table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use testkit::{CallInfo, Fault, When};

use crate::areas::search::finding::names;
use crate::shop::boutique::Boutique;
use crate::shop::world::{Shop, seeds, together};

/// A shop with a lamp, in the index.
async fn with_lamp() -> (Shop, String) {
    let (shop, mut products) = Shop::with_products(&[("lamp", 15_00, 2)]).await;
    shop.drain_queues().await;
    (shop, products.remove(0))
}

impl Shop {
    /// The names of all products that are found, and whether each is in stock, as the index says.
    async fn indexed(&self) -> Vec<String> {
        let mut found = Vec::new();
        for in_stock in [true, false] {
            for name in self.found(&format!("in_stock={in_stock}&sort=name")).await {
                found.push(format!("{name} {in_stock}"));
            }
        }
        found
    }
}

#[tokio::test(start_paused = true)]
async fn edits_sales_reviews_and_deletions_reach_the_index() {
    let (shop, lamp) = with_lamp().await;
    let seller = shop.find("seller").await;
    assert_eq!(shop.indexed().await, ["A lamp true"]);
    let path = format!("/products/{lamp}");
    let seller = shop.again(&seller);
    seller.call("PATCH", &path, Some(json!({ "name": "Lantern" }))).await.ok();
    assert_eq!(shop.found("q=lantern").await, ["Lantern"]);
    assert_eq!(shop.indexed().await, ["Lantern true"]);
    let seller = shop.again(&seller);
    seller.post(&format!("{path}/stock"), json!({ "delta": -2 })).await.ok();
    assert_eq!(shop.indexed().await, ["Lantern false"]);
    crate::areas::catalogue::reviews::said_before(&shop, &lamp, 1).await;
    assert_eq!(shop.found("min_rating=3").await, ["Lantern"]);
    assert_eq!(shop.found("min_rating=4").await, [""; 0]);
    let seller = shop.again(&seller);
    seller.post(&format!("{path}/stock"), json!({ "delta": 1 })).await.ok();
    assert_eq!(shop.indexed().await, ["Lantern true"]);
    let ann = shop.shopper("ann").await;
    ann.add_to_cart(&lamp, 1).await.ok();
    ann.place_order().await.created();
    assert_eq!(shop.indexed().await, ["Lantern false"]);
    shop.again(&seller).call("DELETE", &path, None).await.data(204);
    assert_eq!(shop.indexed().await, [""; 0]);
}

/// One random edit of a product: its name, price, stock, visibility, or its end.
async fn edit_at_random(shop: &Shop, path: &str, random: &mut fastrand::Rng) {
    let seller = shop.again(&shop.find("seller").await);
    let word = |random: &mut fastrand::Rng| ["oak", "ash", "elm", "fir"][random.usize(..4)];
    let change = match random.u8(..8) {
        0..3 => json!({ "name": format!("{} thing {}", word(random), random.u8(..)) }),
        3..5 => json!({ "price": { "amount": random.u32(1..9) * 100, "currency": "USD" } }),
        5 => json!({ "is_active": random.bool() }),
        _ => {
            // Too many units taken out are refused.
            seller.post(&format!("{path}/stock"), json!({ "delta": random.i8(-2..=2) | 1 })).await;
            return;
        }
    };
    seller.call("PATCH", path, Some(change)).await;
}

/// What a list or a search shows, without what only one of them has.
fn shown(rows: &serde_json::Value) -> Vec<String> {
    let rows = rows.as_array().unwrap().iter();
    let mut shown: Vec<_> =
        rows.map(|row| format!("{} {} {}", row["id"], row["name"], row["price"]["amount"])).collect();
    shown.sort_unstable();
    shown
}

/// `SEEDS=84` makes 5,040 edits.
#[tokio::test(start_paused = true)]
async fn the_index_equals_the_table_after_edits_repeats_and_crashes() {
    for seed in seeds(3) {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let names: Vec<_> = (0..6).map(|number| format!("thing {number}")).collect();
        let wares: Vec<_> = names.iter().map(|name| (name.as_str(), 5_00, 1)).collect();
        let (shop, products) = Shop::with_products(&wares).await;
        for _ in 0..12 {
            for _ in 0..5 {
                let product = &products[random.usize(..products.len())];
                edit_at_random(&shop, &format!("/products/{product}"), &mut random).await;
            }
            shop.deliver_stream().await;
            // Each message once or twice, in any order, to one of two instances that may die.
            let mut messages = shop.aws.queue("search").take_due(shop.clock.now());
            let again = messages.iter().filter(|_| random.bool()).cloned().collect::<Vec<_>>();
            messages.extend(again);
            random.shuffle(&mut messages);
            for batch in messages.chunks(2) {
                let dies = random.usize(1..12);
                fail_calls(
                    &shop,
                    &Fault::Crash(if random.bool() { When::Before } else { When::After }),
                    dies,
                );
                let instance = if random.bool() { shop.elsewhere() } else { shop.clone() };
                if instance.deliver("search", batch).await.is_err() {
                    shop.aws.no_faults();
                    assert_eq!(shop.elsewhere().deliver("search", batch).await.unwrap(), [""; 0]);
                }
                shop.aws.no_faults();
            }
        }
        for in_stock in [true, false] {
            let found = shop.search(&format!("in_stock={in_stock}")).await.ok()["products"].clone();
            let listed = shop.guest().get(&format!("/products?in_stock={in_stock}")).await.ok().clone();
            assert_eq!(shown(&found), shown(&listed), "seed {seed}, in stock: {in_stock}");
            let names = listed.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
            for name in names {
                let found = shop.found(&format!("q={}&in_stock={in_stock}", name.replace(' ', "+"))).await;
                assert!(found.iter().any(|found| found == name), "seed {seed}: {name} is not in {found:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sale_that_leaves_units_costs_the_index_nothing() {
    let (shop, lamp) = with_lamp().await;
    let ann = shop.shopper("ann").await;
    shop.drain_queues().await;
    let indexed = || shop.aws.calls().iter().filter(|call| &*call.info.caller == "index-products").count();
    let before = indexed();
    shop.again(&ann).add_to_cart(&lamp, 1).await.ok();
    shop.again(&ann).post("/orders", crate::shop::people::purchase()).await.created();
    shop.drain_queues().await;
    assert_eq!(indexed(), before);
}

#[tokio::test(start_paused = true)]
async fn a_crash_or_fault_at_any_call_of_an_edit_loses_nothing() {
    for fault in [
        Fault::Crash(When::Before),
        Fault::Crash(When::After),
        Fault::Fail(When::Before),
        Fault::Timeout(When::After),
    ] {
        for at in 1.. {
            let (shop, lamp) = with_lamp().await;
            let path = format!("/products/{lamp}");
            let seller = shop.find("seller").await;
            seller.call("PATCH", &path, Some(json!({ "name": "Lantern" }))).await.ok();
            let calls = fail_calls(&shop, &fault, at);
            shop.drain_queues().await;
            shop.aws.no_faults();
            shop.drain_queues().await;
            assert_eq!(shop.dead_letters().len(), 0, "{fault:?} at {at}");
            assert_eq!(shop.found("q=lantern").await, ["Lantern"], "{fault:?} at {at}");
            if calls.load(Ordering::Relaxed) < at {
                assert!(at > 4, "only {at} calls were tried");
                break;
            }
        }
    }
}

/// Puts a fault into a call of the worker, and its retries by the SDK; the first is number `from`. Returns
/// the number of its calls so far.
pub fn fail_calls(shop: &Shop, fault: &Fault, from: usize) -> Arc<AtomicUsize> {
    let count = if matches!(fault, Fault::Crash(_)) { 1 } else { 3 };
    let (calls, fault) = (Arc::new(AtomicUsize::new(0)), fault.clone());
    let counted = Arc::clone(&calls);
    shop.aws.on(move |call: &CallInfo| {
        let is_its = &*call.caller == "index-products";
        let number = if is_its { counted.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        if (from..from + count).contains(&number) && call.can(&fault) { fault.clone() } else { Fault::None }
    });
    calls
}

#[tokio::test(start_paused = true)]
async fn the_instance_that_loses_indexes_its_products_again() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 2), ("vase", 5_00, 2)]).await;
    shop.drain_queues().await;
    let seller = shop.find("seller").await;
    for (product, name) in products.iter().zip(["Lantern", "Jug"]) {
        seller.call("PATCH", &format!("/products/{product}"), Some(json!({ "name": name }))).await.ok();
    }
    shop.deliver_stream().await;
    let messages = shop.aws.queue("search").take_due(shop.clock.now());
    let [one, other] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    let elsewhere = shop.elsewhere();
    let edit = |shop: Shop, message: testkit::Message| async move {
        shop.deliver("search", &[message]).await.unwrap()
    };
    // The second instance writes between the first one's read and write of the index.
    let index = ("SEARCH#", "version = :seen");
    let both = shop.meanwhile(index, edit(shop.clone(), one.clone()), edit(elsewhere, other.clone())).await;
    assert_eq!(both, (vec![], vec![]));
    // Names are shown from the lists, so only a search for them shows what the index has.
    assert_eq!(shop.found("q=jug").await, ["Jug"]);
    assert_eq!(shop.found("q=lantern").await, ["Lantern"]);
}

#[tokio::test(start_paused = true)]
async fn repeated_and_reordered_messages_change_nothing() {
    let boutique = Boutique::open().await;
    let shop = &boutique.shop;
    shop.drain_queues().await;
    boutique.edit(json!({ "name": "Blouse" })).await.ok();
    shop.deliver_stream().await;
    let old = shop.aws.queue("search").take_due(shop.clock.now());
    boutique.edit(json!({ "name": "Tunic" })).await.ok();
    shop.drain_queues().await;
    let packs = shop.aws.objects("SearchPacks").len();
    for _ in 0..3 {
        assert_eq!(shop.deliver("search", &old).await.unwrap(), [""; 0]);
    }
    assert_eq!(shop.aws.objects("SearchPacks").len(), packs, "a repeat wrote a pack");
    assert_eq!(shop.found("q=tunic").await, ["Tunic"]);
    assert_eq!(shop.found("q=blouse").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_product_that_cannot_be_read_fails_alone() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 2), ("vase", 5_00, 2)]).await;
    shop.drain_queues().await;
    let seller = shop.find("seller").await;
    for product in &products {
        seller.call("PATCH", &format!("/products/{product}"), Some(json!({ "name": "New name" }))).await.ok();
    }
    let of_lamp = format!("PRODUCT#{}", products[0]);
    shop.aws.on(move |call| {
        let touches_lamp = call.request.to_string().contains(&of_lamp);
        match &*call.caller == "index-products" && touches_lamp {
            true => Fault::Refuse(400, "AccessDeniedException"),
            false => Fault::None,
        }
    });
    shop.deliver_stream().await;
    let messages = shop.aws.queue("search").take_due(shop.clock.now());
    let failed = shop.deliver("search", &messages).await.unwrap();
    assert_eq!(failed.len(), 1);
    shop.aws.no_faults();
    let left: Vec<_> = messages.into_iter().filter(|message| failed.contains(&message.id)).collect();
    assert_eq!(shop.found("q=new").await.len(), 1);
    assert_eq!(shop.deliver("search", &left).await.unwrap(), [""; 0]);
    assert_eq!(shop.found("q=new").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_index_before_is_searched_while_the_newest_cannot_be_read() {
    let (shop, lamp) = with_lamp().await;
    assert_eq!(shop.found("q=lamp").await, ["A lamp"]);
    let seller = shop.find("seller").await;
    seller.call("PATCH", &format!("/products/{lamp}"), Some(json!({ "description": "bright" }))).await.ok();
    shop.drain_queues().await;
    shop.aws.on(|call| match call.operation == "GetObject" {
        true => Fault::Refuse(403, "AccessDenied"),
        false => Fault::None,
    });
    shop.clock.advance(Duration::from_secs(6));
    assert_eq!(names(&shop.guest().get("/products/search?q=lamp").await), ["A lamp"]);
    assert_eq!(names(&shop.guest().get("/products/search?q=bright").await), [""; 0]);
    // A new instance has nothing to search.
    shop.elsewhere().guest().get("/products/search?q=lamp").await.refused(503, &[("TRY_AGAIN", "")]);
    shop.aws.no_faults();
    assert_eq!(shop.found("q=bright").await, ["A lamp"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_pack_delays_no_search_and_is_found_later() {
    let (shop, lamp) = with_lamp().await;
    assert_eq!(shop.found("q=lamp").await, ["A lamp"]);
    let seller = shop.find("seller").await;
    seller.call("PATCH", &format!("/products/{lamp}"), Some(json!({ "description": "bright" }))).await.ok();
    shop.drain_queues().await;
    shop.clock.advance(Duration::from_secs(6));
    let is_slow = Arc::new(AtomicBool::new(true));
    let slow = Arc::clone(&is_slow);
    shop.aws.on(move |call| match call.operation == "GetObject" && slow.swap(false, Ordering::Relaxed) {
        true => Fault::Hang(When::Before),
        false => Fault::None,
    });
    let began = tokio::time::Instant::now();
    assert_eq!(names(&shop.guest().get("/products/search?q=lamp").await), ["A lamp"]);
    assert!(began.elapsed() < Duration::from_millis(60), "{:?}", began.elapsed());
    shop.aws.no_faults();
    // The next requests go on with the same load, whose call is tried again.
    let mut searches = 0;
    while names(&shop.guest().get("/products/search?q=bright").await).is_empty() {
        searches += 1;
        assert!(searches < 20, "the newest snapshot never came");
        shop.clock.advance(Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn instances_that_index_and_search_at_once_disturb_no_one() {
    let wares: Vec<_> = (0..6).map(|number| format!("thing {number}")).collect();
    let wares: Vec<_> = wares.iter().map(|name| (name.as_str(), 5_00, 1)).collect();
    let (shop, _) = Shop::with_products(&wares).await;
    shop.deliver_stream().await;
    let messages = shop.aws.queue("search").take_due(shop.clock.now());
    let works = messages.chunks(2).map(|batch| {
        let (shop, batch) = (shop.elsewhere(), batch.to_vec());
        async move { shop.deliver("search", &batch).await.unwrap() }
    });
    shop.aws.interleave_by(7);
    let failed = together(works).await;
    assert_eq!(failed.concat(), [""; 0]);
    assert_eq!(shop.found("q=thing").await.len(), 6);
}
