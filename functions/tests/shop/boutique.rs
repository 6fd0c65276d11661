//! Products with options.

use serde_json::{Value, json};

use super::people::{Person, id};
use super::world::{Answer, Shop};

/// A store with a shirt in two colours and two sizes.
pub struct Boutique {
    pub shop: Shop,
    pub seller: Person,
    pub category: String,
    pub shirt: String,
}

/// A variant as a request names it.
pub fn variant(sku: &str, values: Value, price: i64, stock: i64) -> Value {
    json!({ "sku": sku, "values": values, "price": { "amount": price, "currency": "USD" }, "stock": stock })
}

/// Red M 10.00 with 7 units, red L 12.00 with 5, and blue M 10.00 with none.
pub fn shirt(category: &str) -> Value {
    let values = |colour: &str, size: &str| json!({ "Colour": colour, "Size": size });
    json!({
        "name": "Shirt", "category_id": category,
        "options": [
            { "name": "Colour", "values": [{ "name": "Red" }, { "name": "Blue" }] },
            { "name": "Size", "values": [{ "name": "M" }, { "name": "L" }] },
        ],
        "variants": [
            variant("S-RM", values("Red", "M"), 10_00, 7),
            variant("S-RL", values("Red", "L"), 12_00, 5),
            variant("S-BM", values("Blue", "M"), 10_00, 0),
        ],
    })
}

impl Boutique {
    pub async fn open() -> Self {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 9)]).await;
        let seller = shop.find("seller").await;
        let lamp = shop.guest().get(&format!("/products/{}", products[0])).await;
        let category = lamp.ok()["category_id"].as_str().unwrap().to_owned();
        let shirt = id(seller.post("/products", shirt(&category)).await.created());
        Self { shop, seller, category, shirt }
    }

    pub fn path(&self) -> String {
        format!("/products/{}", self.shirt)
    }

    /// The product as its seller sees it.
    pub async fn page(&self) -> Value {
        self.seller.get(&format!("/seller{}", self.path())).await.ok().clone()
    }

    /// The id of the variant with this SKU.
    pub async fn variant(&self, sku: &str) -> String {
        let page = self.page().await;
        let found = page["variants"].as_array().unwrap().iter().find(|variant| variant["sku"] == sku);
        id(found.unwrap_or_else(|| panic!("no {sku} in {page:#}")))
    }

    pub async fn edit(&self, change: Value) -> Answer {
        self.seller.call("PATCH", &self.path(), Some(change)).await
    }

    pub async fn edit_variant(&self, variant: &str, change: Value) -> Answer {
        self.seller.call("PATCH", &format!("{}/variants/{variant}", self.path()), Some(change)).await
    }

    pub async fn delete_variant(&self, variant: &str) -> Answer {
        self.seller.call("DELETE", &format!("{}/variants/{variant}", self.path()), None).await
    }

    pub async fn add(&self, variants: Vec<Value>) -> Answer {
        self.seller.post(&format!("{}/variants", self.path()), json!({ "variants": variants })).await
    }

    /// Offers a second shirt with a `change`, which is refused.
    pub async fn refuses(&self, change: &dyn Fn(&mut Value), expected: &[(&str, &str)]) {
        let mut body = shirt(&self.category);
        for (number, sku) in ["T-1", "T-2", "T-3"].into_iter().enumerate() {
            body["variants"][number]["sku"] = json!(sku);
        }
        change(&mut body);
        self.seller.post("/products", body).await.refused(422, expected);
    }

    /// What the list of all products shows of the shirt: lowest and highest price, variants, in stock.
    pub async fn row(&self) -> Value {
        let list = self.shop.guest().get("/products").await;
        let row = list.ok().as_array().unwrap().iter().find(|row| row["id"] == self.shirt.as_str());
        let Some(row) = row else { return Value::Null };
        json!([row["price"]["amount"], row["price_to"]["amount"], row["variants"], row["in_stock"]])
    }
}

/// The variant with this number of a thing that is sold in many.
pub fn one_of_many(number: usize, stock: i64) -> Value {
    json!({
        "values": { "Tens": (number / 10).to_string(), "Units": (number % 10).to_string() },
        "sku": format!("MANY-{number}"), "price": { "amount": 5_00, "currency": "USD" }, "stock": stock,
    })
}

impl Shop {
    /// Sells a thing in two colours out of three: red, and green, which is hidden.
    pub async fn sell_in_colours(&self, seller: &Person, category: &str) -> String {
        let colours: Vec<_> = ["Red", "Green", "Blue"].iter().map(|name| json!({ "name": name })).collect();
        let variant = |sku: &str, colour: &str| {
            json!({
                "values": { "Colour": colour }, "sku": sku, "price": { "amount": 20_00, "currency": "USD" },
                "stock": 9,
            })
        };
        let thing = json!({
            "name": "A coloured thing", "category_id": category,
            "options": [{ "name": "Colour", "values": colours }],
            "variants": [variant("IN-RED", "Red"), variant("IN-GREEN", "Green")],
        });
        let thing = seller.post("/products", thing).await.created().clone();
        let green = format!("/products/{}/variants/{}", id(&thing), id(&thing["variants"][1]));
        seller.call("PATCH", &green, Some(json!({ "is_active": false }))).await.ok();
        id(&thing)
    }

    /// Sells a thing in this many variants, with one unit of each, out of a hundred.
    pub async fn sell_in_many(&self, seller: &Person, category: &str, count: usize) -> String {
        let digits: Vec<_> = (0..10).map(|digit| json!({ "name": digit.to_string() })).collect();
        let variants: Vec<_> = (0..count).map(|number| one_of_many(number, 1)).collect();
        let mut parts = variants.chunks(25);
        let thing = json!({
            "name": "A thing in many variants", "category_id": category, "variants": parts.next().unwrap(),
            "options": [{ "name": "Tens", "values": digits }, { "name": "Units", "values": digits }],
        });
        let thing = id(seller.post("/products", thing).await.created());
        for part in parts {
            let more = json!({ "variants": part });
            seller.post(&format!("/products/{thing}/variants"), more).await.created();
        }
        thing
    }
}
