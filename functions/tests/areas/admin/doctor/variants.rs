//! The doctor of a product with variants.

use super::*;
use crate::shop::boutique::{Boutique, one_of_many};

/// What the seller sells: three variants with 5 units each, of which Ann has bought 2 and 1. A fourth is
/// deleted, and Ann has 1 of it, too.
struct Shirt {
    id: String,
    order: String,
}

impl Clinic {
    async fn sell_shirts(&self) -> Shirt {
        let seller = self.shop.find("seller").await;
        let category = self.shop.guest().get("/categories").await.ok()[0]["id"].clone();
        let sizes = ["S", "M", "L", "XL"];
        let variant = |size: &&str| {
            json!({
                "values": { "Size": size }, "sku": format!("shirt-{size}"), "stock": 5,
                "price": { "amount": 10_00, "currency": "USD" },
            })
        };
        let shirt = json!({
            "name": "A shirt", "category_id": category,
            "options": [{ "name": "Size", "values": sizes.map(|size| json!({ "name": size })) }],
            "variants": sizes.iter().map(variant).collect::<Vec<_>>(),
        });
        let made = seller.post("/products", shirt).await;
        let id = made.created()["id"].as_str().unwrap().to_owned();
        let variants: Vec<_> = made.created()["variants"].as_array().unwrap().clone();
        let item =
            |place: usize, quantity| json!({ "variant_id": variants[place]["id"], "quantity": quantity });
        let mut purchase = crate::shop::people::purchase();
        purchase["items"] = json!([item(0, 2), item(1, 1), item(3, 1)]);
        let key = [("idempotency-key", "shirts")];
        let placed = self.ann.call_with("POST", "/orders", &key, Some(purchase)).await;
        let order = placed.created()["id"].as_str().unwrap().to_owned();
        let last = variants[3]["id"].as_str().unwrap();
        seller.call("DELETE", &format!("/products/{id}/variants/{last}"), None).await.data(204);
        Shirt { id, order }
    }
}

#[tokio::test(start_paused = true)]
async fn units_that_return_to_a_deleted_variant_are_not_missing() {
    let clinic = Box::pin(Clinic::open()).await;
    let shirt = clinic.sell_shirts().await;
    for is_cancelled in [false, true] {
        if is_cancelled {
            clinic.ann.call("POST", &format!("/orders/{}/cancel", shirt.order), None).await.ok();
        }
        clinic.shop.clock.advance(Duration::from_mins(2));
        let report = clinic.examine().await;
        assert_eq!(report.findings, [], "{report}");
        let items = clinic.shop.aws.items("Table");
        let pk = format!("PRODUCT#{}", shirt.id);
        let deleted =
            items.iter().find(|item| item["pk"]["S"] == pk.as_str() && item["sk"]["S"] == "STOCK#003");
        let left = if is_cancelled { "5" } else { "4" };
        assert_eq!(
            (&deleted.unwrap()["on_hand"]["N"], &deleted.unwrap()["is_deleted"]["BOOL"]),
            (&json!(left), &json!(true))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_of_variants_is_found_and_named() {
    let clinic = Box::pin(Clinic::open()).await;
    let Shirt { id, .. } = clinic.sell_shirts().await;
    clinic.shop.drain_queues().await;
    clinic.shop.clock.advance(RETRY_SPAN);
    assert_eq!(clinic.examine().await.findings, []);
    let product = format!("PRODUCT#{id}");
    let stock = |place: &str, update, value| set(product.clone(), &format!("STOCK{place}"), update, value);
    let (no, values) = (AttributeValue::Bool(false), |id| AttributeValue::L(vec![number(id)]));
    let hidden = |place| stock(place, "SET is_active = :v, sellable = :v", no.clone());
    let prefix = format!("UNIQUE#SKU#{}#", clinic.store);
    let variant = |place: u8| {
        let place = place.try_into().unwrap();
        domain::ids::VariantId { product: id.parse().unwrap(), place }.to_string()
    };
    let movements = format!("STOCK#{}", variant(2));
    let items = clinic.shop.aws.items("Table");
    let moved = items.iter().find(|item| item["pk"]["S"] == movements.as_str()).unwrap();
    let moved = gone(movements.clone(), moved["sk"]["S"].as_str().unwrap());
    for (plants, subject, said) in [
        (
            vec![stock("#001", "SET on_hand = :v", number(3))],
            variant(1),
            "there were 5, 3 are on hand and 1 in orders: 1 missing",
        ),
        (vec![stock("", "SET on_hand = :v", number(4))], variant(0), "1 too many"),
        (vec![stock("#003", "SET on_hand = :v", number(5))], variant(3), "1 too many"),
        (vec![stock("#002", "SET on_hand = :v", number(-1))], id.clone(), "L: -1 are on hand"),
        (
            vec![stock("#001", "SET #values = :v", values(1))],
            id.clone(),
            "two of its variants are \u{201c}S\u{201d}",
        ),
        (
            vec![stock("#001", "SET #values = :v", values(9))],
            id.clone(),
            "it does not have one value of each option",
        ),
        (
            vec![stock("#001", "REMOVE sku", number(0))],
            id.clone(),
            "M: it has no SKU, so nobody can read the product",
        ),
        (
            vec![gone(format!("{prefix}shirt-m"), "UNIQUE")],
            id.clone(),
            "the SKU \u{201c}shirt-M\u{201d} is not reserved, so another product can take it",
        ),
        (vec![hidden(""), hidden("#001"), hidden("#002")], id.clone(), "it has no active variant"),
        (
            vec![stock("#001", "SET edited_in = :v", number(7))],
            id.clone(),
            "an edit is written only in part: it counts 3, its variants 9; nobody can edit it",
        ),
        (
            vec![stock("#002", "SET sellable = :v", no.clone())],
            id.clone(),
            "L: it is shown: true, but can be sold: false",
        ),
        (vec![moved], id.clone(), "L: its movements add up to 0, not to 5"),
    ] {
        let report = clinic.with(&plants).await;
        let found: Vec<_> = report.findings.iter().filter(|found| found.subject == subject).collect();
        assert!(
            found.iter().any(|found| found.rule == Rule::Stock && found.detail.contains(said)),
            "{said}\n{report}"
        );
        assert!(report.findings.iter().all(|found| found.rule == Rule::Stock), "{report}");
    }
    assert_eq!(clinic.examine().await.findings, []);
}

#[tokio::test(start_paused = true)]
async fn a_product_that_has_used_a_hundred_places_is_read_whole() {
    let boutique = Boutique::open().await;
    let Boutique { shop, seller, category, .. } = &boutique;
    let many = shop.sell_in_many(seller, category, 80).await;
    let path = format!("/products/{many}/variants");
    let page = seller.get(&format!("/seller/products/{many}")).await.ok().clone();
    for number in 0..25 {
        let gone = page["variants"][number]["id"].as_str().unwrap();
        seller.call("DELETE", &format!("{path}/{gone}"), None).await.data(204);
        let next = one_of_many(number, 1);
        seller.post(&path, json!({ "variants": [next] })).await.created();
    }
    let report = examine(&shop.table(), 10_000, |_| {}).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    shop.drain_queues().await;
}
