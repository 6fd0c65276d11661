//! Reads the judged queries.

use std::fmt;

use domain::money::MOST_PRICE;
use search::{Sort, Wanted};

use crate::shop::{Goods, Shop};

/// A query with what a shopper wants to see.
pub struct Judged {
    pub text: String,
    pub wanted: Wanted,
    pub has_errors: bool,
    grades: Vec<(u8, Vec<(String, String)>)>,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Judged {
    /// All queries of `queries.txt`.
    pub fn all(shop: &Shop) -> Vec<Self> {
        let lines = include_str!("queries.txt").lines();
        lines
            .filter(|line| line.contains('|') && !line.starts_with('#'))
            .map(|line| read(line, shop))
            .collect()
    }

    pub fn grade(&self, goods: &Goods) -> u8 {
        let fits = |facts: &[(String, String)]| facts.iter().all(|(word, value)| is_so(goods, word, value));
        self.grades.iter().filter(|(_, facts)| fits(facts)).map(|(grade, _)| *grade).max().unwrap_or(0)
    }

    pub fn best(&self) -> u8 {
        self.grades.iter().map(|(grade, _)| *grade).max().unwrap()
    }
}

fn is_so(goods: &Goods, word: &str, value: &str) -> bool {
    match word {
        "is" => goods.is.iter().any(|is| is == value),
        "of" => goods.quality == value,
        "has" => goods.values.iter().any(|(_, has)| has == value),
        "by" => goods.brand.as_deref() == Some(value),
        "in" => goods.within.iter().any(|name| name == value),
        "says" => goods.page.product.description.as_ref().unwrap().as_str().contains(value),
        "named" => goods.name() == value,
        "sku" => {
            let skus = goods.page.active().filter_map(|stock| goods.page.sku_of(stock));
            skus.into_iter().any(|sku| sku.as_str() == value)
        }
        _ => panic!("{word}"),
    }
}

fn read(line: &str, shop: &Shop) -> Judged {
    let parts: Vec<_> = line.split('|').map(str::trim).collect();
    let [text, filters, grades] = parts.try_into().expect(line);
    let has_errors = text.starts_with('!');
    let text = text.trim_start_matches('!').to_owned();
    let mut wanted = Wanted { text: Some(text.clone()), sort: Sort::Relevance, ..Wanted::default() };
    for filter in filters.split(", ").filter(|filter| !filter.is_empty()) {
        let (name, value) = filter.split_once('=').expect(line);
        match name {
            "category" => wanted.category = Some(shop.category(value)),
            "brand" => wanted.brand = Some(value.to_owned()),
            "stock" => wanted.in_stock = Some(value == "yes"),
            "rating" => wanted.min_rating = Some(value.parse().unwrap()),
            "price" => {
                let (from, to) = value.split_once('-').unwrap();
                wanted.prices = (from.parse().unwrap(), to.parse().unwrap_or(MOST_PRICE));
            }
            "option" => {
                let (option, value) = value.split_once(':').unwrap();
                wanted.values.push(vec![(option.to_owned(), value.to_owned())]);
            }
            _ => panic!("{line}"),
        }
    }
    let grades = grades.split("; ").map(|grade| {
        let (grade, facts) = grade.split_once(": ").expect(line);
        let facts = facts.split(", ").map(|fact| fact.split_once(' ').expect(line));
        (grade.parse().unwrap(), facts.map(|(word, value)| (word.to_owned(), value.to_owned())).collect())
    });
    Judged { text, wanted, has_errors, grades: grades.collect() }
}
