//! Variants in carts and orders.

use serde_json::{Value, json};

use crate::areas::catalogue::listings::are_true;
use crate::shop::boutique::Boutique;
use crate::shop::goods::item;
use crate::shop::people::{PASSWORD, id, purchase};

#[tokio::test(start_paused = true)]
async fn each_variant_has_a_line_of_its_own_in_a_cart() {
    let boutique = Boutique::open().await;
    let ann = boutique.shop.member("ann", false).await;
    let (medium, large) = (boutique.variant("S-RM").await, boutique.variant("S-RL").await);
    ann.post("/cart/items", item(&medium, 2)).await.ok();
    let cart = ann.post("/cart/items", item(&large, 1)).await.ok().clone();
    assert_eq!(cart["items"].as_array().unwrap().len(), 2);
    // A product with several lines does not name one of them.
    let several = [("VARIANT_REQUIRED", "variant_id")];
    ann.set_in_cart(&boutique.shirt, 1).await.refused(422, &several);
    ann.remove_from_cart(&boutique.shirt).await.refused(422, &several);
    assert_eq!(ann.get("/cart").await.ok()["subtotal"]["amount"], 32_00);
    ann.remove_from_cart(&medium).await.ok();
    // Now it does, whichever is left.
    assert_eq!(ann.set_in_cart(&boutique.shirt, 3).await.ok()["items"][0]["variant_id"], large.as_str());
    ann.post("/cart/items", item(&medium, 1)).await.ok();
    ann.set_in_cart(&large, 0).await.ok();
    assert_eq!(ann.set_in_cart(&boutique.shirt, 2).await.ok()["items"][0]["variant_id"], medium.as_str());
    ann.clear_cart().await;
    ann.set_in_cart(&boutique.shirt, 2).await.refused(404, &[("NOT_FOUND", "")]);
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_anonymous_cart_with_variants_is_merged_at_the_login() {
    let boutique = Boutique::open().await;
    let (medium, large) = (boutique.variant("S-RM").await, boutique.variant("S-RL").await);
    boutique.shop.shopper("ann").await.post("/cart/items", item(&medium, 1)).await.ok();
    let guest = boutique.shop.guest();
    let token = guest.post("/cart/items", item(&medium, 1)).await.headers["x-cart-token"].clone();
    let guest = boutique.shop.guest_with_token(&token);
    guest.post("/cart/items", item(&large, 9)).await.ok();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    guest.post("/auth/login", body).await.ok();
    let ann = boutique.shop.log_in("ann@example.com").await;
    let cart = ann.get("/cart").await.ok().clone();
    let lines: Vec<_> = cart["items"].as_array().unwrap().iter().map(|line| &line["quantity"]).collect();
    assert_eq!(lines, [2, 5], "up to what is in stock: {cart:#}");
    ann.remove_from_cart(&large).await.ok();
    ann.set_in_cart(&boutique.shirt, 1).await.ok();
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn two_variants_of_one_product_are_bought_together() {
    let boutique = Boutique::open().await;
    let Boutique { shop, seller, .. } = &boutique;
    let ann = shop.shopper("ann").await;
    let (medium, large) = (boutique.variant("S-RM").await, boutique.variant("S-RL").await);
    ann.post("/cart/items", item(&medium, 2)).await.ok();
    ann.post("/cart/items", item(&large, 5)).await.ok();
    let order = ann.place_order().await.created().clone();
    assert_eq!(order["subtotal"]["amount"], 80_00);
    let lines = order["lines"].as_array().unwrap();
    let shown: Vec<_> = lines.iter().map(|line| [&line["variant"], &line["sku"]]).collect();
    assert_eq!(shown, [["Red / M", "S-RM"], ["Red / L", "S-RL"]]);
    let left = async |variant: &str| {
        let stock = seller.get(&format!("{}/stock?variant_id={variant}", boutique.path())).await;
        stock.ok()["on_hand"].as_i64().unwrap()
    };
    assert_eq!((left(&medium).await, left(&large).await), (5, 0));
    // Sold out is said of the variant.
    let buy = async |items: Value, key: &str| {
        let mut body = purchase();
        body["items"] = items;
        ann.call_with("POST", "/orders", &[("idempotency-key", key)], Some(body)).await
    };
    buy(json!([item(&large, 1)]), "a").await.refused(409, &[("OUT_OF_STOCK", &large)]);
    buy(json!([item(&medium, 6)]), "b").await.refused(409, &[("OUT_OF_STOCK", &medium)]);
    let by_product = json!([{ "product_id": boutique.shirt, "quantity": 1 }]);
    buy(by_product.clone(), "c").await.refused(422, &[("VARIANT_REQUIRED", "items[0].variant_id")]);
    ann.cancel(&id(&order)).await.ok();
    assert_eq!((left(&medium).await, left(&large).await), (7, 5));
    // The product names its only active variant.
    for sku in ["S-RM", "S-BM"] {
        let hidden = boutique.variant(sku).await;
        boutique.edit_variant(&hidden, json!({ "is_active": false })).await.ok();
    }
    let bought = buy(by_product.clone(), "d").await;
    assert_eq!(bought.created()["lines"][0]["variant_id"], large.as_str());
    assert_eq!(buy(by_product, "d").await.headers["idempotent-replayed"], "true");
    buy(json!([item(&medium, 1)]), "e").await.refused(409, &[("NO_LONGER_SOLD", &medium)]);
    // A deleted variant is named by its own id, also the first one.
    boutique.delete_variant(&medium).await.data(204);
    buy(json!([item(&medium, 1)]), "f").await.refused(409, &[("NO_LONGER_SOLD", &medium)]);
    boutique.edit(json!({ "is_active": false })).await.ok();
    let hidden = json!([{ "product_id": boutique.shirt, "quantity": 1 }]);
    buy(hidden, "g").await.refused(409, &[("NO_LONGER_SOLD", &medium)]);
    shop.drain_queues().await;
    let mails = shop.aws.mails();
    let told = mails.iter().any(|mail| mail.text.contains("Shirt (Red / L)"));
    assert!(told, "{:#?}", mails.iter().map(|mail| &mail.text).collect::<Vec<_>>());
    are_true(shop, "after all");
}

#[tokio::test(start_paused = true)]
async fn units_of_a_deleted_variant_return_to_it_and_are_not_sold() {
    let boutique = Boutique::open().await;
    let Boutique { shop, .. } = &boutique;
    let ann = shop.shopper("ann").await;
    let large = boutique.variant("S-RL").await;
    ann.post("/cart/items", item(&large, 2)).await.ok();
    let order = id(ann.place_order().await.created());
    ann.post("/cart/items", item(&large, 1)).await.ok();
    assert_eq!(boutique.delete_variant(&large).await.status, 204);
    let line = ann.get("/cart").await.ok()["items"][0].clone();
    assert_eq!(
        (&line["unavailable"], &line["name"], &line["variant"]),
        (&json!(true), &json!("Shirt"), &json!("Red / L"))
    );
    ann.place_order().await.refused(409, &[("NO_LONGER_SOLD", &large)]);
    ann.cancel(&order).await.ok();
    let left = shop.table().stock_now(large.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((left.on_hand, left.received, left.sellable, left.is_deleted), (5, 5, false, true));
    shop.drain_queues().await;
    are_true(shop, "after the return");
}
