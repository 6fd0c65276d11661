//! Edits of two products at once, with sales and movements of stock between them.

use std::collections::BTreeMap;

use domain::ids::VariantId;
use serde_json::{Value, json};

use super::{Tailor, number, variant};
use crate::areas::catalogue::listings;
use crate::shop::people::{id, purchase};
use crate::shop::world::{Answer, seeds, together};

/// The values of each option: few, so that combinations meet.
const VALUES: u64 = 3;
/// The SKUs of both products: few, so that they meet.
const SKUS: u64 = 14;
/// People who edit at the same time, and how often each of them does.
const EDITORS: u64 = 4;
const EDITS: usize = 8;

/// The facts of a variant.
#[derive(Clone, Debug, PartialEq)]
struct Facts {
    /// The ids of its values.
    values: Vec<u64>,
    sku: String,
    price: u64,
    is_active: bool,
}

/// A product as its edits should have left it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Product {
    variants: BTreeMap<u8, Facts>,
    colours: Vec<String>,
    category: String,
    is_active: bool,
    version: u64,
}

/// An edit that succeeded. A change has the new facts that it named.
#[derive(Clone, Debug)]
enum Edit {
    Add(Vec<(u8, Facts)>),
    Change(u8, Option<String>, Option<u64>, Option<bool>),
    Delete(u8),
    Show(bool),
    Move(String),
    Rename(Vec<String>),
}

/// The successful edits: product, version that the answer names, and edit. A deletion names no version.
type Edits = Vec<(usize, Option<u64>, Edit)>;

/// How often edits ended in each way.
type Ends = BTreeMap<String, usize>;

struct Workshop {
    tailor: Tailor,
    products: [String; 2],
}

/// A new variant, and the ids of its values: the ids of `Colour` and its values are 0 to 3, and those of
/// `Size` and its values are 4 to 7.
fn cut(random: &mut fastrand::Rng, colours: &[&str; 2]) -> (Value, Vec<u64>) {
    let (colour, size) = (random.u64(..VALUES), random.u64(..VALUES));
    let name = format!("{} {colour}", random.choice(colours).unwrap());
    let new = json!({
        "values": { "Colour": name, "Size": format!("Size {size}") },
        "sku": format!("shirt-{}", random.u64(..SKUS)),
        "price": { "amount": random.u64(1..9), "currency": "USD" }, "stock": random.u64(..3),
    });
    (new, vec![1 + colour, 5 + size])
}

/// Options with these names of the colours.
fn renamed(colours: &[String]) -> Value {
    let named = |first: u64, names: Vec<String>| {
        let values = names.into_iter().zip(first..).map(|(name, id)| json!({ "id": id, "name": name }));
        values.collect::<Vec<_>>()
    };
    let sizes = (0..VALUES).map(|size| format!("Size {size}")).collect();
    json!([
        { "id": 0, "name": "Colour", "values": named(1, colours.to_vec()) },
        { "id": 4, "name": "Size", "values": named(5, sizes) },
    ])
}

fn place_of(id: &Value) -> u8 {
    id.as_str().unwrap().parse::<VariantId>().unwrap().place.get()
}

fn version_of(answer: &Answer) -> Option<u64> {
    let tag = answer.headers.get("etag")?.trim_matches('"');
    Some(tag.split('-').next().unwrap().parse().unwrap())
}

impl Workshop {
    /// Two products with two variants each.
    async fn open() -> (Self, [Product; 2]) {
        let tailor = Tailor::open().await;
        let mut products = [const { String::new() }; 2];
        for (number, product) in products.iter_mut().enumerate() {
            let shirt = |size: usize| {
                json!({
                    "values": { "Colour": "Colour 0", "Size": format!("Size {size}") },
                    "sku": format!("first-{number}-{size}"), "stock": size,
                    "price": { "amount": 5, "currency": "USD" },
                })
            };
            let mut body = tailor.product(vec![shirt(0), shirt(1)]);
            body["options"] = super::options(VALUES);
            *product = id(tailor.seller.post("/products", body).await.created());
        }
        let workshop = Self { tailor, products };
        let stored = [workshop.stored(0), workshop.stored(1)];
        (workshop, stored)
    }

    /// A product as it is stored.
    fn stored(&self, number_of: usize) -> Product {
        let id = &self.products[number_of];
        let product = self.tailor.stored(id);
        let colours = product["options"]["M"]["list"]["L"][0]["M"]["values"]["L"].as_array().unwrap();
        let variant = |(place, stock): (u64, Value)| {
            let values = stock["values"]["L"].as_array().unwrap().iter();
            let facts = Facts {
                values: values.filter_map(number).collect(),
                sku: stock["sku"]["S"].as_str().unwrap().to_owned(),
                price: number(&stock["price"]).unwrap(),
                is_active: stock["is_active"]["BOOL"] != false,
            };
            (place.try_into().unwrap(), facts)
        };
        Product {
            variants: self.tailor.stocks(id).into_iter().map(variant).collect(),
            colours: colours
                .iter()
                .map(|value| value["M"]["name"]["S"].as_str().unwrap().to_owned())
                .collect(),
            category: product["category_id"]["S"].as_str().unwrap().to_owned(),
            is_active: product["is_active"]["BOOL"] == true,
            version: number(&product["version"]).unwrap(),
        }
    }

    /// One edit by chance.
    async fn edit(&self, random: &mut fastrand::Rng) -> (usize, Edit, Answer) {
        let which = random.usize(..2);
        let (product, tailor) = (&self.products[which], &self.tailor);
        let place = random.u8(..6);
        let path = format!("/products/{product}/variants/{}", variant(product, place));
        let (edit, answer) = match random.u8(..16) {
            0..5 => {
                let count = random.usize(1..3);
                let new: Vec<_> = (0..count).map(|_| cut(random, &["Colour", "Hue"])).collect();
                let answer = tailor.add(product, new.iter().map(|(new, _)| new.clone()).collect()).await;
                let shown = answer.body["data"]["variants"].as_array().into_iter().flatten();
                let shown: BTreeMap<_, _> = shown.map(|one| (one["sku"].to_string(), &one["id"])).collect();
                let added = new.into_iter().filter_map(|(new, values)| {
                    let place = place_of(shown.get(&new["sku"].to_string())?);
                    let (sku, price) = (new["sku"].as_str()?.to_owned(), new["price"]["amount"].as_u64()?);
                    Some((place, Facts { values, sku, price, is_active: true }))
                });
                (Edit::Add(added.collect()), answer)
            }
            5..11 => {
                let sku = random.bool().then(|| format!("shirt-{}", random.u64(..SKUS)));
                let price = random.bool().then(|| random.u64(1..9));
                let is_active = random.bool().then(|| random.bool());
                let mut change = json!({});
                if let Some(sku) = &sku {
                    change["sku"] = json!(sku);
                }
                if let Some(price) = price {
                    change["price"] = json!({ "amount": price, "currency": "USD" });
                }
                if let Some(is_active) = is_active {
                    change["is_active"] = json!(is_active);
                }
                let answer = tailor.seller.call("PATCH", &path, Some(change)).await;
                (Edit::Change(place, sku, price, is_active), answer)
            }
            11 | 12 => (Edit::Delete(place), tailor.seller.call("DELETE", &path, None).await),
            13 => {
                let is_active = random.bool();
                (Edit::Show(is_active), tailor.edit(product, json!({ "is_active": is_active })).await)
            }
            14 => {
                let category = random.choice(&tailor.categories).unwrap().clone();
                let answer = tailor.edit(product, json!({ "category_id": category })).await;
                (Edit::Move(category), answer)
            }
            _ => {
                let name = |number| format!("{} {number}", ["Colour", "Hue"][random.usize(..2)]);
                let colours: Vec<_> = (0..VALUES).map(name).collect();
                let answer = tailor.edit(product, json!({ "options": renamed(&colours) })).await;
                (Edit::Rename(colours), answer)
            }
        };
        (which, edit, answer)
    }

    /// Some edits, one after the other; returns those that succeeded.
    async fn edits(&self, seed: u64, ends: &std::cell::RefCell<Ends>) -> Edits {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut done = Edits::new();
        for _ in 0..EDITS {
            let (which, edit, answer) = self.edit(&mut random).await;
            let end = match answer.status {
                200..300 => "done",
                _ => answer.body["errors"][0]["code"].as_str().unwrap(),
            };
            *ends.borrow_mut().entry(end.to_owned()).or_default() += 1;
            match answer.status {
                200..300 => done.push((which, version_of(&answer), edit)),
                404 | 409 | 422 | 503 => {}
                status => panic!("{edit:?}: {status} {:#}", answer.body),
            }
        }
        done
    }

    /// Sales, movements of stock, and the worker of the rows.
    async fn trade(&self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let buyer = self.tailor.shop.member(&format!("buyer{seed}"), false).await;
        let table = self.tailor.shop.table_of("refresh-rows");
        for number in 0..10 {
            let product = &self.products[random.usize(..2)];
            let variant_id = variant(product, random.u8(..5));
            let answer = if random.bool() {
                let change = json!({ "variant_id": variant_id, "delta": random.i64(-2..3) });
                self.tailor.seller.post(&format!("/products/{product}/stock"), change).await
            } else {
                let mut body = purchase();
                body["items"] = json!([{ "variant_id": variant_id, "quantity": 1 }]);
                let key = format!("{seed}-{number}");
                buyer.call_with("POST", "/orders", &[("idempotency-key", &key)], Some(body)).await
            };
            assert!(matches!(answer.status, 200 | 201 | 404 | 409 | 422 | 503), "{:#}", answer.body);
            table.refresh_rows(product.parse().unwrap()).await.unwrap();
        }
    }
}

impl Product {
    /// Does what the edits of a product say, in the order of the versions that they made. Deletions name no
    /// version; nothing happens to a variant after its deletion, so they come last.
    fn after(mut self, edits: Vec<(Option<u64>, Edit)>) -> Self {
        self.version += edits.len() as u64;
        let (mut named, deletions): (Vec<_>, Vec<_>) =
            edits.into_iter().partition(|(version, _)| version.is_some());
        named.sort_by_key(|(version, _)| *version);
        assert!(named.windows(2).all(|pair| pair[0].0 != pair[1].0), "two edits made one version");
        for (_, edit) in named.into_iter().chain(deletions) {
            match edit {
                Edit::Add(variants) => self.variants.extend(variants),
                Edit::Change(place, sku, price, is_active) => {
                    let facts = self.variants.get_mut(&place).unwrap();
                    facts.sku = sku.unwrap_or_else(|| facts.sku.clone());
                    facts.price = price.unwrap_or(facts.price);
                    facts.is_active = is_active.unwrap_or(facts.is_active);
                }
                Edit::Delete(place) => assert!(self.variants.remove(&place).is_some()),
                Edit::Show(is_active) => self.is_active = is_active,
                Edit::Move(category) => self.category = category,
                Edit::Rename(colours) => self.colours = colours,
            }
        }
        self
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_edits_of_variants_do_not_undo_each_other() {
    let ends = std::cell::RefCell::new(Ends::new());
    for seed in seeds(16) {
        println!("seed {seed}");
        let (workshop, before) = Workshop::open().await;
        let shop = &workshop.tailor.shop;
        shop.aws.interleave_by(seed);
        let edits = together((0..EDITORS).map(|editor| workshop.edits(seed * 100 + editor, &ends)));
        let trade = together((0..2).map(|trader| workshop.trade(seed * 100 + 50 + trader)));
        let (done, _) = Box::pin(async { tokio::join!(edits, trade) }).await;
        let done: Edits = done.into_iter().flatten().collect();
        for (which, before) in before.into_iter().enumerate() {
            let own = done.iter().filter(|(product, ..)| *product == which);
            let own = own.map(|(_, version, edit)| (*version, edit.clone())).collect();
            assert_eq!(workshop.stored(which), before.after(own), "seed {seed}, product {which}");
        }
        // The worker has run after each sale.
        listings::are_true(shop, &format!("seed {seed}"));
        shop.drain_queues().await;
        workshop.tailor.is_consistent(&format!("seed {seed}")).await;
    }
    let ends = ends.into_inner();
    println!("{ends:#?}");
    // Edits that never meet would prove nothing.
    for end in ["done", "SKU_TAKEN", "VALUES_TAKEN", "LAST_VARIANT"] {
        assert!(ends.contains_key(end), "no edit ended with {end}: {ends:#?}");
    }
}
