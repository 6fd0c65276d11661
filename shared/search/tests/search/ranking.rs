//! How well the first hits fit what a shopper means.

use std::collections::HashMap;

use domain::ids::ProductId;

use crate::judged::Judged;
use crate::naive::passes;
use crate::shop::Goods;
use crate::{ids, known};

const FIRST: usize = 10;

/// The gain of hits with these grades, discounted by their places.
fn gain(grades: impl Iterator<Item = u8>) -> f64 {
    let place = |place: usize| f64::from(u32::try_from(place + 2).unwrap()).log2();
    grades.take(FIRST).enumerate().map(|(at, grade)| (2_f64.powi(i32::from(grade)) - 1.0) / place(at)).sum()
}

#[test]
fn judged_queries_reach_an_ndcg_of_90_percent() {
    let (shop, index) = known();
    let categories = shop.categories();
    let by_id: HashMap<ProductId, &Goods> = shop.goods.iter().map(|goods| (goods.id(), goods)).collect();
    let judged = Judged::all(shop);
    assert!(judged.len() >= 60 && judged.iter().filter(|query| query.has_errors).count() >= 12);
    let mut sum = 0.0;
    let mut lost = Vec::new();
    for query in &judged {
        let hits = ids(&index.find(&query.wanted, &categories, None, FIRST).unwrap());
        let passing = shop.goods.iter().filter(|goods| passes(goods, &query.wanted, shop));
        let mut ideal: Vec<_> = passing.map(|goods| query.grade(goods)).collect();
        ideal.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(ideal.first(), Some(&query.best()), "{query}: nothing has the best grade");
        let grades: Vec<_> = hits.iter().map(|id| query.grade(by_id[id])).collect();
        let ndcg = gain(grades.iter().copied()) / gain(ideal.into_iter());
        println!("{ndcg:.3} {query}: {grades:?}");
        sum += ndcg;
        if query.has_errors && !grades.contains(&query.best()) {
            lost.push(query.text.as_str());
        }
    }
    let mean = sum / f64::from(u32::try_from(judged.len()).unwrap());
    println!("nDCG@{FIRST} of {} queries: {mean:.3}", judged.len());
    assert!(lost.is_empty(), "no product of the best grade is among the first {FIRST}: {lost:?}");
    assert!(mean >= 0.9, "{mean}");
}
