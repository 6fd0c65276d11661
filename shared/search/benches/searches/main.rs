//! `cargo searches [PRODUCTS]` measures the engine with 100,000 or so many products.
#![allow(clippy::unwrap_used, reason = "a failure ends the measurement")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints a table")]

mod goods;
mod measure;
mod queries;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::search::Snapshot;
use fastrand::Rng;
use search::{Categories, Change, Edited, FileList, Incoming, Index, Part, Wanted};

use crate::goods::Goods;
use crate::measure::{Times, memory};
use crate::queries::{MIX, mix};

const PRODUCTS: u64 = 100_000;
const BATCH: u64 = 250;
const QUERIES: usize = 1_000;
const ROUNDS: usize = 3;
/// So many queries are compared with a filter, which takes long.
const COMPARED: usize = 40;
const EDITS: usize = 1_000;
const LIMIT: usize = 20;

type Packs = HashMap<String, Vec<u8>>;

fn main() {
    let products = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(PRODUCTS);
    let goods = Goods::new();
    let mut packs = Packs::new();
    let snapshot = build(&goods, products, &mut packs);
    let index = load(&snapshot, &packs);
    let categories = Categories::new(&goods::tree());
    let wanted = mix(&goods, products, QUERIES);
    let times = search(&index, &categories, &wanted);
    compare(&goods, products, &wanted, &times);
    edit(index, &goods, products, &mut packs);
}

fn row(name: &str, value: String) {
    println!("{name:<58} {value}");
}

fn mb(bytes: u64) -> String {
    format!("{:.1} MB", f64::from(u32::try_from(bytes / 1024).unwrap()) / 1024.0)
}

fn kb(bytes: u64) -> String {
    format!("{:.1} KB", f64::from(u32::try_from(bytes).unwrap()) / 1024.0)
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn build(goods: &Goods, products: u64, packs: &mut Packs) -> Snapshot {
    let mut index = Index::empty().unwrap();
    let (mut edits, mut documents) = (Times::default(), Times::default());
    for first in (0..products).step_by(usize::try_from(BATCH).unwrap()) {
        let numbers = first..(first + BATCH).min(products);
        let put = |number| Change::Put(Box::new(goods.document(number, 0)));
        let changes: Vec<_> = documents.measure(|| numbers.map(put).collect());
        let edited = edits.measure(|| index.edit(&changes, &format!("pack-{first:09}"))).unwrap().unwrap();
        index = keep(edited, packs);
        if first % 50_000 == 0 {
            eprintln!("{first} products after {:.0} s", edits.total().as_secs_f64());
        }
    }
    let snapshot = index.snapshot().unwrap().clone();
    row("products", snapshot.products.to_string());
    row("index", format!("{} in {} files, {} packs", mb(snapshot.bytes), index.list().len(), packs.len()));
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    row("built in batches of 250", seconds(edits.total()));
    row("an edit of 250: mean, p99, longest", {
        format!("{}, {}, {}", ms(edits.mean()), ms(edits.wall(99)), seconds(edits.wall(100)))
    });
    row("memory after the build, most", format!("{:.0} MB, {:.0} MB", memory("VmRSS"), memory("VmHWM")));
    snapshot
}

/// Keeps a pack, and removes those that nothing needs, as the function does.
fn keep(edited: Edited, packs: &mut Packs) -> Index {
    packs.insert(edited.snapshot.pack.clone(), edited.pack);
    if edited.is_merged {
        let needed: std::collections::HashSet<_> = edited.index.list().packs().into_iter().collect();
        packs.retain(|pack, _| needed.contains(pack));
    }
    edited.index
}

fn bytes_of(part: &Part, packs: &Packs) -> Vec<u8> {
    let at = |place: u64| usize::try_from(place).unwrap();
    packs[&part.pack][at(part.range.start)..at(part.range.end)].to_vec()
}

/// Reads a snapshot, and counts the requests and bytes.
fn read(snapshot: &Snapshot, packs: &Packs, known: Option<&Index>) -> (Index, usize, u64) {
    let first = FileList::first_part(snapshot);
    let (mut requests, mut bytes) = (1, first.range.end - first.range.start);
    let mut incoming = Incoming::new(snapshot.clone(), bytes_of(&first, packs), known).unwrap();
    for part in incoming.lacking() {
        requests += 1;
        bytes += part.range.end - part.range.start;
        let read = bytes_of(&part, packs);
        incoming.add(part, read);
    }
    (incoming.open(known).unwrap(), requests, bytes)
}

fn load(snapshot: &Snapshot, packs: &Packs) -> Index {
    let before = memory("VmRSS");
    let start = Instant::now();
    let (index, requests, bytes) = read(snapshot, packs, None);
    let time = start.elapsed();
    row("cold load: time without transfer, bytes, requests", {
        format!("{}, {}, {requests}", ms(time), mb(bytes))
    });
    row("memory that the loaded index adds", format!("{:.0} MB", memory("VmRSS") - before));
    index
}

fn search(index: &Index, categories: &Categories, wanted: &[Wanted]) -> Times {
    let find = |wanted: &Wanted| index.find(wanted, categories, None, LIMIT).unwrap();
    let before = memory("VmRSS");
    let (mut cold, mut times) = (Times::default(), Times::default());
    let mut totals: Vec<u64> = wanted.iter().map(|wanted| cold.measure(|| find(wanted)).total).collect();
    for wanted in std::iter::repeat_n(wanted, ROUNDS).flatten() {
        times.measure(|| find(wanted));
    }
    println!("{QUERIES} queries with facets, {ROUNDS} times; {}", MIX.join("; "));
    let mut all: Vec<_> = wanted.iter().zip(&totals).enumerate().collect();
    all.sort_by_key(|(call, _)| std::cmp::Reverse(times.cpu_of(*call)));
    for (call, (wanted, total)) in all.into_iter().take(12) {
        let slow = format!("{:?} sort {:?} finds {total}", wanted.text, wanted.sort);
        eprintln!("  slow: {} {slow}", ms(times.cpu_of(call)));
    }
    totals.sort_unstable();
    let (half, most) = (totals[QUERIES / 2], totals[QUERIES - 1]);
    let none = totals.iter().filter(|total| **total == 0).count();
    row("products found: median, most; queries that find nothing", format!("{half}, {most}; {none}"));
    row("wall time: p50, p99", format!("{}, {}", ms(times.wall(50)), ms(times.wall(99))));
    row("CPU time: p50, p99, most", {
        format!("{}, {}, {}", ms(times.cpu(50)), ms(times.cpu(99)), ms(times.cpu(100)))
    });
    row("CPU time at first sight: p50, p99", format!("{}, {}", ms(cold.cpu(50)), ms(cold.cpu(99))));
    let start = Instant::now();
    find(&Wanted::default());
    row("all products with facets, once for a snapshot", ms(start.elapsed()));
    row("memory that searches add", format!("{:.0} MB", memory("VmRSS") - before));
    times
}

/// The same words by `contains` over the same names and descriptions: once over rows that are in lower case
/// already, and once over rows as they are stored, which is what `ILIKE` does.
fn compare(goods: &Goods, products: u64, wanted: &[Wanted], ours: &Times) {
    let stored: Vec<(String, String)> = (0..products)
        .map(|number| goods.facts(number))
        .map(|facts| (facts.name(), facts.description))
        .collect();
    let lower = |(name, text): &(String, String)| (name.to_lowercase(), text.to_lowercase());
    let prepared: Vec<_> = stored.iter().map(lower).collect();
    let has = |(name, text): &(String, String), words: &[&str]| {
        words.iter().all(|word| name.contains(word) || text.contains(word))
    };
    row("our CPU time for comparison: mean, p50", format!("{}, {}", ms(ours.cpu_mean()), ms(ours.cpu(50))));
    for (rows, is_stored) in [(prepared, false), (stored, true)] {
        let mut times = Times::default();
        for text in wanted.iter().filter_map(|wanted| wanted.text.as_ref()).take(COMPARED) {
            let text = text.to_lowercase();
            let words: Vec<_> = text.split(' ').collect();
            let fits = |row: &&(String, String)| {
                if is_stored { has(&lower(row), &words) } else { has(row, &words) }
            };
            std::hint::black_box(times.measure(|| rows.iter().filter(fits).count()));
        }
        let ratio = |theirs: Duration, ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
        let what = if is_stored { "rows as stored" } else { "rows in lower case" };
        let (mean, half) = (times.cpu_mean(), times.cpu(50));
        row(&format!("contains over {what}, CPU time: mean, p50"), format!("{}, {}", ms(mean), ms(half)));
        row("  times faster: mean, p50", {
            format!("{:.0}, {:.0}", ratio(mean, ours.cpu_mean()), ratio(half, ours.cpu(50)))
        });
    }
}

fn edit(mut index: Index, goods: &Goods, products: u64, packs: &mut Packs) {
    let mut rng = Rng::with_seed(7);
    let mut times = Times::default();
    let (mut plain, mut fetched, mut merged) = (Vec::new(), Vec::new(), Vec::new());
    for edit in 0..EDITS {
        let document = goods.document(rng.u64(0..products), 1 + i64::try_from(edit).unwrap());
        let change = [Change::Put(Box::new(document))];
        let edited = times.measure(|| index.edit(&change, &format!("pack-x{edit:08}"))).unwrap().unwrap();
        let (bytes, is_merged) = (edited.snapshot.pack_bytes, edited.is_merged);
        let snapshot = edited.snapshot.clone();
        let next = keep(edited, packs);
        if is_merged {
            merged.push(bytes);
        } else {
            plain.push(bytes);
            fetched.push(read(&snapshot, packs, Some(&index)).2);
        }
        index = next;
    }
    let most = |bytes: &[u64]| kb(bytes.iter().copied().max().unwrap_or_default());
    let mean = |bytes: &[u64]| kb(bytes.iter().sum::<u64>() / u64::try_from(bytes.len().max(1)).unwrap());
    println!("{EDITS} edits of one product");
    row("pack of an edit without a merge: mean, most", format!("{}, {}", mean(&plain), most(&plain)));
    row("a reader with the snapshot before fetches: mean, most", {
        format!("{}, {}", mean(&fetched), most(&fetched))
    });
    row("edits with a merge, their packs together", {
        format!(
            "{}, {}, most {}",
            merged.len(),
            mb(merged.iter().sum()),
            mb(merged.iter().copied().max().unwrap_or(0))
        )
    });
    row("time of an edit: p50, p99, longest", {
        format!("{}, {}, {}", ms(times.wall(50)), ms(times.wall(99)), ms(times.wall(100)))
    });
    row("memory at the end, most", format!("{:.0} MB, {:.0} MB", memory("VmRSS"), memory("VmHWM")));
}
