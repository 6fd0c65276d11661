//! Edits of an index, and readers of its snapshots.

use std::collections::HashMap;

use domain::ids::ProductId;
use domain::search::Snapshot;
use fastrand::Rng;
use search::{Change, FileList, Incoming, Index, Part, Sort, Wanted};

use crate::shop::{Goods, Shop};
use crate::{ids, known, seeded};

type Packs = HashMap<String, Vec<u8>>;

fn bytes(part: &Part, packs: &Packs) -> Vec<u8> {
    let at = |place: u64| usize::try_from(place).unwrap();
    packs[&part.pack][at(part.range.start)..at(part.range.end)].to_vec()
}

/// Reads a snapshot from the packs as a function does.
fn read(snapshot: &Snapshot, packs: &Packs, known: Option<&Index>) -> Index {
    let first = bytes(&FileList::first_part(snapshot), packs);
    let mut incoming = Incoming::new(snapshot.clone(), first, known).unwrap();
    for part in incoming.lacking() {
        let read = bytes(&part, packs);
        incoming.add(part, read);
    }
    assert!(incoming.lacking().is_empty());
    incoming.open(known).unwrap()
}

/// What an index says: all products, some texts, and their facets.
fn answers(index: &Index, shop: &Shop) -> Vec<(Vec<ProductId>, u64, search::Facets)> {
    let categories = shop.categories();
    let texts = [None, Some("lamp"), Some("sale"), Some("crème"), Some("brass tabel la")];
    let found = texts.map(|text| {
        let wanted = Wanted { text: text.map(ToOwned::to_owned), sort: Sort::Newest, ..Wanted::default() };
        let found = index.find(&wanted, &categories, None, 5_000).unwrap();
        (ids(&found), found.total, found.facets)
    });
    found.into()
}

/// A change of a product, which may be none.
fn change(state: &mut HashMap<ProductId, Goods>, shop: &Shop, rng: &mut Rng) -> Change {
    let original = rng.choice(&shop.goods).unwrap();
    let id = original.id();
    if rng.u8(0..4) == 0 {
        state.remove(&id);
        return Change::Remove(id);
    }
    let goods = state.entry(id).or_insert_with(|| original.clone());
    match rng.u8(0..5) {
        // A repeat.
        0 => {}
        1 => goods.page.product.name = format!("{} Sale", original.name()).parse().unwrap(),
        2 => goods.page.product.category_id = rng.choice(&shop.tree).unwrap().id,
        3 => goods.page.stocks.iter_mut().for_each(|stock| stock.on_hand = rng.i64(0..2)),
        _ => goods.page.stocks.iter_mut().for_each(|stock| stock.price = rng.i64(100..90_000)),
    }
    Change::Put(Box::new(goods.document()))
}

#[test]
fn an_index_after_5000_changes_equals_one_from_scratch() {
    let (mut rng, (shop, _)) = (seeded(), known());
    let mut state: HashMap<ProductId, Goods> = HashMap::new();
    let mut packs = Packs::new();
    let mut index = Index::empty().unwrap();
    let mut older: Option<Index> = None;
    let (mut done, mut batch) = (0, 0);
    while done < 5_000 {
        // At first all of the shop, then small batches.
        let size = if done < 2_000 { rng.usize(1..400) } else { rng.usize(1..60) };
        let mut changes: HashMap<ProductId, Change> = HashMap::new();
        for _ in 0..size {
            let change = change(&mut state, shop, &mut rng);
            changes.insert(change.product(), change);
        }
        done += size;
        batch += 1;
        let changes: Vec<_> = changes.into_values().collect();
        let Some(edited) = index.edit(&changes, &format!("pack-{batch}")).unwrap() else { continue };
        // A repeat changes nothing.
        assert!(edited.index.edit(&changes, "again").unwrap().is_none());
        packs.insert(edited.snapshot.pack.clone(), edited.pack);
        if edited.is_merged && older.is_none() {
            let needed = edited.index.list().packs();
            packs.retain(|pack, _| needed.contains(pack));
        }
        index = read(&edited.snapshot, &packs, Some(&index));
        if rng.u8(0..10) == 0 {
            let expected = answers(&edited.index, shop);
            assert_eq!(answers(&index, shop), expected, "from the snapshot before");
            assert_eq!(answers(&read(&edited.snapshot, &packs, None), shop), expected, "from nothing");
            if let Some(older) = older.replace(edited.index) {
                let from_older = read(&edited.snapshot, &packs, Some(&older));
                assert_eq!(answers(&from_older, shop), expected, "from an older snapshot");
            }
        }
    }
    let puts: Vec<_> = state.values().map(|goods| Change::Put(Box::new(goods.document()))).collect();
    let scratch = Index::empty().unwrap().edit(&puts, "scratch").unwrap().unwrap().index;
    assert_eq!(answers(&index, shop), answers(&scratch, shop));
    assert_eq!(index.snapshot().unwrap().products, u64::try_from(state.len()).unwrap());
}

#[test]
fn a_pack_that_is_cut_off_is_an_error() {
    let (shop, _) = known();
    let put = Change::Put(Box::new(shop.goods[0].document()));
    let edited = Index::empty().unwrap().edit(&[put], "one").unwrap().unwrap();
    for bytes in 0..edited.pack.len() {
        let cut = edited.pack[..bytes].to_vec();
        assert!(Incoming::new(edited.snapshot.clone(), cut, None).is_err(), "{bytes}");
    }
    let incoming = Incoming::new(edited.snapshot.clone(), edited.pack, None).unwrap();
    assert!(incoming.open(None).is_ok());
}

#[test]
fn a_hidden_or_deleted_product_has_no_document() {
    let (shop, _) = known();
    let page = shop.goods[0].page.clone();
    let mut hidden = page.clone();
    hidden.product.is_active = false;
    assert_eq!(search::Document::of(&hidden, None), None);
    let mut deleted = page;
    deleted.product.deleted_at = Some(deleted.product.created_at);
    assert_eq!(search::Document::of(&deleted, None), None);
}
