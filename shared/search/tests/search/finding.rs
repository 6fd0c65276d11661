//! Filters, sorts, pages and facets, compared with the same over the goods themselves.

use std::collections::BTreeSet;

use domain::ids::{Id, ProductId, StoreId};
use fastrand::Rng;
use search::{Categories, Facets, Hit, Index, Sort, Wanted};

use crate::naive::{average, counted, passes, sorted};
use crate::shop::{Goods, Shop};
use crate::{ids, known, seeded};

const SORTS: [Sort; 6] =
    [Sort::Relevance, Sort::Newest, Sort::PriceAscending, Sort::PriceDescending, Sort::Name, Sort::Rating];

/// All hits by pages of this size, and the total that each page said.
fn pages(index: &Index, shop: &Shop, wanted: &Wanted, size: usize) -> (Vec<ProductId>, BTreeSet<u64>) {
    let categories = shop.categories();
    let (mut all, mut totals, mut after) = (Vec::new(), BTreeSet::new(), None::<Hit>);
    loop {
        let found = index.find(wanted, &categories, after.as_ref(), size).unwrap();
        totals.insert(found.total);
        all.extend(ids(&found));
        match found.hits.last() {
            Some(last) if found.hits.len() == size => {
                // A cursor is a hit in JSON.
                let cursor = serde_json::to_string(last).unwrap();
                after = Some(serde_json::from_str(&cursor).unwrap());
            }
            _ => return (all, totals),
        }
    }
}

#[test]
fn pages_in_each_order_hold_each_hit_once() {
    let (mut rng, (shop, _)) = (seeded(), known());
    // Several segments, so that equal values are in more than one.
    let index = crate::built_in_batches(shop, 600);
    for sort in SORTS {
        for text in [None, Some("lamp"), Some("the brass")] {
            if text.is_none() && sort == Sort::Relevance {
                continue;
            }
            let wanted = Wanted { text: text.map(ToOwned::to_owned), sort, ..Wanted::default() };
            let (hits, totals) = pages(&index, shop, &wanted, rng.usize(3..120));
            let unique: BTreeSet<_> = hits.iter().copied().collect();
            assert_eq!(unique.len(), hits.len(), "{sort:?} {text:?}: a hit is there twice");
            assert_eq!(totals, [u64::try_from(hits.len()).unwrap()].into(), "{sort:?} {text:?}");
            if text.is_none() {
                assert_eq!(hits, sorted(shop.goods.iter().collect(), sort), "{sort:?}");
            } else if sort != Sort::Relevance {
                let found = shop.goods.iter().filter(|goods| unique.contains(&goods.id()));
                assert_eq!(hits, sorted(found.collect(), sort), "{sort:?} {text:?}");
            }
        }
    }
}

/// Each filter with a value of a product, by its number.
fn filtered(wanted: &mut Wanted, filter: usize, goods: &Goods, rng: &mut Rng, shop: &Shop) {
    match filter {
        0 => wanted.category = Some(shop.category(&goods.within[rng.usize(0..2)])),
        1 => wanted.store = Some(goods.page.product.store_id),
        2 => wanted.brand = Some(goods.brand.clone().unwrap_or_else(|| "nobody".to_owned()).to_uppercase()),
        3 => {
            let price = goods.page.prices().0;
            wanted.prices = (price - rng.i64(0..2_000), price + rng.i64(0..9_000));
        }
        4 => wanted.in_stock = Some(goods.page.is_in_stock()),
        5 => {
            // One option often, two sometimes, and a second value now and then.
            let values: Vec<_> = goods.values.iter().cloned().collect();
            wanted.values.extend(rng.choice(&values).map(|pair| vec![pair.clone()]));
            wanted
                .values
                .extend(rng.choice(&values).filter(|_| rng.clone().bool()).map(|pair| vec![pair.clone()]));
            wanted.values.push(vec![("COLOUR".to_owned(), "creme".to_owned())]);
        }
        _ => wanted.min_rating = Some(rng.u8(1..=5)),
    }
}

#[test]
fn each_filter_alone_and_with_others_finds_what_it_says() {
    let (mut rng, (shop, _)) = (seeded(), known());
    let (index, categories) = (crate::built_in_batches(shop, 900), shop.categories());
    let mut found_some = 0;
    for round in 0..150 {
        let goods = rng.choice(&shop.goods).unwrap();
        let mut wanted = Wanted::default();
        for filter in 0..7 {
            let is_alone = round < 70 && round % 7 == filter;
            if is_alone || (round >= 70 && rng.u8(0..3) == 0) {
                filtered(&mut wanted, filter, goods, &mut rng, shop);
            }
        }
        let expected: Vec<_> = shop.goods.iter().filter(|goods| passes(goods, &wanted, shop)).collect();
        let found = index.find(&wanted, &categories, None, shop.goods.len()).unwrap();
        assert_eq!(found.total, u64::try_from(expected.len()).unwrap(), "{wanted:?}");
        assert_eq!(found.facets, facets(&expected, &categories), "{wanted:?}");
        assert_eq!(ids(&found), sorted(expected, wanted.sort), "{wanted:?}");
        found_some += i32::from(found.total > 0);
    }
    assert!(found_some > 75, "{found_some} of 150 found something");
}

#[test]
fn a_text_and_a_filter_find_what_both_find() {
    let (mut rng, (shop, index)) = (seeded(), known());
    let categories = shop.categories();
    for text in ["lamp", "red", "a cream", "Été", "müller", "leather sh", "coffee"] {
        let text = Wanted { text: Some(text.to_owned()), ..Wanted::default() };
        let with_text: BTreeSet<_> =
            ids(&index.find(&text, &categories, None, 5_000).unwrap()).into_iter().collect();
        for _ in 0..20 {
            let mut wanted = text.clone();
            let goods = rng.choice(&shop.goods).unwrap();
            filtered(&mut wanted, [0, 1, 3, 4, 6][rng.usize(0..5)], goods, &mut rng, shop);
            let expected: Vec<_> = shop
                .goods
                .iter()
                .filter(|goods| with_text.contains(&goods.id()) && passes(goods, &wanted, shop))
                .collect();
            let found = index.find(&wanted, &categories, None, 5_000).unwrap();
            // When nothing fits, words that are written nearly so are tried, too.
            if !expected.is_empty() {
                assert_eq!(found.facets, facets(&expected, &categories), "{wanted:?}");
                assert_eq!(ids(&found), sorted(expected, wanted.sort), "{wanted:?}");
            }
        }
    }
}

/// The facets of these products.
fn facets(goods: &[&Goods], tree: &Categories) -> Facets {
    let counts = |labels: Vec<String>| {
        let counts = counted(labels.into_iter()).into_iter();
        counts.map(|(value, count)| search::Count { value, count }).collect::<Vec<_>>()
    };
    let categories = goods.iter().map(|goods| goods.page.product.category_id.to_string());
    let brands = goods.iter().filter_map(|goods| goods.brand.clone());
    let count = |from: i64, to: i64| {
        goods.iter().filter(|goods| (from..=to).contains(&goods.page.prices().0)).count()
    };
    let mut prices = vec![(0, 0)];
    let mut power = 1;
    while power < 10_000_000 {
        prices.extend([(power, 2 * power - 1), (2 * power, 5 * power - 1), (5 * power, 10 * power - 1)]);
        power *= 10;
    }
    let ranges = prices.into_iter().map(|(min_price, max_price)| search::Band {
        min_price,
        max_price,
        count: count(min_price, max_price) as u64,
    });
    let at_least = |stars: u8| search::RatingCount {
        min_rating: stars,
        count: goods.iter().filter(|goods| average(goods) >= u64::from(stars) * 100).count() as u64,
    };
    let in_tree = |search::Count { value, count }| {
        let id = value.parse().unwrap();
        search::CategoryCount { id, name: tree.name(id).unwrap().to_owned(), count }
    };
    let names: BTreeSet<_> =
        goods.iter().flat_map(|goods| &goods.values).map(|(option, _)| option.clone()).collect();
    let mut options: Vec<_> = names
        .into_iter()
        .map(|name| {
            let values =
                goods.iter().flat_map(|goods| goods.values.iter().filter(|(option, _)| *option == name));
            let values = counts(values.map(|(_, value)| value.clone()).collect());
            search::OptionCounts { name: name.clone(), values }
        })
        .collect();
    // The option with the most frequent value is first.
    options.sort_by_key(|search::OptionCounts { name, values }| {
        (std::cmp::Reverse(values[0].count), format!("{name}\u{1f}{}", values[0].value))
    });
    options.truncate(10);
    Facets {
        categories: counts(categories.collect()).into_iter().map(in_tree).collect(),
        brands: counts(brands.collect()),
        prices: ranges.filter(|band| band.count > 0).collect(),
        ratings: [4, 3, 2, 1].into_iter().map(at_least).filter(|rating| rating.count > 0).collect(),
        options,
    }
}

#[test]
fn all_products_have_facets_and_an_exact_total() {
    let (shop, index) = known();
    let categories = shop.categories();
    let found = index.find(&Wanted::default(), &categories, None, 1).unwrap();
    assert_eq!(found.total, u64::try_from(shop.goods.len()).unwrap());
    assert_eq!(found.facets, facets(&shop.goods.iter().collect::<Vec<_>>(), &categories));
    let nothing = Wanted { store: Some(StoreId::from_bits(99)), ..Wanted::default() };
    let found = index.find(&nothing, &categories, None, 1).unwrap();
    assert_eq!((found.total, found.facets), (0, Facets::default()));
}
