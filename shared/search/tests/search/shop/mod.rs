//! A made-up shop with about 2,000 products, the same in every run.
//!
//! Each kind of `goods.txt` gets [`OF_A_KIND`] products. The name of one is a series, a quality and the kind:
//! *Aurora Brass Table Lamp*. No kind has a series twice, so a name is there once. Brand, price, values,
//! stock, rating and the sentences of the description are drawn by a generator with the seed [`SEED`].

pub mod read;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use domain::Timestamp;
use domain::catalogue::assortment::{Assortment, NewVariant};
use domain::catalogue::options::{NamedValues, OptionChange, Options, ValueChange};
use domain::catalogue::review::Rating;
use domain::catalogue::{Category, Product};
use domain::ids::{CategoryId, Id, ProductId, StoreId};
use fastrand::Rng;
use search::{Categories, Document};

use self::read::{Department, Kind, Lists};

const SEED: u64 = 2_000;
const OF_A_KIND: usize = 11;
const STORES: u128 = 8;
const MOST_VALUES: usize = 4;

/// A product, and what a shopper would say of it.
#[derive(Clone, Debug)]
pub struct Goods {
    pub page: Assortment,
    pub rating: Option<Rating>,
    /// The kind and what it is, too.
    pub is: Vec<String>,
    pub quality: String,
    /// The names of the category and of the one above it.
    pub within: [String; 2],
    /// The brand, if it has one.
    pub brand: Option<String>,
    /// The values of its variants with their options.
    pub values: BTreeSet<(String, String)>,
}

impl Goods {
    pub fn id(&self) -> ProductId {
        self.page.product.id
    }

    pub fn name(&self) -> &str {
        self.page.product.name.as_str()
    }

    pub fn document(&self) -> Document {
        Document::of(&self.page, self.rating.as_ref()).unwrap()
    }
}

/// The whole shop.
pub struct Shop {
    pub tree: Vec<Category>,
    pub goods: Vec<Goods>,
}

impl Shop {
    /// The shop of the fixture.
    pub fn new() -> Self {
        let mut maker = Maker { rng: Rng::with_seed(SEED), lists: read::lists(), made: 0 };
        let mut shop = Self { tree: Vec::new(), goods: Vec::new() };
        for department in read::departments() {
            let top = shop.add_category(&department.name, None);
            for (name, kinds) in &department.categories {
                let category = shop.add_category(name, Some(top));
                for kind in kinds {
                    let within = [name.clone(), department.name.clone()];
                    let new = maker.of_a_kind(&department, kind, category, &within);
                    shop.goods.extend(new);
                }
            }
        }
        shop
    }

    fn add_category(&mut self, name: &str, parent_id: Option<CategoryId>) -> CategoryId {
        let id = CategoryId::from_bits(1 + u128::try_from(self.tree.len()).unwrap());
        self.tree.push(category(id, name, parent_id));
        id
    }

    pub fn categories(&self) -> Categories {
        Categories::new(&self.tree)
    }

    pub fn category(&self, name: &str) -> CategoryId {
        self.tree.iter().find(|category| category.name.as_str() == name).expect(name).id
    }
}

pub fn category(id: CategoryId, name: &str, parent_id: Option<CategoryId>) -> Category {
    Category {
        id,
        name: name.parse().unwrap(),
        look_key: None,
        second_look_key: None,
        parent_id,
        closing_until: None,
        version: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

struct Maker {
    rng: Rng,
    lists: Lists,
    made: u64,
}

impl Maker {
    fn of_a_kind(
        &mut self,
        department: &Department,
        kind: &Kind,
        category: CategoryId,
        within: &[String; 2],
    ) -> Vec<Goods> {
        let mut series = self.lists["series"].clone();
        self.rng.shuffle(&mut series);
        let made = series.into_iter().take(OF_A_KIND).enumerate().map(|(number, series)| {
            let quality = kind.qualities[number % kind.qualities.len()].clone();
            let name = format!("{series} {quality} {}", kind.name);
            let text = self.description(department, kind);
            let brand = (self.rng.u8(0..20) > 0).then(|| self.one_of(&department.brands));
            let product = self.product(&name, category, Some(&text), brand.as_deref());
            let code = kind.name.chars().filter(char::is_ascii_uppercase).collect::<String>();
            let page = self.with_variants(product, &code, brand.as_deref(), kind);
            Goods {
                rating: self.rating(page.product.id),
                is: [kind.name.to_lowercase()].into_iter().chain(kind.tags.clone()).collect(),
                quality,
                within: within.clone(),
                brand,
                values: values(&page),
                page,
            }
        });
        made.collect()
    }

    fn one_of(&mut self, words: &[String]) -> String {
        self.rng.choice(words).unwrap().clone()
    }

    /// Two facts between how it begins and ends: 20 to 40 words. Some name another product that goes with it.
    fn description(&mut self, department: &Department, kind: &Kind) -> String {
        let word = |maker: &mut Self, list: &str| {
            let list = maker.lists[list].clone();
            maker.one_of(&list)
        };
        let opening = word(self, "opening")
            .replace("{style}", &word(self, "style"))
            .replace("{style2}", &word(self, "style"))
            .replace("{kind}", &kind.name.to_lowercase())
            .replace("{place}", &self.one_of(&department.places));
        let beside = department.categories.iter().flat_map(|(_, kinds)| kinds);
        let other = self.one_of(&beside.map(|kind| kind.name.to_lowercase()).collect::<Vec<_>>());
        let also =
            if self.rng.u8(0..3) == 0 { format!(" Goes well with our {other}.") } else { String::new() };
        let mut facts = department.facts.clone();
        self.rng.shuffle(&mut facts);
        let closing = word(self, "closing");
        format!("{opening}. It has {}, and {}.{also} {closing}", facts[0], facts[1])
    }

    fn product(
        &mut self,
        name: &str,
        category: CategoryId,
        text: Option<&str>,
        brand: Option<&str>,
    ) -> Product {
        self.made += 1;
        // Some are equally new.
        let created_at = Timestamp::from_millis(1_700_000_000_000 + i64::try_from(self.made / 3).unwrap());
        let random = std::array::from_fn(|_| self.rng.u8(..));
        Product {
            id: ProductId::new(created_at, random),
            store_id: StoreId::from_bits(1 + self.rng.u128(0..STORES)),
            category_id: category,
            name: name.parse().unwrap(),
            description: text.map(|text| text.parse().unwrap()),
            sku: None,
            brand: brand.map(|brand| brand.parse().unwrap()),
            price: None,
            options: Options::default(),
            next_place: None,
            edits: 0,
            is_active: true,
            deleted_at: None,
            version: 1,
            created_at,
            updated_at: created_at,
        }
    }

    /// One variant for each value of the first option; the other options take turns.
    fn with_variants(
        &mut self,
        product: Product,
        code: &str,
        brand: Option<&str>,
        kind: &Kind,
    ) -> Assortment {
        let mut page = Assortment::new(product);
        let brand: String =
            brand.unwrap_or("Own").chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>();
        let sku = format!("{}-{code}-{}", brand.to_uppercase(), 1000 + self.made);
        let price = self.price(&kind.prices);
        let mut options: Vec<(String, Vec<String>)> = Vec::new();
        for option in &kind.options {
            let mut values = self.lists[option].clone();
            self.rng.shuffle(&mut values);
            values.truncate(self.rng.usize(1..=MOST_VALUES.min(values.len())));
            options.push((option.clone(), values));
        }
        let changes: Vec<_> = options.iter().map(|(option, values)| change(option, values)).collect();
        page.change_options(&changes, &NamedValues::new()).unwrap();
        let count = options.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
        let new = (0..count).map(|number| {
            let chosen = options.iter().map(|(option, values)| (option, &values[number % values.len()]));
            let on_hand = if self.rng.u8(0..4) == 0 { 0 } else { self.rng.i64(1..50) };
            let suffix = if options.is_empty() { String::new() } else { format!("-{number}") };
            NewVariant {
                values: chosen.map(|(o, v)| (o.parse().unwrap(), v.parse().unwrap())).collect(),
                sku: format!("{sku}{suffix}").parse().unwrap(),
                price: price + 500 * i64::try_from(number).unwrap(),
                on_hand,
                image: None,
                weight_grams: None,
            }
        });
        page.add(new.collect()).unwrap();
        page.settled(1, &[])
    }

    /// In whole dollars less five cents, so that some are equal.
    fn price(&mut self, range: &RangeInclusive<i64>) -> i64 {
        self.rng.i64(range.clone()) / 100 * 100 + 95
    }

    fn rating(&mut self, product_id: ProductId) -> Option<Rating> {
        let reviews = self.rng.u64(0..12);
        let stars = (0..reviews).map(|_| self.rng.u64(1..=5).max(self.rng.u64(1..=5))).sum();
        (reviews > 2).then_some(Rating { product_id, reviews, stars })
    }
}

fn change(option: &str, values: &[String]) -> OptionChange {
    let value = |name: &String| ValueChange { id: None, name: name.parse().unwrap() };
    OptionChange { id: None, name: option.parse().unwrap(), values: values.iter().map(value).collect() }
}

fn values(page: &Assortment) -> BTreeSet<(String, String)> {
    let named = page.active().flat_map(|stock| page.product.options.named(&stock.values));
    named.map(|(option, value)| (option.to_string(), value.to_string())).collect()
}
