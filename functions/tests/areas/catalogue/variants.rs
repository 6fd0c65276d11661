//! Options and variants: what a seller may write, and what a shopper sees.

use serde_json::{Value, json};

use crate::areas::catalogue::listings::are_true;
use crate::shop::boutique::{Boutique, one_of_many, shirt, variant};
use crate::shop::goods::item;
use crate::shop::people::id;
use crate::shop::world::Shop;

/// The skus of a page, in order.
fn skus(page: &Value) -> Vec<&str> {
    page["variants"].as_array().unwrap().iter().map(|variant| variant["sku"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_product_has_a_variant_for_each_choice_that_its_seller_offers() {
    let boutique = Boutique::open().await;
    let page = boutique.shop.guest().get(&boutique.path()).await.ok().clone();
    assert_eq!((&page["price"]["amount"], &page["price_to"]["amount"]), (&json!(10_00), &json!(12_00)));
    assert_eq!(
        (&page["available"], &page["in_stock"], &page["sku"]),
        (&json!(12), &json!(true), &Value::Null)
    );
    assert_eq!(page["options"][0]["name"], "Colour");
    assert_eq!(page["options"][1]["values"][1]["name"], "L");
    assert_eq!(skus(&page), ["S-RM", "S-RL", "S-BM"]);
    let last = &page["variants"][2];
    assert_eq!(last["values"], json!({ "Colour": "Blue", "Size": "M" }));
    assert_eq!((&last["available"], &last["in_stock"]), (&json!(0), &json!(false)));
    assert_eq!(boutique.row().await, json!([10_00, 12_00, 3, true]));
    are_true(&boutique.shop, "a new product with variants");
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_plain_product_has_one_variant_and_needs_no_other_word() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let (ann, seller) = (shop.member("ann", false).await, shop.find("seller").await);
    let path = format!("/products/{}", products[0]);
    let page = shop.guest().get(&path).await.ok().clone();
    assert_eq!(
        (&page["options"], &page["price_to"], &page["sku"]),
        (&json!([]), &Value::Null, &json!("lamp"))
    );
    let only = page["variants"].as_array().unwrap();
    assert_eq!((only.len(), &only[0]["values"], &only[0]["sku"]), (1, &json!({}), &json!("lamp")));
    let variant = id(&only[0]);
    assert_eq!(variant, format!("var_{}00", &products[0][4..]));

    // Both ids name the same line, in every request.
    ann.add_to_cart(&products[0], 1).await.ok();
    let cart = ann.post("/cart/items", item(&variant, 1)).await.ok().clone();
    assert_eq!(cart["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&cart["items"][0]["quantity"], &cart["items"][0]["variant_id"]),
        (&json!(2), &json!(variant))
    );
    assert_eq!(ann.set_in_cart(&variant, 3).await.ok()["items"][0]["quantity"], 3);
    assert_eq!(ann.set_in_cart(&products[0], 4).await.ok()["items"][0]["quantity"], 4);
    let order = ann.place_order().await;
    let line = &order.created()["lines"][0];
    assert_eq!((&line["variant_id"], &line["variant"]), (&json!(variant), &Value::Null));
    let stock = seller.get(&format!("{path}/stock?variant_id={variant}")).await;
    assert_eq!(stock.ok()["on_hand"], 5);
    // Its variant is edited like any other.
    let own = format!("{path}/variants/{variant}");
    let heavier = seller.call("PATCH", &own, Some(json!({ "weight_grams": 900 }))).await;
    assert_eq!(heavier.ok()["variants"][0]["weight_grams"], 900);
    let gone = seller.call("DELETE", &own, None).await;
    gone.refused(409, &[("LAST_VARIANT", "")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn bad_variants_of_a_new_product_are_named() {
    let boutique = Boutique::open().await;
    let values = |body: &mut Value, number: usize, values: Value| body["variants"][number]["values"] = values;
    boutique.refuses(&|body| body["variants"] = Value::Null, &[("REQUIRED", "variants")]).await;
    boutique.refuses(&|body| body["variants"] = json!([]), &[("TOO_SHORT", "variants")]).await;
    boutique.refuses(&|body| body["sku"] = json!("X"), &[("INVALID", "sku")]).await;
    boutique
        .refuses(
            &|body| body["options"] = json!([]),
            &[
                ("INVALID", "variants[0].values"),
                ("INVALID", "variants[1].values"),
                ("INVALID", "variants[2].values"),
            ],
        )
        .await;
    boutique
        .refuses(&|body| values(body, 1, json!({ "Colour": "Red" })), &[("REQUIRED", "variants[1].values")])
        .await;
    boutique
        .refuses(
            &|body| values(body, 1, json!({ "Colour": "Red", "Size": "S" })),
            &[("INVALID", "variants[1].values")],
        )
        .await;
    let other = json!({ "Colour": "Red", "Size": "L", "Cut": "slim" });
    boutique.refuses(&|body| values(body, 1, other.clone()), &[("INVALID", "variants[1].values")]).await;
    let twice = json!({ "Colour": "Red", "colour": "Blue", "Size": "L" });
    boutique.refuses(&|body| values(body, 1, twice.clone()), &[("INVALID", "variants[1].values")]).await;
    // Case and gaps make no difference.
    let same = json!({ "colour": "RED", "size": " m " });
    boutique.refuses(&|body| values(body, 1, same.clone()), &[("INVALID", "variants[1].values")]).await;
    boutique
        .refuses(&|body| body["variants"][2]["sku"] = json!("t-1"), &[("INVALID", "variants[2].sku")])
        .await;
    let euro = json!({ "amount": 1, "currency": "EUR" });
    boutique
        .refuses(
            &|body| body["variants"][0]["price"] = euro.clone(),
            &[("INVALID", "variants[0].price.currency")],
        )
        .await;
    let image = json!("img_00000000000000000000000000");
    boutique
        .refuses(
            &|body| body["variants"][0]["image_id"] = image.clone(),
            &[("INVALID", "variants[0].image_id")],
        )
        .await;
    boutique
        .refuses(
            &|body| body["variants"][0]["weight_grams"] = json!(0),
            &[("OUT_OF_RANGE", "variants[0].weight_grams")],
        )
        .await;
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn bad_options_of_a_new_product_are_named() {
    let boutique = Boutique::open().await;
    let Boutique { seller, category, .. } = &boutique;
    boutique
        .refuses(&|body| body["options"][1]["name"] = json!("COLOUR"), &[("INVALID", "options[1].name")])
        .await;
    let twice = json!({ "name": "red" });
    boutique
        .refuses(
            &|body| body["options"][0]["values"][1] = twice.clone(),
            &[("INVALID", "options[0].values[1].name")],
        )
        .await;
    boutique.refuses(&|body| body["options"][0]["id"] = json!(0), &[("INVALID", "options[0].id")]).await;
    boutique
        .refuses(&|body| body["options"][0]["values"] = json!([]), &[("TOO_SHORT", "options[0].values")])
        .await;
    let option = |name: &str, count: usize, text: &str| {
        let values: Vec<_> = (0..count).map(|number| json!({ "name": format!("{text}{number}") })).collect();
        json!({ "name": name, "values": values })
    };
    boutique
        .refuses(&|body| body["options"][0] = option("Colour", 51, "c"), &[("TOO_LONG", "options[0].values")])
        .await;
    let long = "x".repeat(36);
    let large = json!([option("Colour", 25, &long), option("Size", 25, &long)]);
    boutique.refuses(&|body| body["options"] = large.clone(), &[("TOO_LONG", "options")]).await;
    let four: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| option(name, 1, "v")).collect();
    boutique.refuses(&|body| body["options"] = json!(four), &[("TOO_LONG", "options")]).await;
    let many: Vec<_> = (0..26).map(|number| variant(&format!("M-{number}"), json!({}), 1, 1)).collect();
    boutique.refuses(&|body| body["variants"] = json!(many), &[("TOO_LONG", "variants")]).await;
    // Without options there is the short form.
    let short =
        json!({ "name": "Vase", "category_id": category, "price": { "amount": 1, "currency": "USD" } });
    seller.post("/products", short).await.refused(422, &[("REQUIRED", "sku"), ("REQUIRED", "stock")]);
    let taken = seller.post("/products", shirt(category)).await;
    let skus = ["variants[0].sku", "variants[1].sku", "variants[2].sku"];
    taken.refused(409, &skus.map(|sku| ("SKU_TAKEN", sku)));
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn variants_are_added_edited_and_deleted_by_their_seller() {
    let boutique = Boutique::open().await;
    let Boutique { shop, seller, shirt, .. } = &boutique;
    let before = seller.get(&format!("/seller/products/{shirt}")).await;
    let blue = |size: &str| json!({ "Colour": "Blue", "Size": size });
    let added = boutique.add(vec![variant("S-BL", blue("L"), 8_00, 2)]).await;
    assert_eq!(skus(added.created()), ["S-RM", "S-RL", "S-BM", "S-BL"]);
    assert_eq!(boutique.row().await, json!([8_00, 12_00, 4, true]));
    are_true(shop, "after an addition");
    boutique
        .add(vec![variant("S-X", blue("L"), 1, 1)])
        .await
        .refused(409, &[("VALUES_TAKEN", "variants[0].values")]);
    let again = boutique.add(vec![variant("s-bl", blue("S"), 1, 1)]).await;
    again.refused(422, &[("INVALID", "variants[0].values")]);
    let path = format!("{}/variants", boutique.path());
    let one = json!({ "variants": [variant("S-Y", blue("L"), 1, 1)] });
    let stale = seller.if_match("POST", &path, &before.headers["etag"], one).await;
    stale.refused(412, &[("VERSION_MISMATCH", "")]);
    let none = seller.if_match("POST", &path, "\"0\"", json!({ "variants": [] })).await;
    none.refused(422, &[("TOO_SHORT", "variants")]);

    let red = boutique.variant("S-RL").await;
    let price =
        json!({ "price": { "amount": 15_00, "currency": "USD" }, "sku": "S-RED", "weight_grams": 210 });
    let edited = boutique.edit_variant(&red, price).await.ok().clone();
    assert_eq!(skus(&edited), ["S-RM", "S-RED", "S-BM", "S-BL"]);
    assert_eq!(
        (&edited["price_to"]["amount"], &edited["variants"][1]["weight_grams"]),
        (&json!(15_00), &json!(210))
    );
    assert_eq!(boutique.row().await, json!([8_00, 15_00, 4, true]));
    boutique.edit_variant(&red, json!({ "sku": "s-rm" })).await.refused(409, &[("SKU_TAKEN", "sku")]);
    boutique.edit_variant(&red, json!({ "sku": "lamp" })).await.refused(409, &[("SKU_TAKEN", "sku")]);
    boutique.edit_variant(&red, json!({ "sku": null })).await.refused(422, &[("INVALID", "sku")]);
    let lighter = boutique.edit_variant(&red, json!({ "weight_grams": null })).await;
    assert_eq!(lighter.ok()["variants"][1]["weight_grams"], Value::Null);

    // Shoppers do not see an inactive variant, and nobody buys it.
    boutique.edit_variant(&red, json!({ "is_active": false })).await.ok();
    let shown = shop.guest().get(&boutique.path()).await.ok().clone();
    assert_eq!((skus(&shown).len(), &shown["price_to"]["amount"]), (3, &json!(10_00)));
    assert_eq!(skus(&boutique.page().await).len(), 4);
    assert_eq!(boutique.row().await, json!([8_00, 10_00, 3, true]));
    let ann = shop.member("ann", false).await;
    ann.post("/cart/items", item(&red, 1)).await.refused(404, &[("NOT_FOUND", "")]);
    are_true(shop, "after a variant was hidden");

    assert_eq!(boutique.delete_variant(&red).await.status, 204);
    boutique.delete_variant(&red).await.refused(404, &[("NOT_FOUND", "")]);
    boutique.edit_variant(&red, json!({ "is_active": true })).await.refused(404, &[("NOT_FOUND", "")]);
    assert_eq!(skus(&boutique.page().await), ["S-RM", "S-BM", "S-BL"]);
    // Its SKU and values are free again, and its id is not used again.
    let again = boutique.add(vec![variant("S-RED", json!({ "Colour": "Red", "Size": "L" }), 9_00, 1)]).await;
    let newest = id(&again.created()["variants"][3]);
    assert!(newest.ends_with("04") && newest != red, "{newest}");
    are_true(shop, "at the end");
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn the_last_active_variant_stays() {
    let boutique = Boutique::open().await;
    let [first, second, third] = ["S-RM", "S-RL", "S-BM"];
    boutique.edit_variant(&boutique.variant(first).await, json!({ "is_active": false })).await.ok();
    assert_eq!(boutique.delete_variant(&boutique.variant(second).await).await.status, 204);
    let last = boutique.variant(third).await;
    boutique.delete_variant(&last).await.refused(409, &[("LAST_VARIANT", "")]);
    boutique.edit_variant(&last, json!({ "is_active": false })).await.refused(409, &[("LAST_VARIANT", "")]);
    assert_eq!(boutique.row().await, json!([10_00, null, null, false]));
    boutique.edit_variant(&boutique.variant(first).await, json!({ "is_active": true })).await.ok();
    assert_eq!(boutique.row().await, json!([10_00, null, 2, true]));
    assert_eq!(boutique.delete_variant(&last).await.status, 204);
    are_true(&boutique.shop, "with one variant left");
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn options_are_renamed_reordered_and_added_but_never_taken_from_a_variant() {
    let boutique = Boutique::open().await;
    let page = boutique.page().await;
    let (colour, size) = (page["options"][0].clone(), page["options"][1].clone());
    let mut renamed = colour.clone();
    renamed["values"][0]["name"] = json!("Crimson");
    let green = json!({ "name": "Green" });
    renamed["values"].as_array_mut().unwrap().push(green);
    let edited = boutique.edit(json!({ "options": [size, renamed] })).await.ok().clone();
    assert_eq!(edited["options"][0]["name"], "Size");
    assert_eq!(edited["variants"][0]["values"], json!({ "Colour": "Crimson", "Size": "M" }));
    let ids = |option: &Value| -> Vec<_> {
        option["values"].as_array().unwrap().iter().map(|value| value["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(&edited["options"][1])[..2], ids(&colour)[..]);

    // What a variant uses stays; what none uses goes, and its id with it.
    let in_use = [("OPTION_IN_USE", "options")];
    boutique.edit(json!({ "options": [edited["options"][0]] })).await.refused(409, &in_use);
    boutique.edit(json!({ "options": [] })).await.refused(409, &in_use);
    let mut fewer = edited["options"].clone();
    let gone = fewer[1]["values"].as_array_mut().unwrap().pop().unwrap();
    boutique.edit(json!({ "options": fewer })).await.ok();
    fewer[1]["values"].as_array_mut().unwrap().push(json!({ "name": "Green" }));
    let back = boutique.edit(json!({ "options": fewer })).await.ok().clone();
    assert_ne!(back["options"][1]["values"][2]["id"], gone["id"]);
    fewer[1]["values"][2] = json!({ "id": gone["id"], "name": "Green" });
    boutique.edit(json!({ "options": fewer })).await.refused(422, &[("INVALID", "options[1].values[2].id")]);

    // A new option needs the value that the present variants take.
    let cut = json!({ "name": "Cut", "values": [{ "name": "Slim" }, { "name": "Wide" }] });
    let mut more = back["options"].clone();
    more.as_array_mut().unwrap().push(cut);
    boutique.edit(json!({ "options": more })).await.refused(422, &[("REQUIRED", "values")]);
    let wrong = json!({ "options": more, "values": { "Cut": "Tight" } });
    boutique.edit(wrong).await.refused(422, &[("INVALID", "values")]);
    let other = json!({ "options": more, "values": { "Cut": "Slim", "Colour": "Blue" } });
    boutique.edit(other).await.refused(422, &[("INVALID", "values")]);
    boutique.edit(json!({ "values": { "Cut": "Slim" } })).await.refused(422, &[("INVALID", "values")]);
    let cut = boutique.edit(json!({ "options": more, "values": { "cut": "slim" } })).await.ok().clone();
    let first = json!({ "Colour": "Crimson", "Size": "M", "Cut": "Slim" });
    assert_eq!(cut["variants"][0]["values"], first);
    let wide = json!({ "Colour": "Crimson", "Size": "M", "Cut": "Wide" });
    boutique.add(vec![variant("S-W", wide, 10_00, 1)]).await.created();
    are_true(&boutique.shop, "after all");
    boutique.shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_plain_product_gets_options() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
    let (ann, seller) = (shop.member("ann", false).await, shop.find("seller").await);
    let path = format!("/products/{}", products[0]);
    ann.add_to_cart(&products[0], 1).await.ok();
    let options = json!([{ "name": "Shade", "values": [{ "name": "Linen" }, { "name": "Glass" }] }]);
    let change = json!({ "options": options, "values": { "Shade": "Glass" } });
    let page = seller.call("PATCH", &path, Some(change)).await.ok().clone();
    assert_eq!((&page["sku"], &page["variants"][0]["sku"]), (&Value::Null, &json!("lamp")));
    assert_eq!(page["variants"][0]["values"], json!({ "Shade": "Glass" }));
    let linen = json!({ "variants": [variant("lamp-linen", json!({ "Shade": "Linen" }), 14_00, 4)] });
    seller.post(&format!("{path}/variants"), linen).await.created();
    are_true(&shop, "with a second variant");

    // The cart's line goes on, and shows what it is.
    let cart = ann.get("/cart").await.ok().clone();
    assert_eq!(
        (&cart["items"][0]["variant"], &cart["items"][0]["unavailable"]),
        (&json!("Glass"), &json!(false))
    );
    let order = ann.place_order().await.created().clone();
    assert_eq!((&order["lines"][0]["variant"], &order["lines"][0]["sku"]), (&json!("Glass"), &json!("lamp")));
    // One variant is named from now on.
    let required = [("VARIANT_REQUIRED", "variant_id")];
    ann.add_to_cart(&products[0], 1).await.refused(422, &required);
    seller.get(&format!("{path}/stock")).await.refused(422, &required);
    seller.post(&format!("{path}/stock"), json!({ "delta": 1 })).await.refused(422, &required);
    let change = json!({ "price": { "amount": 1, "currency": "USD" } });
    seller.call("PATCH", &path, Some(change)).await.refused(422, &[("VARIANT_REQUIRED", "price")]);
    seller
        .call("PATCH", &path, Some(json!({ "sku": "x" })))
        .await
        .refused(422, &[("VARIANT_REQUIRED", "sku")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_variant_of_another_product_is_missing() {
    let boutique = Boutique::open().await;
    let Boutique { shop, seller, category, .. } = &boutique;
    let mut other = shirt(category);
    for (number, sku) in ["T-1", "T-2", "T-3"].into_iter().enumerate() {
        other["variants"][number]["sku"] = json!(sku);
    }
    let other = seller.post("/products", other).await.created().clone();
    let foreign = id(&other["variants"][1]);
    let missing = [("NOT_FOUND", "")];
    boutique.edit_variant(&foreign, json!({ "weight_grams": 1 })).await.refused(404, &missing);
    boutique.delete_variant(&foreign).await.refused(404, &missing);
    let stock = format!("{}/stock", boutique.path());
    seller.get(&format!("{stock}?variant_id={foreign}")).await.refused(404, &missing);
    seller.post(&stock, json!({ "delta": 1, "variant_id": foreign })).await.refused(404, &missing);
    boutique.edit_variant("var_1", json!({})).await.refused(404, &missing);
    // Those of another seller are missing as well, and shoppers may not write at all.
    shop.sell("rival", &[("vase", 9_00, 1)]).await;
    let rival = shop.find("rival").await;
    let own = boutique.variant("S-RM").await;
    let path = format!("{}/variants/{own}", boutique.path());
    rival.call("PATCH", &path, Some(json!({ "weight_grams": 1 }))).await.refused(404, &missing);
    rival.call("DELETE", &path, None).await.refused(404, &missing);
    let ann = shop.member("ann", false).await;
    ann.call("DELETE", &path, None).await.refused(403, &[("FORBIDDEN", "")]);
    // A cart and an order cannot name a variant that does not exist.
    let none = format!("{}zz", &own[..30]);
    let nowhere = format!("{}67", &own[..30]);
    ann.post("/cart/items", item(&none, 1)).await.refused(422, &[("INVALID", "variant_id")]);
    ann.post("/cart/items", item(&nowhere, 1)).await.refused(404, &missing);
    let mismatch = json!({ "variant_id": foreign, "product_id": boutique.shirt, "quantity": 1 });
    ann.post("/cart/items", mismatch).await.refused(422, &[("INVALID", "variant_id")]);
    ann.post("/cart/items", json!({ "quantity": 1 })).await.refused(422, &[("REQUIRED", "variant_id")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_product_has_80_variants_and_no_more() {
    let boutique = Boutique::open().await;
    let many = boutique.shop.sell_in_many(&boutique.seller, &boutique.category, 75).await;
    let boutique = Boutique { shirt: many, ..boutique };
    let more = |numbers: std::ops::Range<usize>| numbers.map(|number| one_of_many(number, 1)).collect();
    boutique.add(more(75..81)).await.refused(409, &[("TOO_MANY_VARIANTS", "")]);
    assert_eq!(boutique.add(more(75..80)).await.created()["variants"].as_array().unwrap().len(), 80);
    boutique.add(more(80..81)).await.refused(409, &[("TOO_MANY_VARIANTS", "")]);
    assert_eq!(boutique.shop.guest().get(&boutique.path()).await.ok()["available"], 80);
    boutique.edit(json!({ "is_active": false })).await.ok();
    boutique.edit(json!({ "is_active": true })).await.ok();
    are_true(&boutique.shop, "with 80 variants");
    boutique.seller.call("DELETE", &boutique.path(), None).await.data(204);
    boutique.shop.guest().get(&boutique.path()).await.refused(404, &[("NOT_FOUND", "")]);
    are_true(&boutique.shop, "after the deletion");
    // All SKUs are free again.
    boutique.shop.sell_in_many(&boutique.seller, &boutique.category, 80).await;
    boutique.shop.drain_queues().await;
}
