//! Tests of the search engine with a made-up shop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "a failing test shows its seed")]

mod editing;
mod finding;
mod judged;
mod naive;
mod ranking;
mod shop;
mod texts;

use std::sync::LazyLock;

use domain::ids::ProductId;
use fastrand::Rng;
use search::{Change, Found, Index};

use crate::shop::Shop;

/// The shop with an index of its goods. Tests share it, because neither changes.
fn known() -> &'static (Shop, Index) {
    static KNOWN: LazyLock<(Shop, Index)> = LazyLock::new(|| {
        let shop = Shop::new();
        let index = built_in_batches(&shop, shop.goods.len());
        (shop, index)
    });
    &KNOWN
}

fn built_in_batches(shop: &Shop, size: usize) -> Index {
    let mut index = Index::empty().unwrap();
    for goods in shop.goods.chunks(size) {
        let changes: Vec<_> = goods.iter().map(|goods| Change::Put(Box::new(goods.document()))).collect();
        index = index.edit(&changes, "batch").unwrap().unwrap().index;
    }
    index
}

fn ids(found: &Found) -> Vec<ProductId> {
    found.hits.iter().map(|hit| hit.id).collect()
}

/// A generator of random numbers. Its seed is shown when the test fails.
fn seeded() -> Rng {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    Rng::with_seed(seed)
}
