//! A shopper fills a cart and buys; the order arrives and is reviewed.

use serde_json::json;

use super::{NO_ORDER, NO_PRODUCT, Walk, sample, usd};
use crate::shop::people::{id, purchase};

impl Walk {
    pub(super) async fn fills_a_cart(&mut self) {
        let Self { seen, guest, ann, lamp, .. } = self;
        for path in ["/products", "/products/search?q=lamp", "/products/suggest?q=la"] {
            seen.see(guest, &format!("GET {path}"), None).await;
        }
        seen.refused("VALIDATION_ERROR", guest, "GET /products?limit=1000&sort=best", None).await;
        seen.refused("MALFORMED", guest, "GET /products?cursor=aaaaaaaaaaaa", None).await;
        seen.refused("VALIDATION_ERROR", guest, "GET /products/search?min_rating=9", None).await;
        let two = json!({ "product_id": lamp, "quantity": 2 });
        seen.see(ann, "POST /cart/items", Some(two)).await;
        let missing = Some(json!({ "product_id": NO_PRODUCT, "quantity": 1 }));
        seen.refused("NOT_FOUND", ann, "POST /cart/items", missing).await;
        let none = Some(json!({ "product_id": lamp, "quantity": 0 }));
        seen.refused("VALIDATION_ERROR", ann, "POST /cart/items", none).await;
        let line = format!("/cart/items/{lamp}");
        seen.see(ann, &format!("PATCH {line}"), Some(sample("set-quantity"))).await;
        let many = Some(json!({ "quantity": 100 }));
        seen.refused("VALIDATION_ERROR", ann, &format!("PATCH {line}"), many).await;
        seen.see(ann, "GET /cart", None).await;
        seen.see(ann, &format!("DELETE {line}"), None).await;
        seen.see(ann, "DELETE /cart", None).await;
    }

    pub(super) async fn buys(&mut self) {
        let Self { seen, ann, lamp, .. } = self;
        let cart = sample("place-order");
        seen.refused("CART_EMPTY", ann, "POST /orders", Some(cart.clone())).await;
        ann.add_to_cart(lamp, 30).await.ok();
        seen.refused("OUT_OF_STOCK", ann, "POST /orders", Some(cart.clone())).await;
        ann.set_in_cart(lamp, 2).await.ok();
        let mut dear = cart.clone();
        dear["expected_total"] = usd(10_00);
        seen.refused("CART_CHANGED", ann, "POST /orders", Some(dear)).await;
        seen.refused("VALIDATION_ERROR", ann, "POST /orders", Some(json!({}))).await;
        self.order = id(&seen.see_as("The cart", ann, "POST /orders", Some(cart)).await);
        let order = format!("/orders/{}", self.order);
        seen.see(ann, &format!("GET {order}/payment"), None).await;
        seen.refused("INVALID_TRANSITION", ann, &format!("POST {order}/complete"), None).await;
        self.drained().await;

        let Self { seen, ann, .. } = self;
        seen.see(ann, &format!("GET {order}"), None).await;
        seen.see(ann, "GET /orders", None).await;
        seen.refused("NOT_FOUND", ann, &format!("GET /orders/{NO_ORDER}"), None).await;
        let too_late = Some(sample("cancel-order"));
        seen.refused("INVALID_TRANSITION", ann, &format!("POST {order}/cancel"), too_late).await;
        seen.see(ann, &format!("POST {order}/complete"), None).await;
        let reviews = format!("/products/{}/reviews", self.lamp);
        let mut review = sample("create-review");
        review["order_id"] = json!(NO_ORDER);
        seen.refused("NOT_PURCHASED", ann, &format!("POST {reviews}"), Some(review.clone())).await;
        review["order_id"] = json!(self.order);
        seen.see(ann, &format!("POST {reviews}"), Some(review.clone())).await;
        review["rating"] = json!(4);
        seen.refused("ALREADY_REVIEWED", ann, &format!("POST {reviews}"), Some(review)).await;
        self.drained().await;
    }

    pub(super) async fn looks_around(&mut self) {
        let Self { seen, guest, admin, sam, .. } = self;
        seen.see(guest, &format!("GET /products/{}/reviews", self.lamp), None).await;
        seen.see(sam, "GET /seller/orders", None).await;
        seen.see(admin, "GET /admin/orders", None).await;
        seen.see(admin, "GET /admin/users", None).await;
    }

    /// One order is cancelled, and the seller moves another.
    pub(super) async fn ends_orders(&mut self) {
        let Self { seen, sam, ann, lamp, .. } = self;
        let mut one = purchase();
        one["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
        let places = async |key: &str| {
            let headers = [("idempotency-key", key)];
            id(ann.call_with("POST", "/orders", &headers, Some(one.clone())).await.created())
        };
        let unwanted = places("first").await;
        let reason = Some(sample("cancel-order"));
        seen.see(ann, &format!("POST /orders/{unwanted}/cancel"), reason).await;
        let by_hand = Some(json!({ "fulfilment": "manual" }));
        sam.call("PATCH", &format!("/stores/{}", self.store), by_hand).await.ok();
        let order = places("second").await;
        self.drained().await;
        let Self { seen, sam, .. } = self;
        let status = format!("PUT /orders/{order}/status");
        seen.see_as("Packed", sam, &status, Some(sample("move-order"))).await;
        let back = Some(json!({ "status": "delivered" }));
        seen.refused("INVALID_TRANSITION", sam, &status, back).await;
        let parcel = json!({ "status": "shipping", "tracking_number": "1Z999AA10123456784" });
        seen.see_as("With a carrier", sam, &status, Some(parcel)).await;
        self.drained().await;
    }
}
