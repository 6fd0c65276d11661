//! Lines of a cart that are named by their product.

use serde_json::{Value, json};

use super::{Tailor, variant};
use crate::shop::people::{Person, purchase};
use crate::shop::world::Answer;

/// The lines of a cart: place and quantity.
fn lines(cart: &Value, product: &str) -> Vec<(u8, i64)> {
    let lines = cart["items"].as_array().unwrap().iter();
    let place = |line: &Value| (0..9).find(|place| line["variant_id"] == variant(product, *place)).unwrap();
    lines.map(|line| (place(line), line["quantity"].as_i64().unwrap())).collect()
}

async fn add(ann: &Person, product: &str, place: u8) -> Answer {
    ann.post("/cart/items", json!({ "variant_id": variant(product, place), "quantity": 1 })).await
}

#[tokio::test(start_paused = true)]
async fn a_product_names_a_line_of_a_cart_only_while_it_has_one() {
    let tailor = Tailor::open().await;
    let shirt = tailor.sell([9, 9, 9]).await;
    let (shop, several) = (&tailor.shop, [("VARIANT_REQUIRED", "variant_id")]);
    let ann = shop.member("ann", false).await;
    let shown = async || lines(ann.get("/cart").await.ok(), &shirt);
    ann.set_in_cart(&shirt, 2).await.refused(404, &[("NOT_FOUND", "")]);
    // The variant of the first place has the product's name in the cart, and the others have their own.
    for place in [0, 2] {
        add(&ann, &shirt, place).await.ok();
        assert_eq!(lines(ann.set_in_cart(&shirt, 3).await.ok(), &shirt), [(place, 3)]);
        assert_eq!(lines(ann.remove_from_cart(&shirt).await.ok(), &shirt), []);
    }
    for (one, other) in [(0, 1), (1, 2)] {
        add(&ann, &shirt, one).await.ok();
        add(&ann, &shirt, other).await.ok();
        ann.set_in_cart(&shirt, 3).await.refused(422, &several);
        ann.remove_from_cart(&shirt).await.refused(422, &several);
        assert_eq!(shown().await, [(one, 1), (other, 1)]);
        ann.remove_from_cart(&variant(&shirt, other)).await.ok();
        assert_eq!(lines(ann.set_in_cart(&shirt, 3).await.ok(), &shirt), [(one, 3)]);
        ann.clear_cart().await.data(204);
    }
    // Nothing is left of lines that have become an order, or come from another cart.
    add(&ann, &shirt, 1).await.ok();
    ann.post("/orders", purchase()).await.created();
    add(&ann, &shirt, 0).await.ok();
    assert_eq!(lines(ann.set_in_cart(&shirt, 2).await.ok(), &shirt), [(0, 2)]);
    let token = add(&shop.guest(), &shirt, 1).await.headers["x-cart-token"].clone();
    let login = crate::shop::people::login(&ann.email, crate::shop::people::PASSWORD);
    shop.guest_with_token(&token).post("/auth/login", login).await.ok();
    ann.set_in_cart(&shirt, 3).await.refused(422, &several);
    assert_eq!(shown().await, [(0, 2), (1, 1)]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_line_named_by_its_product_is_not_changed_when_another_is_added() {
    for place in [0, 1] {
        let tailor = Tailor::open().await;
        let shirt = tailor.sell([9, 9, 9]).await;
        let ann = tailor.shop.member("ann", false).await;
        add(&ann, &shirt, place).await.ok();
        let set = ann.set_in_cart(&shirt, 3);
        let added = async { add(&ann, &shirt, 2).await.ok().clone() };
        let (set, _) = tailor.shop.meanwhile(("CART#", "#others"), set, added).await;
        set.refused(422, &[("VARIANT_REQUIRED", "variant_id")]);
        assert_eq!(lines(ann.get("/cart").await.ok(), &shirt), [(place, 1), (2, 1)]);
    }
}
