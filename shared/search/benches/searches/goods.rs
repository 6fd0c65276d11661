//! Many made-up products. Each follows from its number alone, so none has to be kept.
//!
//! Words are drawn by Zipf's law from a vocabulary of [`WORDS`], of which the most frequent are stop words. A
//! name is a series, two qualities and a noun; the noun leads to the category. Descriptions have 30 words.

use domain::Timestamp;
use domain::catalogue::assortment::{Assortment, NewVariant};
use domain::catalogue::options::{NamedValues, OptionChange, Options, ValueChange};
use domain::catalogue::review::Rating;
use domain::catalogue::{Category, Product};
use domain::ids::{CategoryId, Id, ProductId, StoreId};
use fastrand::Rng;
use search::Document;

const WORDS: usize = 30_000;
const NOUNS: usize = 2_000;
const QUALITIES: usize = 3_000;
const BRANDS: usize = 5_000;
pub const CATEGORIES: usize = 200;
const STORES: u128 = 500;
const DESCRIPTION: usize = 30;
/// Nouns and qualities are not among the most frequent words of descriptions.
const MOST_FREQUENT: usize = 100;
const STOP_WORDS: [&str; 12] =
    ["the", "and", "of", "a", "with", "for", "in", "to", "is", "from", "your", "this"];
pub const OPTIONS: [(&str, &[&str]); 3] = [
    (
        "Colour",
        &[
            "Black", "White", "Grey", "Blue", "Red", "Green", "Beige", "Brown", "Pink", "Navy", "Yellow",
            "Silver",
        ],
    ),
    ("Size", &["S", "M", "L", "XL", "XS", "XXL"]),
    ("Material", &["Cotton", "Steel", "Oak", "Leather", "Linen", "Wool", "Glass", "Plastic"]),
];

/// Draws ranks by Zipf's law.
pub struct Zipf(Vec<f64>);

impl Zipf {
    fn new(ranks: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let weights = (1..=u32::try_from(ranks).unwrap()).map(|rank| {
            sum += f64::from(rank).powf(-exponent);
            sum
        });
        Self(weights.collect())
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let at = rng.f64() * self.0.last().unwrap();
        self.0.partition_point(|sum| *sum <= at).min(self.0.len() - 1)
    }
}

/// All products.
pub struct Goods {
    words: Vec<String>,
    brands: Vec<String>,
    of_text: Zipf,
    of_nouns: Zipf,
    of_qualities: Zipf,
    of_brands: Zipf,
}

/// What is drawn of a product.
#[derive(Clone)]
pub struct Facts {
    pub series: String,
    pub qualities: [String; 2],
    pub noun: String,
    pub brand: String,
    pub description: String,
    pub category: u128,
    pub values: Vec<(usize, Vec<&'static str>)>,
    pub price: i64,
}

impl Facts {
    pub fn name(&self) -> String {
        format!("{} {} {} {}", self.series, self.qualities[0], self.qualities[1], self.noun)
    }
}

impl Goods {
    pub fn new() -> Self {
        let mut rng = Rng::with_seed(30_000);
        let mut words: Vec<String> = STOP_WORDS.map(ToOwned::to_owned).into();
        let mut known: std::collections::HashSet<String> = words.iter().cloned().collect();
        while words.len() < WORDS {
            let word = made_up(&mut rng);
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        let brand = |rng: &mut Rng| {
            let word = made_up(rng);
            word[..1].to_uppercase() + &word[1..]
        };
        let brands = (0..BRANDS).map(|_| brand(&mut rng)).collect();
        Self {
            words,
            brands,
            of_text: Zipf::new(WORDS, 1.0),
            of_nouns: Zipf::new(NOUNS, 0.8),
            of_qualities: Zipf::new(QUALITIES, 0.8),
            of_brands: Zipf::new(BRANDS, 0.8),
        }
    }

    fn noun(&self, rank: usize) -> &str {
        &self.words[MOST_FREQUENT + 2 * rank]
    }

    pub fn facts(&self, number: u64) -> Facts {
        let mut rng = Rng::with_seed(number);
        let noun = self.of_nouns.draw(&mut rng);
        let quality = |rng: &mut Rng| self.words[MOST_FREQUENT + 1 + 2 * self.of_qualities.draw(rng)].clone();
        let qualities = [quality(&mut rng), quality(&mut rng)];
        let mut description: Vec<&str> =
            (0..DESCRIPTION - 1).map(|_| self.words[self.of_text.draw(&mut rng)].as_str()).collect();
        description.insert(3, self.noun(noun));
        let count = rng.usize(0..=2);
        let mut options: Vec<usize> = (0..OPTIONS.len()).collect();
        rng.shuffle(&mut options);
        let values = options.into_iter().take(count).map(|option| {
            let mut values = OPTIONS[option].1.to_vec();
            rng.shuffle(&mut values);
            values.truncate(rng.usize(1..=4));
            (option, values)
        });
        let values = values.collect();
        Facts {
            series: self.words[rng.usize(WORDS / 3..WORDS)].clone(),
            qualities,
            noun: self.noun(noun).to_owned(),
            brand: self.brands[self.of_brands.draw(&mut rng)].clone(),
            description: description.join(" "),
            category: 1 + u128::try_from(noun % CATEGORIES).unwrap(),
            values,
            price: rng.i64(2..400) * rng.i64(1..20) * 50,
        }
    }

    /// The document of a product after so many edits.
    pub fn document(&self, number: u64, edits: i64) -> Document {
        let facts = self.facts(number);
        let created_at = Timestamp::from_millis(1_700_000_000_000 + i64::try_from(number).unwrap() * 1_000);
        let mut rng = Rng::with_seed(number);
        let id = ProductId::new(created_at, std::array::from_fn(|_| rng.u8(..)));
        let product = Product {
            id,
            store_id: StoreId::from_bits(1 + u128::from(number) % STORES),
            category_id: CategoryId::from_bits(facts.category),
            name: facts.name().parse().unwrap(),
            description: Some(facts.description.parse().unwrap()),
            sku: None,
            brand: Some(facts.brand.parse().unwrap()),
            price: None,
            options: Options::default(),
            next_place: None,
            edits: 0,
            is_active: true,
            deleted_at: None,
            version: 1,
            created_at,
            updated_at: created_at,
        };
        let mut page = Assortment::new(product);
        let changes: Vec<_> = facts.values.iter().map(|(option, values)| change(*option, values)).collect();
        page.change_options(&changes, &NamedValues::new()).unwrap();
        let count = facts.values.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
        let new = (0..count).map(|variant| {
            let chosen = facts.values.iter().map(|(option, values)| {
                (OPTIONS[*option].0.parse().unwrap(), values[variant % values.len()].parse().unwrap())
            });
            NewVariant {
                values: chosen.collect(),
                sku: format!("{}-{}-{variant}", &facts.noun[..2], 100_000 + number).parse().unwrap(),
                price: facts.price + 100 * edits,
                on_hand: rng.i64(0..5),
                image: None,
                weight_grams: None,
            }
        });
        page.add(new.collect()).unwrap();
        let reviews = rng.u64(0..40);
        let rating = Rating { product_id: id, reviews, stars: reviews * rng.u64(20..50) / 10 };
        Document::of(&page.settled(1, &[]), Some(&rating)).unwrap()
    }
}

fn change(option: usize, values: &[&str]) -> OptionChange {
    let values = values.iter().map(|value| ValueChange { id: None, name: value.parse().unwrap() });
    OptionChange { id: None, name: OPTIONS[option].0.parse().unwrap(), values: values.collect() }
}

/// A word of 2 to 4 syllables.
fn made_up(rng: &mut Rng) -> String {
    let syllable = |rng: &mut Rng| {
        let one = rng
            .choice(["b", "br", "c", "d", "f", "g", "gr", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v"]);
        let two = rng.choice(["a", "e", "i", "o", "u", "ea", "ou"]);
        let three = rng.choice(["", "", "", "n", "r", "l", "t"]);
        [one.unwrap(), two.unwrap(), three.unwrap()].concat()
    };
    (0..rng.usize(2..=4)).map(|_| syllable(rng)).collect()
}

/// The categories, in a tree of two levels.
pub fn tree() -> Vec<Category> {
    let category = |number: usize| Category {
        id: CategoryId::from_bits(u128::try_from(number).unwrap()),
        name: format!("Department {number}").parse().unwrap(),
        look_key: None,
        second_look_key: None,
        parent_id: (number > 10).then(|| CategoryId::from_bits(u128::try_from(number % 10 + 1).unwrap())),
        closing_until: None,
        version: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    };
    (1..=CATEGORIES).map(category).collect()
}
