//! What shoppers find.

use std::time::Duration;

use serde_json::json;

use crate::shop::boutique::Boutique;
use crate::shop::people::id;
use crate::shop::world::{Answer, Shop};

impl Shop {
    /// Searches as a guest, after all changes were indexed and the index was looked at again.
    pub async fn search(&self, query: &str) -> Answer {
        self.drain_queues().await;
        self.clock.advance(Duration::from_secs(6));
        self.guest().get(&format!("/products/search?{query}")).await
    }

    /// The names of the products that are found.
    pub async fn found(&self, query: &str) -> Vec<String> {
        names(&self.search(query).await)
    }
}

/// The names of the products of an answer.
pub fn names(answer: &Answer) -> Vec<String> {
    let products = answer.ok()["products"].as_array().unwrap().iter();
    products.map(|product| product["name"].as_str().unwrap().to_owned()).collect()
}

/// A boutique with a lamp, a shirt, a chair below the category *Seats*, and a cup of a brand.
async fn furnished() -> Boutique {
    let boutique = Boutique::open().await;
    let admin = boutique.shop.member("admin", true).await;
    let seats = id(admin.post("/categories", json!({ "name": "Seats" })).await.created());
    let chairs = json!({ "name": "Armchairs", "parent_id": seats });
    let chairs = id(admin.post("/categories", chairs).await.created());
    for (name, sku, price, category, more) in [
        ("Oak reader", "CH-7", 90_00, &chairs, json!({ "description": "With a soft seat of wool." })),
        ("Café cup", "CUP-1", 4_00, &boutique.category, json!({ "brand": "Müller" })),
    ] {
        let mut product = json!({
            "name": name, "sku": sku, "price": { "amount": price, "currency": "USD" },
            "category_id": category, "stock": 3,
        });
        product.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        boutique.seller.post("/products", product).await.created();
    }
    boutique
}

#[tokio::test(start_paused = true)]
async fn a_search_finds_words_in_every_text_of_a_product() {
    let boutique = furnished().await;
    let shop = &boutique.shop;
    for (query, expected) in [
        ("q=oak", vec!["Oak reader"]),
        ("q=OAK%20READERS", vec!["Oak reader"]),
        ("q=wool", vec!["Oak reader"]),
        ("q=ch-7", vec!["Oak reader"]),
        ("q=armchair", vec!["Oak reader"]),
        ("q=seats", vec!["Oak reader"]),
        ("q=muller", vec!["Café cup"]),
        ("q=cafe+cups", vec!["Café cup"]),
        ("q=caf", vec!["Café cup"]),
        ("q=red+shirt", vec!["Shirt"]),
        ("q=the+shirt", vec!["Shirt"]),
        ("q=shrit", vec!["Shirt"]),
        ("q=green+shirt", vec![]),
        ("q=%E2%98%82", vec![]),
    ] {
        assert_eq!(shop.found(query).await, expected, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_without_words_lists_what_the_filters_leave() {
    let boutique = furnished().await;
    let shop = &boutique.shop;
    let category = boutique.category.clone();
    let store = shop.guest().get(&boutique.path()).await.ok()["store_id"].clone();
    let store = store.as_str().unwrap();
    for (query, expected) in [
        ("q=&q=%20&sort=name".to_owned(), vec!["A lamp", "Café cup", "Oak reader", "Shirt"]),
        ("sort=price_asc".to_owned(), vec!["Café cup", "Shirt", "A lamp", "Oak reader"]),
        ("sort=price_desc&max_price=1500".to_owned(), vec!["A lamp", "Shirt", "Café cup"]),
        ("sort=name".to_owned(), vec!["A lamp", "Café cup", "Oak reader", "Shirt"]),
        ("min_price=1000&max_price=1000".to_owned(), vec!["Shirt"]),
        (format!("category_id={category}&sort=name"), vec!["A lamp", "Café cup", "Shirt"]),
        (format!("store_id={store}&q=shirt"), vec!["Shirt"]),
        ("brand=MULLER".to_owned(), vec!["Café cup"]),
        ("option=colour:RED".to_owned(), vec!["Shirt"]),
        ("option=Colour:Green&option=Colour:Blue".to_owned(), vec!["Shirt"]),
        ("option=Colour:Red&option=Size:XL".to_owned(), vec![]),
        ("in_stock=false".to_owned(), vec![]),
        ("min_rating=1".to_owned(), vec![]),
    ] {
        assert_eq!(shop.found(&query).await, expected, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_total_facets_and_highlights() {
    let boutique = furnished().await;
    let answer = boutique.shop.search("q=cafe").await;
    let found = answer.ok();
    assert_eq!(answer.body["meta"]["pagination"], json!({ "limit": 20, "next_cursor": null, "total": 1 }));
    assert_eq!(found["products"][0]["highlights"], json!([[0, 4]]));
    assert_eq!(found["facets"]["brands"], json!([{ "value": "Müller", "count": 1 }]));
    assert_eq!(found["facets"]["prices"], json!([{ "min_price": 200, "max_price": 499, "count": 1 }]));

    let all = boutique.shop.search("").await.ok()["facets"].clone();
    assert_eq!(all["categories"].as_array().unwrap().len(), 2, "{all:#}");
    let values = json!([{ "value": "Blue", "count": 1 }, { "value": "Red", "count": 1 }]);
    assert_eq!(all["options"][0], json!({ "name": "Colour", "values": values }));
    let nothing = boutique.shop.search("q=chiar+reader").await;
    assert_eq!(names(&nothing), [""; 0]);
    assert_eq!(nothing.ok()["did_you_mean"], "reader", "{:#}", nothing.body);
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_search_show_each_product_once() {
    let wares: Vec<_> = (0..23).map(|number| format!("thing {number:02}")).collect();
    let names: Vec<_> = wares.iter().map(|name| format!("A {name}")).collect();
    let wares: Vec<_> = wares.iter().map(|name| (name.as_str(), 5_00, 1)).collect();
    let (shop, _) = Shop::with_products(&wares).await;
    for sort in ["relevance", "newest", "price_asc", "price_desc", "name", "rating"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = shop.search(&format!("q=thing&sort={sort}&limit=5{cursor}")).await;
            seen.extend(self::names(&page));
            let pagination = &page.body["meta"]["pagination"];
            assert_eq!(pagination["total"], 23);
            let Some(next) = pagination["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        if sort == "name" {
            assert_eq!(seen, names);
        }
        seen.sort_unstable();
        assert_eq!(seen, names, "{sort}");
    }
    let foreign = shop.search("q=thing&limit=5").await.body["meta"]["pagination"]["next_cursor"].clone();
    let refused = shop.search(&format!("q=things&cursor={}", foreign.as_str().unwrap())).await;
    refused.refused(400, &[("MALFORMED", "cursor")]);
}

#[tokio::test(start_paused = true)]
async fn what_shoppers_do_not_see_is_not_found() {
    let boutique = furnished().await;
    let shop = &boutique.shop;
    let variant = boutique.variant("S-BM").await;
    boutique.edit_variant(&variant, json!({ "is_active": false })).await.ok();
    assert_eq!(shop.found("q=blue").await, [""; 0]);
    assert_eq!(shop.found("q=S-BM").await, [""; 0]);
    boutique.edit(json!({ "is_active": false })).await.ok();
    // The index may not know it yet; the page leaves it out.
    shop.clock.advance(Duration::from_secs(6));
    assert_eq!(names(&shop.guest().get("/products/search?q=shirt").await), [""; 0]);
    assert_eq!(shop.found("q=shirt").await, [""; 0]);
    boutique.edit(json!({ "is_active": true })).await.ok();
    assert_eq!(shop.found("q=shirt").await, ["Shirt"]);
    boutique.seller.call("DELETE", &boutique.path(), None).await.data(204);
    assert_eq!(shop.found("q=shirt").await, [""; 0]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn suggestions_complete_what_is_typed() {
    let boutique = furnished().await;
    let shop = &boutique.shop;
    shop.search("").await.ok();
    let suggested = async |typed: &str| {
        let answer = shop.guest().get(&format!("/products/suggest?q={typed}")).await;
        let texts = answer.ok().as_array().unwrap().iter();
        texts
            .map(|one| format!("{}: {}", one["type"].as_str().unwrap(), one["text"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(suggested("oak%20re").await, ["product: Oak reader"]);
    assert_eq!(suggested("m%C3%BCl").await, ["brand: Müller", "product: Café cup"]);
    assert_eq!(suggested("arm").await, ["category: Armchairs", "product: Oak reader"]);
    assert_eq!(suggested("").await, [""; 0]);
    assert_eq!(suggested("xyzzy").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn hostile_texts_are_answered_or_refused() {
    let boutique = furnished().await;
    boutique.shop.search("").await.ok();
    let long = "x".repeat(10_000);
    let words = "a ".repeat(99);
    for (text, status) in [
        (long.as_str(), 422),
        (words.as_str(), 200),
        ("a\0b", 422),
        ("\u{202e}lamp", 422),
        ("سراج", 200),
        ("💡🔦", 200),
        ("the of and", 200),
        ("name:lamp AND (brand:* OR \"x)~2^9 +-!{}[]", 200),
        ("'; DROP TABLE products; --", 200),
        ("a\u{301}\u{301}\u{301}\u{301}", 200),
        ("***", 200),
        ("黒いランプ", 200),
    ] {
        let encoded: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded = encoded.concat();
        for path in ["search", "suggest"] {
            let answer = boutique.shop.guest().get(&format!("/products/{path}?q={encoded}")).await;
            assert_eq!(answer.status, status, "{path}: {text:.40}: {:#}", answer.body);
        }
    }
    boutique.shop.search("option=red").await.refused(422, &[("INVALID", "option[0]")]);
    boutique.shop.search(&"option=a:b&".repeat(20)).await.ok();
    boutique.shop.search(&"option=a:b&".repeat(21)).await.refused(422, &[("TOO_LONG", "option")]);
    boutique.shop.search("min_price=2&max_price=1").await.refused(422, &[("OUT_OF_RANGE", "max_price")]);
    boutique.shop.search("q=a&q=b").await.refused(422, &[("INVALID", "q")]);
}
