//! The cost of products with options.

use serde_json::json;

use super::{Ledger, Most, Row};
use crate::shop::boutique::{Boutique, one_of_many, variant as new_variant};

/// All rows: a product with 12 variants, one with 80, and one that has used all its 200 places.
pub async fn rows() -> Vec<Row> {
    let boutique = Boutique::open().await;
    let Boutique { shop, seller, category, .. } = &boutique;
    let dozen = shop.sell_in_many(seller, category, 12).await;
    let (ann, guest) = (shop.shopper("ann").await, shop.guest());
    let (page, variants) = (format!("/products/{dozen}"), format!("/products/{dozen}/variants"));
    let variant = |product: &str, place: &str| format!("var_{}{place}", &product[4..]);
    let [first, second] = ["00", "01"].map(|place| variant(&dozen, place));
    // Every environment is warm.
    guest.get(&page).await.ok();
    ann.post("/cart/items", json!({ "variant_id": first, "quantity": 1 })).await.ok();
    ann.set_in_cart(&first, 1).await.ok();
    ann.place_order().await.created();
    let warm = boutique.variant("S-BM").await;
    boutique.edit_variant(&warm, json!({ "weight_grams": 1 })).await.ok();
    boutique.delete_variant(&warm).await.data(204);
    let blue = json!({ "Colour": "Blue", "Size": "L" });
    boutique.add(vec![new_variant("S-BL", blue, 1, 1)]).await.created();
    shop.drain_queues().await;

    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    ledger.count("product page, 12 variants", Most(1, 1.0, 0.0), guest.get(&page)).await;
    let adding = ann.post("/cart/items", json!({ "variant_id": second, "quantity": 1 }));
    ledger.count("add one of 12 variants to the cart", Most(2, 0.5, 1.0), adding).await;
    ledger.count("checkout of one of 12 variants", Most(3, 3.0, 15.0), ann.place_order()).await;
    let price = json!({ "price": { "amount": 4_00, "currency": "USD" } });
    let path = format!("{variants}/{}", variant(&dozen, "02"));
    let edit = seller.call("PATCH", &path, Some(price));
    ledger.count("price of one of 12 variants", Most(3, 2.0, 16.0), edit).await;
    let more = json!({ "variants": [one_of_many(12, 1)] });
    ledger.count("add a 13th variant", Most(3, 2.0, 17.0), seller.post(&variants, more)).await;
    let delete = seller.call("DELETE", &path, None);
    ledger.count("delete one of 13 variants", Most(3, 2.0, 20.0), delete).await;
    shop.drain_queues().await;
    let sold_out = json!({ "variant_id": variant(&dozen, "03"), "delta": -1 });
    seller.post(&format!("{page}/stock"), sold_out).await.ok();
    shop.deliver_stream().await;
    let what = "the lists learn that one of 12 variants is sold out";
    ledger.count(what, Most(2, 2.0, 0.0), shop.work_off("rows")).await;

    let tailored = shop.sell("tailor", &[("button", 1_00, 1)]).await;
    let seller = &shop.find("tailor").await;
    let button = format!("/products/{}", tailored[0]);
    seller.call("PATCH", &button, Some(json!({ "name": "Button" }))).await.ok();
    seller.call("DELETE", &button, None).await.data(204);
    let many = shop.sell_in_many(seller, category, 80).await;
    let of_many = format!("/products/{many}");
    let show = |is_active: bool| Some(json!({ "is_active": is_active }));
    ledger.count("product page, 80 variants", Most(1, 2.0, 0.0), guest.get(&of_many)).await;
    let hide = seller.call("PATCH", &of_many, show(false));
    ledger.count("hide a product with 80 variants", Most(3, 5.0, 181.0), hide).await;
    seller.call("PATCH", &of_many, show(true)).await.ok();
    // The last of 200 places; the variants before are deleted.
    for place in 0..120 {
        let path = format!("{of_many}/variants/{}", variant(&many, &two(place)));
        seller.call("DELETE", &path, None).await.data(204);
        let next = json!({ "variants": [one_of_many(place % 80, 1)] });
        seller.post(&format!("{of_many}/variants"), next).await.created();
    }
    shop.drain_queues().await;
    ledger.count("product page, 80 variants after 200", Most(1, 5.0, 0.0), guest.get(&of_many)).await;
    let delete = seller.call("DELETE", &of_many, None);
    ledger.count("delete a product with 80 variants", Most(9, 40.0, 375.0), delete).await;
    shop.drain_queues().await;
    ledger.rows
}

/// A place as the end of a variant's id.
fn two(number: usize) -> String {
    let digit = |place: usize| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[place]);
    format!("{}{}", digit(number / 32), digit(number % 32))
}
