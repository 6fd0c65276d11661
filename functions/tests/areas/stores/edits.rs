//! Stores, and changes by their owners.

use serde_json::{Value, json};

use crate::shop::people::{PASSWORD, Person, id};
use crate::shop::world::{Answer, Shop, seeds, together};

impl Person {
    async fn edit_store(&self, store: &str, change: Value) -> Answer {
        self.call("PATCH", &format!("/stores/{store}"), Some(change)).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_changes_only_in_named_fields_and_by_its_owner() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let store = json!({ "name": "Lamps", "description": "Old lamps" });
    let store = id(ann.post("/stores", store).await.created());
    let path = format!("/stores/{store}");

    let seen = shop.guest().get(&path).await;
    assert_eq!((&seen.ok()["name"], &seen.ok()["description"]), (&json!("Lamps"), &json!("Old lamps")));
    let changed = ann.if_match("PATCH", &path, &seen.headers["etag"], json!({ "name": "LAMPS" })).await;
    assert_eq!((&changed.ok()["name"], &changed.ok()["description"]), (&json!("LAMPS"), &json!("Old lamps")));
    let stale = ann.if_match("PATCH", &path, &seen.headers["etag"], json!({ "name": "Lights" })).await;
    stale.refused(412, &[("VERSION_MISMATCH", "")]);
    let cleared = ann.edit_store(&store, json!({ "description": null, "fulfilment": "manual" })).await;
    assert_eq!((&cleared.ok()["description"], &cleared.ok()["fulfilment"]), (&Value::Null, &json!("manual")));
    assert_eq!(shop.guest().get(&path).await.ok(), cleared.ok());
    let same = [("if-none-match", cleared.headers["etag"].as_str())];
    assert_eq!(shop.guest().call_with("GET", &path, &same, None).await.status, 304);

    let odd = json!({ "name": null, "fulfilment": "sometimes", "closed": true, "owner": ben.id });
    ann.edit_store(&store, odd).await.refused(
        422,
        &[
            ("UNKNOWN_FIELD", "closed"),
            ("UNKNOWN_FIELD", "owner"),
            ("INVALID", "name"),
            ("INVALID", "fulfilment"),
        ],
    );
    ben.edit_store(&store, json!({ "name": "Mine" })).await.refused(403, &[("FORBIDDEN", "")]);
    let other = ben.open_store("Desks").await;
    ben.edit_store(&store, json!({ "name": "Mine" })).await.refused(404, &[("NOT_FOUND", "")]);
    ben.edit_store(&other, json!({ "name": "lamps " })).await.refused(409, &[("NAME_TAKEN", "name")]);
    // A name that was given up can be taken by somebody else.
    ann.edit_store(&store, json!({ "name": "Lights" })).await.ok();
    ben.edit_store(&other, json!({ "name": "Lamps" })).await.ok();
}

#[tokio::test(start_paused = true)]
async fn one_of_several_stores_gets_a_name_and_no_name_is_lost() {
    for seed in seeds(6) {
        let shop = Shop::open();
        let mut owners = Vec::new();
        for number in 0..3 {
            let owner = shop.member(&format!("owner{number}"), false).await;
            let store = owner.open_store(&format!("Before {number}")).await;
            owners.push((owner, store));
        }
        shop.aws.interleave_by(seed);
        // One of the owners also asks for a second name.
        let wishes = [(0, "Wanted"), (1, "Wanted"), (2, "Wanted"), (0, "Else"), (0, "Wanted")];
        let answers = together(wishes.iter().map(|(owner, name)| {
            let (owner, store) = &owners[*owner];
            owner.edit_store(store, json!({ "name": name }))
        }));
        for answer in answers.await {
            assert!(matches!(answer.status, 200 | 409), "seed {seed}: {:#}", answer.body);
        }
        let mut names = Vec::new();
        for (_, store) in &owners {
            names.push(shop.guest().get(&format!("/stores/{store}")).await.ok()["name"].clone());
        }
        // Each name belongs to the store that shows it, and to no other.
        let newcomer = shop.member("newcomer", false).await;
        for name in ["Wanted", "Else", "Before 0", "Before 1", "Before 2"] {
            let held = names.iter().filter(|held| **held == name).count();
            assert!(held <= 1, "seed {seed}: {names:?}");
            let taken = newcomer.post("/stores", json!({ "name": name })).await.status;
            assert_eq!(taken == 409, held == 1, "seed {seed}: {name} of {names:?}");
            if taken == 201 {
                let farewell = json!({ "name": format!("Not {name}") });
                let own = newcomer.get("/users/me").await.ok()["store_id"].as_str().unwrap().to_owned();
                newcomer.edit_store(&own, farewell).await.ok();
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_of_a_deleted_owner_is_missing() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let store = ann.open_store("Lamps").await;
    let tag = shop.guest().get(&format!("/stores/{store}")).await.headers["etag"].clone();
    ann.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    let path = format!("/stores/{store}");
    shop.guest().get(&path).await.refused(404, &[("NOT_FOUND", "")]);
    let held = [("if-none-match", tag.as_str())];
    shop.guest().call_with("GET", &path, &held, None).await.refused(404, &[("NOT_FOUND", "")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn another_mode_applies_to_orders_placed_from_then_on() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let (ann, seller) = (shop.member("ann", false).await, shop.find("seller").await);
    let page = shop.guest().get(&format!("/products/{}", products[0])).await;
    let store = page.ok()["store_id"].as_str().unwrap();
    let mut orders = Vec::new();
    for mode in ["automatic", "manual"] {
        seller.edit_store(store, json!({ "fulfilment": mode })).await.ok();
        ann.add_to_cart(&products[0], 1).await.ok();
        orders.push(id(ann.place_order().await.created()));
    }
    shop.drain_queues().await;
    let ann = shop.again(&ann);
    assert_eq!(ann.order(&orders[0]).await.ok()["status"], "delivered");
    assert_eq!(ann.order(&orders[1]).await.ok()["status"], "paid");
}
