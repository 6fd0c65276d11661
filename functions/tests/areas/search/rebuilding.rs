//! The index is built again, and by itself where there is none.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::areas::search::finding::names;
use crate::areas::search::indexing::fail_calls;
use crate::shop::people::Person;
use crate::shop::world::Shop;

async fn rebuild(admin: &Person) {
    admin.call("POST", "/admin/search/rebuild", None).await.data(202);
}

async fn state(admin: &Person) -> Value {
    admin.get("/admin/search/rebuild").await.ok().clone()
}

/// A shop with this many things, in the index, and its administrator.
async fn with_things(count: usize) -> (Shop, Person) {
    let wares: Vec<_> = (0..count).map(|number| format!("thing {number:03}")).collect();
    let wares: Vec<_> = wares.iter().map(|name| (name.as_str(), 5_00, 1)).collect();
    let (shop, _) = Shop::with_products(&wares).await;
    let admin = shop.member("admin", true).await;
    (shop, admin)
}

impl Shop {
    /// Loses the index, as a release with another form does: there is none of this form.
    pub async fn lose_index(&self) {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let table = aws_sdk_dynamodb::Client::new(&self.aws.quiet_config());
        let delete = table.delete_item().table_name("Table");
        delete.key("pk", key("SEARCH#1")).key("sk", key("INDEX")).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_message_builds_an_index_of_all_products() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    shop.sell("seller", &[("thing 1", 5_00, 1), ("thing 2", 5_00, 1), ("thing 3", 5_00, 1)]).await;
    assert_eq!(state(&admin).await, json!({}));
    shop.guest().get("/products/search?q=thing").await.ok();
    shop.drain_queues().await;
    let state = state(&shop.again(&admin)).await;
    assert_eq!((&state["live"]["products"], &state["rebuild"]), (&json!(3), &Value::Null), "{state:#}");
    assert_eq!(shop.found("q=thing").await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn of_two_instances_that_make_an_index_the_slower_reads_again() {
    let (shop, _) = with_things(1).await;
    shop.lose_index().await;
    let build = json!({ "v": 1, "rebuild": 0, "step": 0 }).to_string();
    shop.aws.queue("search").send(&build);
    let slow = shop.aws.queue("search").take_due(shop.clock.now());
    let row = shop.guest().get("/products?limit=1").await.ok()[0]["id"].clone();
    let path = format!("/products/{}", row.as_str().unwrap());
    let (seller, elsewhere) = (shop.find("seller").await, shop.elsewhere());
    // The slow one has read the product when it is renamed and the other makes an index of it.
    let other = async {
        seller.call("PATCH", &path, Some(json!({ "name": "Renamed" }))).await.ok();
        elsewhere.follow_stream().await;
    };
    let index = ("SEARCH#", "attribute_not_exists(pk)");
    let (failed, ()) = shop.meanwhile(index, shop.deliver("search", &slow), other).await;
    assert_eq!(failed.unwrap(), [""; 0]);
    assert_eq!(shop.found("q=renamed").await, ["Renamed"]);
}

#[tokio::test(start_paused = true)]
async fn a_search_asks_for_an_index_where_there_is_none() {
    let (shop, _) = with_things(2).await;
    shop.drain_queues().await;
    shop.lose_index().await;
    // Nothing changes, so only the search can ask.
    let elsewhere = shop.elsewhere();
    assert_eq!(names(&elsewhere.guest().get("/products/search?q=thing").await), [""; 0]);
    shop.drain_queues().await;
    assert_eq!(shop.found("q=thing").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_old_index_is_searched_and_edited_until_the_new_one_is_complete() {
    // Two pages and a half.
    let (shop, admin) = with_things(500).await;
    shop.drain_queues().await;
    let admin = shop.again(&admin);
    assert_eq!(shop.search("q=thing").await.body["meta"]["pagination"]["total"], 500);
    rebuild(&admin).await;
    assert_eq!(shop.work_off("search").await.unwrap(), 1);
    let half = state(&admin).await;
    assert_eq!((&half["live"]["products"], &half["rebuild"]["products"]), (&json!(500), &json!(200)));
    let row = shop.guest().get("/products?limit=1").await.ok()[0]["id"].clone();
    let path = format!("/products/{}", row.as_str().unwrap());
    let seller = shop.find("seller").await;
    seller.call("PATCH", &path, Some(json!({ "name": "Renamed" }))).await.ok();
    shop.deliver_stream().await;
    // One message of the rebuild and one of the edit.
    assert_eq!(shop.work_off("search").await.unwrap(), 2);
    shop.clock.advance(Duration::from_secs(6));
    assert_eq!(names(&shop.guest().get("/products/search?q=renamed").await), ["Renamed"]);
    shop.drain_queues().await;
    let admin = shop.again(&admin);
    let whole = state(&admin).await;
    assert_eq!((&whole["live"]["products"], &whole["rebuild"]), (&json!(500), &Value::Null), "{whole:#}");
    assert_eq!(shop.found("q=renamed").await, ["Renamed"]);
    assert_eq!(shop.search("q=thing").await.body["meta"]["pagination"]["total"], 500);
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_goes_on_after_a_crash_or_a_fault_at_any_call() {
    for (fault, at) in [Fault::Crash(When::After), Fault::Fail(When::Before)]
        .iter()
        .flat_map(|fault| (1..=12).map(move |at| (fault, at)))
    {
        let (shop, admin) = with_things(3).await;
        shop.drain_queues().await;
        rebuild(&shop.again(&admin)).await;
        let calls = fail_calls(&shop, fault, at);
        shop.drain_queues().await;
        shop.aws.no_faults();
        shop.drain_queues().await;
        let state = state(&shop.again(&admin)).await;
        assert_eq!(
            (&state["live"]["products"], &state["rebuild"]),
            (&json!(3), &Value::Null),
            "{fault:?} at {at}"
        );
        assert_eq!(shop.dead_letters().len(), 0);
        // One page takes 7 calls: the item, a page of the list, three products, the pack, and the item again.
        assert!(calls.load(Ordering::Relaxed) >= 7);
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_holds_the_live_index_and_the_next_one() {
    let (shop, admin) = with_things(450).await;
    rebuild(&shop.again(&admin)).await;
    assert_eq!(shop.work_off("search").await.unwrap(), 1);
    // A new instance reads both once, however many pages it does.
    let elsewhere = shop.elsewhere();
    assert_eq!(elsewhere.work_off("search").await.unwrap(), 1);
    let reads = || shop.aws.calls().iter().filter(|call| call.info.operation == "GetObject").count();
    let before = reads();
    let rest = shop.aws.queue("search").take_due(shop.clock.now());
    assert_eq!(elsewhere.deliver("search", &rest).await.unwrap(), [""; 0]);
    assert_eq!(reads(), before);
}

#[tokio::test(start_paused = true)]
async fn a_second_rebuild_ends_the_first_and_both_sets_of_messages_come_to_rest() {
    let (shop, admin) = with_things(450).await;
    shop.drain_queues().await;
    let admin = shop.again(&admin);
    rebuild(&admin).await;
    assert_eq!(shop.work_off("search").await.unwrap(), 1);
    rebuild(&admin).await;
    shop.drain_queues_shuffled(7, 2).await;
    let state = state(&shop.again(&admin)).await;
    assert_eq!((&state["live"]["products"], &state["rebuild"]), (&json!(450), &Value::Null), "{state:#}");
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_repairs_an_index_whose_packs_are_gone() {
    let (shop, admin) = with_things(3).await;
    shop.drain_queues().await;
    let packs = providers::Packs::new(&shop.aws.quiet_config(), "SearchPacks".to_owned());
    packs.delete(shop.aws.objects("SearchPacks").into_keys()).await.unwrap();
    let shop = shop.elsewhere();
    shop.guest().get("/products/search?q=thing").await.refused(503, &[("TRY_AGAIN", "")]);
    rebuild(&shop.again(&admin)).await;
    let row = shop.guest().get("/products?limit=1").await.ok()[0]["id"].clone();
    let path = format!("/products/{}", row.as_str().unwrap());
    let seller = shop.find("seller").await;
    seller.call("PATCH", &path, Some(json!({ "name": "Renamed" }))).await.ok();
    assert_eq!(shop.found("q=thing").await.len(), 3);
    assert_eq!(shop.found("q=renamed").await, ["Renamed"]);
}

#[tokio::test(start_paused = true)]
async fn packs_that_nothing_needs_are_deleted_after_an_hour() {
    let (shop, _) = with_things(1).await;
    shop.drain_queues().await;
    for number in 0..40 {
        let seller = shop.again(&shop.find("seller").await);
        let row = shop.guest().get("/products?limit=1").await.ok()[0]["id"].clone();
        let path = format!("/products/{}", row.as_str().unwrap());
        seller.call("PATCH", &path, Some(json!({ "name": format!("thing {number}") }))).await.ok();
        shop.clock.advance(Duration::from_mins(20));
        shop.drain_queues().await;
    }
    let packs = shop.aws.objects("SearchPacks").len();
    assert!(packs <= 20, "{packs} packs are left of 40 edits");
    assert_eq!(shop.found("q=39").await, ["thing 39"]);
}

#[tokio::test(start_paused = true)]
async fn only_administrators_rebuild_the_index() {
    let (shop, _) = with_things(1).await;
    let ann = shop.shopper("ann").await;
    for (method, path) in [("POST", "/admin/search/rebuild"), ("GET", "/admin/search/rebuild")] {
        assert_eq!(ann.call(method, path, None).await.status, 403);
        assert_eq!(shop.guest().call(method, path, None).await.status, 401);
    }
    shop.drain_queues().await;
}
