//! What filters, sorts and facets mean, written down a second time over the goods themselves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::review::Rating;
use domain::ids::{CategoryId, ProductId};
use search::{Sort, Wanted};

use crate::shop::{Goods, Shop};

/// Lower case without the accents that the shop has.
pub fn folded(text: &str) -> String {
    let pairs = [
        ("àáâäå", "a"),
        ("ç", "c"),
        ("èéêë", "e"),
        ("ìíîï", "i"),
        ("ñ", "n"),
        ("òóôöø", "o"),
        ("ùúûü", "u"),
        ("'\u{2019}", ""),
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
    ];
    let fold = |char: char| pairs.iter().find(|(from, _)| from.contains(char)).map(|(_, to)| *to);
    let lower = text.to_lowercase();
    lower.chars().map(|char| fold(char).map_or(char.to_string(), ToOwned::to_owned)).collect()
}

/// Whether a product passes the filters; the text is not looked at.
pub fn passes(goods: &Goods, wanted: &Wanted, shop: &Shop) -> bool {
    let price = goods.page.prices().0;
    let is = |one: &str, other: &str| folded(one) == folded(other);
    let has = |option: &str, value: &str| goods.values.iter().any(|(o, v)| is(o, option) && is(v, value));
    let options: BTreeSet<_> = wanted.values.iter().flatten().map(|(option, _)| folded(option)).collect();
    let below = |top: CategoryId| {
        let own = goods.page.product.category_id;
        let parent = shop.tree.iter().find(|category| category.id == own).unwrap().parent_id;
        own == top || parent == Some(top)
    };
    wanted.category.is_none_or(below)
        && wanted.store.is_none_or(|store| goods.page.product.store_id == store)
        && wanted.brand.as_ref().is_none_or(|brand| goods.brand.as_ref().is_some_and(|own| is(own, brand)))
        && (wanted.prices.0..=wanted.prices.1).contains(&price)
        && wanted.in_stock.is_none_or(|wanted| goods.page.is_in_stock() == wanted)
        && wanted.min_rating.is_none_or(|least| average(goods) >= u64::from(least) * 100)
        && options
            .iter()
            .all(|option| wanted.values.iter().flatten().any(|(o, v)| is(o, option) && has(o, v)))
}

/// The average rating in hundredths; 0 without reviews.
pub fn average(goods: &Goods) -> u64 {
    goods.rating.as_ref().and_then(Rating::hundredths).unwrap_or(0)
}

/// The products in a sort order that is not by relevance.
pub fn sorted(mut goods: Vec<&Goods>, sort: Sort) -> Vec<ProductId> {
    let created = |goods: &Goods| goods.page.product.created_at;
    goods.sort_by_key(|one| Reverse(one.id()));
    match sort {
        Sort::Relevance => panic!("only the engine knows"),
        Sort::Newest => goods.sort_by_key(|one| Reverse(created(one))),
        Sort::PriceAscending => goods.sort_by_key(|one| one.page.prices().0),
        Sort::PriceDescending => goods.sort_by_key(|one| Reverse(one.page.prices().0)),
        Sort::Name => goods.sort_by_key(|one| folded(one.name())),
        Sort::Rating => goods.sort_by_key(|one| {
            let reviews = one.rating.as_ref().map_or(0, |rating| rating.reviews);
            Reverse((average(one), reviews))
        }),
    }
    goods.into_iter().map(Goods::id).collect()
}

/// Counts labels: the most frequent first, then by label; at most 20.
pub fn counted(labels: impl Iterator<Item = String>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    labels.for_each(|label| *counts.entry(label).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts.truncate(20);
    counts
}
