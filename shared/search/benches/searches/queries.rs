//! The mix of queries.

use domain::ids::{CategoryId, Id};
use fastrand::Rng;
use search::{Sort, Wanted};

use crate::goods::{Facts, Goods, OPTIONS};

/// The shares of the mix, as the table shows them.
pub const MIX: [&str; 3] = [
    "30% one word, 40% two, 25% three, 5% none (a category)",
    "of those with words: 15% with a typing error, 25% with an unfinished last word, 5% with a stop word",
    "30% with a filter, 25% in another order than by relevance",
];

pub fn mix(goods: &Goods, products: u64, count: usize) -> Vec<Wanted> {
    let mut rng = Rng::with_seed(1_000);
    let mut queries = Vec::new();
    for _ in 0..count {
        // A shopper looks for a product that is there.
        let number = rng.u64(0..products);
        queries.push(query(&goods.facts(number), &mut rng));
    }
    queries
}

fn query(facts: &Facts, rng: &mut Rng) -> Wanted {
    let mut wanted = Wanted { sort: Sort::Relevance, ..Wanted::default() };
    if rng.u8(0..100) < 25 {
        let sorts = [Sort::Newest, Sort::PriceAscending, Sort::PriceDescending, Sort::Name, Sort::Rating];
        wanted.sort = *rng.choice(&sorts).unwrap();
    }
    if rng.u8(0..100) < 30 {
        filter(&mut wanted, facts, rng);
    }
    let mut before = vec![facts.qualities[0].clone(), facts.brand.clone()];
    before.extend(facts.values.iter().map(|(_, values)| values[0].to_owned()));
    rng.shuffle(&mut before);
    let words = match rng.u8(0..100) {
        0..30 => 0,
        30..70 => 1,
        70..95 => 2,
        _ => {
            wanted.category = Some(CategoryId::from_bits(facts.category));
            return wanted;
        }
    };
    let mut text: Vec<String> = before.into_iter().take(words).collect();
    text.push(facts.noun.clone());
    if rng.u8(0..100) < 15 {
        let place = rng.usize(0..text.len());
        text[place] = mistyped(&text[place], rng);
    }
    if rng.u8(0..100) < 25 {
        let last = text.last_mut().unwrap();
        last.truncate(rng.usize(3..=last.len().max(3)).min(last.len()));
    }
    if rng.u8(0..100) < 5 {
        text.insert(text.len() - 1, "with".to_owned());
    }
    wanted.text = Some(text.join(" "));
    wanted
}

fn filter(wanted: &mut Wanted, facts: &Facts, rng: &mut Rng) {
    match rng.u8(0..5) {
        0 => wanted.category = Some(CategoryId::from_bits(facts.category)),
        1 => wanted.brand = Some(facts.brand.clone()),
        2 => wanted.prices = (facts.price / 2, facts.price * 2),
        3 => wanted.in_stock = Some(true),
        _ => {
            let value = facts.values.first().map(|(option, values)| (OPTIONS[*option].0, values[0]));
            wanted.values.extend(value.map(|(option, value)| vec![(option.to_owned(), value.to_owned())]));
        }
    }
}

/// A word with two letters swapped, one left out, or one wrong.
fn mistyped(word: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = rng.usize(1..letters.len().max(2)).min(letters.len() - 1);
    match rng.u8(0..3) {
        0 if at > 0 => letters.swap(at - 1, at),
        1 if letters.len() > 3 => {
            letters.remove(at);
        }
        _ => letters[at] = 'x',
    }
    letters.into_iter().collect()
}
