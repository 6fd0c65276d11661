//! Reads what the made-up shop sells: `goods.txt` and `words.txt`.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// A category at the top with what is below it.
#[derive(Clone, Debug, Default)]
pub struct Department {
    pub name: String,
    pub brands: Vec<String>,
    pub places: Vec<String>,
    pub facts: Vec<String>,
    pub categories: Vec<(String, Vec<Kind>)>,
}

/// A kind of product.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: String,
    /// What it is, too: a table lamp is a lamp.
    pub tags: Vec<String>,
    pub options: Vec<String>,
    pub prices: RangeInclusive<i64>,
    pub qualities: Vec<String>,
}

/// The words by the name of their list.
pub type Lists = HashMap<String, Vec<String>>;

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_once(": ").unwrap())
}

fn listed(text: &str, separator: char) -> Vec<String> {
    text.split(separator).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The departments of `goods.txt`.
pub fn departments() -> Vec<Department> {
    let mut found: Vec<Department> = Vec::new();
    for (word, rest) in lines(include_str!("goods.txt")) {
        if word == "department" {
            found.push(Department { name: rest.to_owned(), ..Department::default() });
            continue;
        }
        let department = found.last_mut().unwrap();
        match word {
            "brands" => department.brands = listed(rest, ','),
            "places" => department.places = listed(rest, ','),
            "facts" => department.facts = listed(rest, ','),
            "category" => department.categories.push((rest.to_owned(), Vec::new())),
            "kind" => department.categories.last_mut().unwrap().1.push(kind(rest)),
            _ => panic!("{word}"),
        }
    }
    found
}

fn kind(line: &str) -> Kind {
    let parts: Vec<_> = line.split('|').map(str::trim).collect();
    let [name, tags, options, prices, qualities] = parts.try_into().expect(line);
    let (least, most) = prices.split_once(", ").unwrap();
    Kind {
        name: name.to_owned(),
        tags: listed(tags, ','),
        options: listed(options, ','),
        prices: least.parse().unwrap()..=most.parse().unwrap(),
        qualities: listed(qualities, ','),
    }
}

/// The lists of `words.txt`.
pub fn lists() -> Lists {
    let separator = |name| if matches!(name, "opening" | "closing") { ';' } else { ',' };
    let lists = lines(include_str!("words.txt"));
    lists.map(|(name, rest)| (name.to_owned(), listed(rest, separator(name)))).collect()
}
