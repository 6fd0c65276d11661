//! A seller opens a store, and sells a lamp and lampshades.

use serde_json::json;

use super::{NO_PRODUCT, Walk, sample, usd};
use crate::shop::outside::small_png;
use crate::shop::people::id;

impl Walk {
    pub(super) async fn opens_a_store(&mut self) {
        let Self { seen, guest, admin, sam, .. } = self;
        let short = json!({ "name": "L" });
        seen.refused("VALIDATION_ERROR", sam, "POST /stores", Some(short)).await;
        self.store = id(&seen.see(sam, "POST /stores", Some(sample("create-store"))).await);
        seen.refused("STORE_EXISTS", sam, "POST /stores", Some(sample("create-store"))).await;
        let store = format!("/stores/{}", self.store);
        seen.see(sam, &format!("PATCH {store}"), Some(sample("update-store"))).await;
        let outdated = [("if-match", "\"1\"")];
        let change = Some(sample("update-store"));
        seen.refused_with("VERSION_MISMATCH", sam, &format!("PATCH {store}"), &outdated, change).await;
        seen.see(guest, &format!("GET {store}"), None).await;

        let lighting = sample("create-category");
        seen.refused("FORBIDDEN", sam, "POST /categories", Some(lighting.clone())).await;
        self.category =
            id(&seen.see_as("At the top", admin, "POST /categories", Some(lighting.clone())).await);
        seen.refused("NAME_TAKEN", admin, "POST /categories", Some(lighting)).await;
        let below = json!({ "name": "Desk lamps", "parent_id": self.category });
        let below = id(&seen.see_as("Below another", admin, "POST /categories", Some(below)).await);
        let renamed = Some(sample("update-category"));
        seen.see(admin, &format!("PUT /categories/{}", self.category), renamed).await;
        let within = Some(json!({ "name": "Lamps and lights", "parent_id": below }));
        seen.refused("VALIDATION_ERROR", admin, &format!("PUT /categories/{}", self.category), within).await;
        seen.see(guest, "GET /categories", None).await;
    }

    pub(super) async fn sells_a_lamp(&mut self) {
        let Self { seen, guest, sam, .. } = self;
        let lamp = json!({
            "name": "Desk lamp", "description": "A lamp of brass that bends to where you read.",
            "brand": "Lumen", "sku": "LAMP-1", "price": usd(15_00), "category_id": self.category, "stock": 10,
        });
        self.lamp = id(&seen.see_as("A plain product", sam, "POST /products", Some(lamp.clone())).await);
        seen.refused("SKU_TAKEN", sam, "POST /products", Some(lamp.clone())).await;
        let mut free = lamp;
        free["price"]["amount"] = json!(0);
        free.as_object_mut().unwrap().remove("name");
        seen.refused("VALIDATION_ERROR", sam, "POST /products", Some(free)).await;
        let product = format!("/products/{}", self.lamp);
        let cheaper = json!({ "price": usd(14_50), "description": "It bends to where you read." });
        seen.see(sam, &format!("PATCH {product}"), Some(cheaper.clone())).await;
        let outdated = [("if-match", "\"1\"")];
        let route = format!("PATCH {product}");
        seen.refused_with("VERSION_MISMATCH", sam, &route, &outdated, Some(cheaper)).await;

        let stock = format!("{product}/stock");
        let delivery = Some(sample("move-stock"));
        seen.see_as("A delivery", sam, &format!("POST {stock}"), delivery).await;
        let count = json!({ "on_hand": 20, "expected": 22, "reason": "Two were broken." });
        seen.see_as("A stocktaking", sam, &format!("POST {stock}"), Some(count.clone())).await;
        seen.refused("STOCK_CHANGED", sam, &format!("POST {stock}"), Some(count)).await;
        let both = Some(json!({ "delta": 3, "on_hand": 23 }));
        seen.refused("VALIDATION_ERROR", sam, &format!("POST {stock}"), both).await;
        seen.see(sam, &format!("GET {stock}"), None).await;
        seen.see(sam, &format!("GET /seller{product}"), None).await;
        seen.refused("NOT_FOUND", guest, &format!("GET /products/{NO_PRODUCT}"), None).await;
    }

    pub(super) async fn sells_in_colours(&mut self) {
        let Self { seen, guest, sam, .. } = self;
        let colours: Vec<_> = ["Red", "Blue", "Green"].iter().map(|name| json!({ "name": name })).collect();
        let shade = json!({
            "name": "Lampshade", "description": "Linen, 40 cm wide.", "category_id": self.category,
            "options": [{ "name": "Colour", "values": colours }],
            "variants": [
                { "values": { "Colour": "Red" }, "sku": "SHADE-RED", "price": usd(12_00), "stock": 5 },
                { "values": { "Colour": "Green" }, "sku": "SHADE-GREEN", "price": usd(13_00), "stock": 4 },
            ],
        });
        let shade = id(&seen.see_as("In two colours", sam, "POST /products", Some(shade)).await);
        let variants = format!("/products/{shade}/variants");
        let mut blue = sample("create-variants");
        blue["variants"][0]["sku"] = json!("SHADE-BLUE");
        let made = seen.see(sam, &format!("POST {variants}"), Some(blue.clone())).await;
        blue["variants"][0]["sku"] = json!("SHADE-NAVY");
        seen.refused("VALUES_TAKEN", sam, &format!("POST {variants}"), Some(blue)).await;
        let of = |place: usize| format!("{variants}/{}", made["variants"][place]["id"].as_str().unwrap());
        let dearer = Some(json!({ "price": usd(16_00), "weight_grams": 900 }));
        seen.see(sam, &format!("PATCH {}", of(2)), dearer).await;
        let taken = Some(json!({ "sku": "SHADE-RED" }));
        seen.refused("SKU_TAKEN", sam, &format!("PATCH {}", of(2)), taken).await;
        let lamp = format!("PATCH /products/{}", self.lamp);
        seen.refused("SKU_TAKEN", sam, &lamp, Some(json!({ "sku": "SHADE-RED" }))).await;
        seen.see(guest, &format!("GET /products/{shade}"), None).await;
        for place in [2, 1] {
            seen.see(sam, &format!("DELETE {}", of(place)), None).await;
        }
        seen.refused("LAST_VARIANT", sam, &format!("DELETE {}", of(0)), None).await;
        seen.see(sam, "GET /seller/products", None).await;
        self.drained().await;
    }

    pub(super) async fn shows_pictures(&mut self) {
        let Self { seen, sam, .. } = self;
        let (images, logo) =
            (format!("/products/{}/images", self.lamp), format!("/stores/{}/logo", self.store));
        let png = small_png();
        let form = json!({ "content_type": "image/png", "size": png.len() });
        let vast = Some(json!({ "content_type": "image/gif", "size": 0 }));
        for path in [&images, &logo] {
            seen.refused("VALIDATION_ERROR", sam, &format!("POST {path}"), vast.clone()).await;
            let offer = seen.see(sam, &format!("POST {path}"), Some(form.clone())).await;
            seen.shop.aws.upload(&offer["upload"]["fields"], "image/png", &png).unwrap();
            seen.shop.drain_queues().await;
        }
        let spare = seen.see(sam, &format!("POST {images}"), Some(form)).await;
        seen.see(sam, &format!("GET {images}"), None).await;
        seen.see(sam, &format!("DELETE {images}/{}", spare["image_id"].as_str().unwrap()), None).await;
        seen.see(sam, &format!("GET {logo}"), None).await;
        self.drained().await;
    }
}
