//! Products with variants: none is oversold, no edit undoes another, and no transaction is too large.

mod carts;
mod crashes;
mod edits;
mod rows;
mod sizes;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shop::examine;
use testkit::Fault;

use crate::areas::catalogue::listings;
use crate::shop::people::{Person, id, purchase};
use crate::shop::world::{Answer, Shop, seeds, together};

/// The most variants that a request adds.
const AT_ONCE: u64 = 25;
/// The most variants of a product.
const MOST: u64 = 80;

/// A seller who sells shirts in ten colours and ten sizes.
struct Tailor {
    shop: Shop,
    seller: Person,
    store: String,
    categories: [String; 2],
}

/// A shirt: its values and SKU follow from the number.
fn shirt(number: u64, stock: i64) -> Value {
    json!({
        "values": { "Colour": format!("Colour {}", number / 10), "Size": format!("Size {}", number % 10) },
        "sku": format!("shirt-{number}"), "price": { "amount": 10_00 + number, "currency": "USD" },
        "stock": stock,
    })
}

/// Options with as many values each.
fn options(count: u64) -> Value {
    let values = |name: &str| {
        let values = (0..count).map(|number| json!({ "name": format!("{name} {number}") }));
        json!({ "name": name, "values": values.collect::<Vec<_>>() })
    };
    json!([values("Colour"), values("Size")])
}

/// The id of the variant at a place.
fn variant(product: &str, place: u8) -> String {
    let place = place.try_into().unwrap();
    domain::ids::VariantId { product: product.parse().unwrap(), place }.to_string()
}

impl Tailor {
    async fn open() -> Self {
        let shop = Shop::open();
        let (admin, seller) = (shop.member("admin", true).await, shop.member("seller", false).await);
        let store = id(seller.post("/stores", json!({ "name": "The tailor's" })).await.created());
        let mut categories = [const { String::new() }; 2];
        for (number, category) in categories.iter_mut().enumerate() {
            let new = json!({ "name": format!("Category {number}") });
            *category = id(admin.post("/categories", new).await.created());
        }
        Self { shop, seller, store, categories }
    }

    /// The body of a product with these variants.
    fn product(&self, variants: Vec<Value>) -> Value {
        json!({
            "name": "A shirt", "category_id": self.categories[0], "options": options(10),
            "variants": variants,
        })
    }

    /// Makes a product with as many variants as `stock` gives units for; later ones are added to it.
    async fn sell(&self, stock: impl IntoIterator<Item = i64>) -> String {
        let shirts: Vec<_> = (0..).zip(stock).map(|(number, stock)| shirt(number, stock)).collect();
        let mut batches = shirts.chunks(usize::try_from(AT_ONCE).unwrap());
        let first = self.product(batches.next().unwrap().to_vec());
        let product = id(self.seller.post("/products", first).await.created());
        for batch in batches {
            self.add(&product, batch.to_vec()).await.created();
        }
        product
    }

    async fn add(&self, product: &str, variants: Vec<Value>) -> Answer {
        self.seller.post(&format!("/products/{product}/variants"), json!({ "variants": variants })).await
    }

    async fn edit(&self, product: &str, change: Value) -> Answer {
        self.seller.call("PATCH", &format!("/products/{product}"), Some(change)).await
    }

    /// The reserved SKUs of the store.
    fn reserved(&self) -> BTreeSet<String> {
        let prefix = format!("UNIQUE#SKU#{}#", self.store);
        let items = self.shop.aws.items("Table");
        let keys = items.iter().filter_map(|item| item["pk"]["S"].as_str()?.strip_prefix(&prefix));
        keys.map(str::to_owned).collect()
    }

    /// The stocks of a product's variants as they are stored, by place. Deleted ones are left out.
    fn stocks(&self, product: &str) -> BTreeMap<u64, Value> {
        let pk = format!("PRODUCT#{product}");
        let items = self.shop.aws.items("Table").into_iter().filter(|item| {
            item["pk"]["S"] == pk.as_str() && item["sk"]["S"].as_str().unwrap().starts_with("STOCK")
        });
        let live = items.filter(|item| item["is_deleted"]["BOOL"] != true);
        live.map(|item| (number(&item["place"]).unwrap_or(0), item)).collect()
    }

    fn stored(&self, product: &str) -> Value {
        let pk = format!("PRODUCT#{product}");
        let items = self.shop.aws.items("Table");
        let of = |item: &&Value| item["pk"]["S"] == pk.as_str() && item["sk"]["S"] == "PRODUCT";
        items.iter().find(of).cloned().unwrap_or_default()
    }

    /// Asserts everything that always holds of all products of the store.
    async fn is_consistent(&self, when: &str) {
        let mut skus = BTreeSet::new();
        for item in self.shop.aws.items("Table") {
            let Some(product) = item["pk"]["S"].as_str().unwrap().strip_prefix("PRODUCT#") else { continue };
            if item["sk"]["S"] != "PRODUCT" {
                continue;
            }
            let stocks = self.stocks(product);
            let values: BTreeSet<_> = stocks.values().map(|stock| stock["values"].to_string()).collect();
            assert_eq!(values.len(), stocks.len(), "two variants have the same values, {when}");
            let edits: u64 = stocks.values().filter_map(|stock| number(&stock["edited_in"])).sum();
            assert_eq!(number(&item["edits"]).unwrap_or(0), edits, "it is not whole, {when}");
            let is_shown = item["is_active"]["BOOL"] == true;
            for stock in stocks.values() {
                let is_sold = is_shown && stock["is_active"]["BOOL"] != false;
                assert_eq!(stock["sellable"]["BOOL"], is_sold, "{stock:#}, {when}");
                if item["deleted_at"].is_null() {
                    let sku = stock["sku"]["S"].as_str().unwrap().to_lowercase();
                    assert!(skus.insert(sku), "an SKU is there twice, {when}");
                }
            }
            let is_any_active = stocks.values().any(|stock| stock["is_active"]["BOOL"] != false);
            assert!(is_any_active, "no variant is active, {when}");
        }
        assert_eq!(self.reserved(), skus, "{when}");
        listings::are_true(&self.shop, when);
        let report = examine(&self.shop.table(), 100_000, |_| {}).await.unwrap();
        assert!(report.finished && report.findings.is_empty(), "{when}\n{report}");
    }
}

fn number(value: &Value) -> Option<u64> {
    value["N"].as_str().map(|digits| digits.parse().unwrap())
}

/// The variants of which a buyer of the crowd takes one unit each.
fn wishes(buyer: usize) -> &'static [usize] {
    [[0].as_slice(), &[1], &[0, 1], &[0]][buyer % 4]
}

/// Half of the crowd buys from carts.
fn has_cart(buyer: usize) -> bool {
    buyer % 4 > 1
}

/// Tries to buy what the buyer of this number wishes.
async fn buy(number: usize, buyer: &Person, ids: &[String]) -> Answer {
    let mut body = purchase();
    if has_cart(number) {
        return buyer.post("/orders", body).await;
    }
    let items = wishes(number).iter().map(|place| json!({ "variant_id": ids[*place], "quantity": 1 }));
    body["items"] = items.collect();
    buyer.call_with("POST", "/orders", &[("idempotency-key", "a")], Some(body)).await
}

/// Everybody buys at the same time, and again after a 503; the orders by the number of their buyer.
async fn rush(buyers: &[Person], ids: &[String]) -> BTreeMap<usize, Value> {
    let (mut ahead, mut orders): (Vec<_>, _) = ((0..buyers.len()).collect(), BTreeMap::new());
    for _ in 0..10 {
        let answers = together(ahead.iter().map(|number| buy(*number, &buyers[*number], ids))).await;
        let mut again = Vec::new();
        for (buyer, answer) in ahead.into_iter().zip(answers) {
            match answer.status {
                201 => drop(orders.insert(buyer, answer.created().clone())),
                503 => again.push(buyer),
                _ => {
                    let said = answer.body["errors"].as_array().unwrap().iter();
                    let faults: Vec<_> =
                        said.map(|error| ("OUT_OF_STOCK", error["field"].as_str().unwrap())).collect();
                    answer.refused(409, &faults);
                    let wanted = |id: &str| wishes(buyer).iter().any(|place| ids[*place] == id);
                    assert!(faults.iter().all(|(_, id)| wanted(id)), "{faults:?}");
                }
            }
        }
        if again.is_empty() {
            return orders;
        }
        ahead = again;
    }
    panic!("still answered with 503: {ahead:?}");
}

#[tokio::test(start_paused = true)]
async fn sixty_four_buyers_at_once_buy_exactly_what_there_is_of_two_variants() {
    for seed in seeds(4) {
        let tailor = Tailor::open().await;
        let product = tailor.sell([7, 5]).await;
        let shop = &tailor.shop;
        let ids = [0, 1].map(|place| variant(&product, place));
        let mut buyers = Vec::new();
        for number in 0..64 {
            let buyer = shop.member(&format!("buyer{number}"), false).await;
            for place in wishes(number).iter().filter(|_| has_cart(number)) {
                let item = json!({ "variant_id": ids[*place], "quantity": 1 });
                buyer.post("/cart/items", item).await.ok();
            }
            buyers.push(buyer);
        }
        shop.aws.interleave_by(seed);
        // The embedded table has no conflicts of its own.
        shop.aws.on(|call| match call.transaction_items() {
            items if items > 0 && call.nth % 3 != 0 => Fault::Conflict(call.nth % items),
            _ => Fault::None,
        });
        let orders = rush(&buyers, &ids).await;
        shop.aws.no_faults();
        let sold = |id: &str| -> i64 {
            let lines = orders.values().flat_map(|order| order["lines"].as_array().unwrap());
            lines.filter(|line| line["variant_id"] == id).map(|line| line["quantity"].as_i64().unwrap()).sum()
        };
        assert_eq!([sold(&ids[0]), sold(&ids[1])], [7, 5], "seed {seed}");
        shop.drain_queues().await;
        let stocks = tailor.stocks(&product);
        let left: Vec<_> = stocks.values().map(|stock| number(&stock["on_hand"])).collect();
        assert_eq!(left, [Some(0); 2], "seed {seed}");
        let both = orders.keys().filter(|buyer| wishes(**buyer).len() == 2).count();
        println!("seed {seed}: {both} of {} orders have both variants", orders.len());
        tailor.is_consistent(&format!("seed {seed}")).await;
    }
}
