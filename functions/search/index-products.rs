//! Keep the index of products up to date, and rebuild it.   search → index-products ⟲

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::ProductId;
use domain::messages::IndexProducts;
use domain::search::{SearchIndex, Snapshot};
use futures_util::future::join_all;
use lambda::{BatchWorker, Outcome, Retry, Worker};
use providers::Queue;
use search::{Change, Copies, Document, VERSION};
use table::Table;

/// One edit of the index costs almost the same for one product as for a hundred. Two instances may run at
/// once, which is SQS's least, so one of them can lose: it reads and edits again.
pub const TRIGGER: BatchWorker =
    Worker::new().batch(100).gather(1).concurrency(2).memory(1769).timeout(60).together();

pub fn main() {
    lambda::run(TRIGGER, index_products);
}

type Reach = (Table, Copies, Queue<IndexProducts>);

/// The most rounds of an invocation. Each lost one means that another instance has written. Lambda runs two;
/// the local stack was seen to run ten at a time.
const MOST_ROUNDS: u32 = 50;

/// The products of one page of a rebuild.
const PAGE: u32 = 200;

/// After so many edits, packs that nothing needs are deleted.
const CLEAN_EVERY: u64 = 16;

/// How many products are read at the same time.
const AT_ONCE: usize = 20;

/// Messages only say where to look. The index is read first, then the products as they are, and the new
/// snapshot is published on condition that the index is still the one that was read. So no snapshot is older
/// than the one before it, however often and in whatever order messages come. A product that cannot be read
/// fails alone.
pub async fn index_products(reach: &Reach, messages: &[IndexProducts]) -> Vec<Outcome> {
    let (mut ended, mut is_second) = (Err(Retry::Busy), false);
    for _ in 0..MOST_ROUNDS {
        ended = update(reach, messages).await;
        match &ended {
            Err(Retry::Busy) => {}
            // Another instance may have moved the index on and deleted the packs of the one that was read.
            Err(Retry::Index(_)) if !is_second => is_second = true,
            _ => break,
        }
    }
    let outcome = |message: &IndexProducts| match (&ended, message) {
        (Err(retry), _) => Err(retry.to_string()),
        (Ok(unreadable), IndexProducts::Product { product }) => {
            unreadable.get(product).map_or(Ok(()), |error| Err(error.to_string()))
        }
        (Ok(_), IndexProducts::Rebuild { .. }) => Ok(()),
    };
    messages.iter().map(outcome).collect()
}

/// One round; [`Retry::Busy`] if the other instance was faster.
async fn update((table, copies, queue): &Reach, messages: &[IndexProducts]) -> Result<Unreadable, Retry> {
    let now = table.now();
    let before = table.search_index_now(VERSION).await?.unwrap_or_else(|| SearchIndex::new(VERSION, now));
    let (mut index, is_new) = (before.clone(), before.version == 0);
    let named: BTreeSet<_> = messages.iter().filter_map(product_of).collect();
    let (mut changes, unreadable) = read(table, named).await;

    let live = match &index.live {
        Some(live) => edit(copies, Some(live), &changes).await,
        None => Ok(None),
    };
    // A live index that cannot be read must not hold up the rebuild that replaces it.
    let live = match live {
        Err(error) if index.next.is_some() => {
            tracing::warn!(%error, "the live index is not edited; the rebuild goes on");
            None
        }
        live => live?,
    };
    let mut page = None;
    if is_new || messages.iter().any(|message| index.is_asked(message)) {
        let after = index.next.as_ref().and_then(|next| next.after.as_deref());
        let shown = table.shown_products(after, PAGE).await?;
        page = Some((u64::try_from(shown.rows.len()).unwrap_or_default(), shown.next));
        let unknown = shown.rows.into_iter().filter(|product| !changes.contains_key(product));
        let (more, unreadable) = read(table, unknown.collect()).await;
        // A product that cannot be read is left out, but not because DynamoDB does not answer, nor if it is
        // so with all of them.
        for (product, error) in unreadable {
            if more.is_empty() || !matches!(error, table::Error::Broken(_)) {
                return Err(error.into());
            }
            tracing::error!(%product, %error, "the rebuild leaves out a product that cannot be read");
        }
        changes.extend(more);
    }
    let next = match &index.next {
        Some(next) => edit(copies, next.snapshot.as_ref(), &changes).await?,
        None => None,
    };

    index.live = live.or(index.live);
    if let (Some(rebuild), Some(snapshot)) = (&mut index.next, next) {
        rebuild.snapshot = Some(snapshot);
    }
    let is_moved = page.is_some();
    index = match page {
        Some((seen, after)) => index.moved(seen, after, now),
        None => index.asked_again(now),
    };
    if index == before {
        return Ok(unreadable);
    }
    let asked_at = |index: &SearchIndex| index.next.as_ref().map(|next| next.asked_at);
    let is_asked = is_moved || asked_at(&index) != asked_at(&before);
    index = SearchIndex { version: before.version + 1, updated_at: now, ..index };
    if !table.save_search_index(&index).await? {
        return Err(Retry::Busy);
    }
    if is_asked {
        queue.send_all(index.next_page()).await?;
    }
    if index.version.is_multiple_of(CLEAN_EVERY) {
        let snapshots = index.live.iter().chain(index.next.iter().filter_map(|next| next.snapshot.as_ref()));
        if let Err(error) = copies.delete_unused(&snapshots.collect::<Vec<_>>(), now).await {
            tracing::warn!(%error, "old packs were not deleted; a later edit tries again");
        }
    }
    Ok(unreadable)
}

fn product_of(message: &IndexProducts) -> Option<ProductId> {
    match message {
        IndexProducts::Product { product } => Some(*product),
        IndexProducts::Rebuild { .. } => None,
    }
}

async fn edit(
    copies: &Copies,
    snapshot: Option<&Snapshot>,
    changes: &BTreeMap<ProductId, Change>,
) -> Result<Option<Snapshot>, Retry> {
    let changes: Vec<_> = changes.values().cloned().collect();
    Ok(copies.edit(snapshot, &changes).await?)
}

/// Products that cannot be read, each with the cause.
type Unreadable = BTreeMap<ProductId, table::Error>;

/// What the index has to say of these products now.
async fn read(table: &Table, products: BTreeSet<ProductId>) -> (BTreeMap<ProductId, Change>, Unreadable) {
    let (mut changes, mut unreadable) = (BTreeMap::new(), Unreadable::new());
    let products: Vec<_> = products.into_iter().collect();
    for some in products.chunks(AT_ONCE) {
        let pages = join_all(some.iter().map(|product| table.product_page_now(*product))).await;
        for (product, page) in some.iter().zip(pages) {
            let document = match page {
                Ok(page) => page.and_then(|page| Document::of(&page.assortment, page.rating.as_ref())),
                Err(error) => {
                    unreadable.insert(*product, error);
                    continue;
                }
            };
            let change = match document {
                Some(document) => Change::Put(Box::new(document)),
                None => Change::Remove(*product),
            };
            changes.insert(*product, change);
        }
    }
    (changes, unreadable)
}
