//! `cargo soak --buyers 2000 --stock 50 --seed 7`: a crowd buys far more than there is, all at the same time,
//! while transactions conflict, calls fail, answers are lost, processes crash, and messages come twice and
//! out of order. Then the sweeper repairs the losses, and the audit compares all records.
//!
//! The functions run in this process, as in the tests. The seed decides the crowd, the faults and the
//! interleaving. Ids and the waits between retries are random, so a second run with a seed is similar, but
//! not the same call by call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a program that tests others may stop"
)]
#![allow(clippy::print_stdout, reason = "its output")]

#[path = "../lib.rs"]
#[allow(dead_code, reason = "each `main` belongs to its binary")]
mod functions;

#[path = "contract"]
mod contract {
    #[allow(dead_code, unused_imports, reason = "the tests use the rest")]
    pub mod openapi;
    #[allow(dead_code, reason = "the tests use the rest")]
    pub mod template;
}
#[path = "promises"]
mod promises {
    pub mod audit;
}
#[allow(dead_code, reason = "the tests use the rest")]
mod shop;
#[path = "soak/storm.rs"]
mod storm;
#[allow(dead_code, reason = "the tests use the rest")]
mod tree;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use local::Progress;

use crate::promises::audit::{Audit, audit, sold};
use crate::shop::goods::variant_of;
use crate::storm::{KEPT, PRODUCTS, Storm};

/// A crowd buys far more than there is, with every kind of fault; then the shop is audited.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cargo soak")]
pub struct Options {
    /// How many people buy at the same time.
    #[arg(long, default_value_t = 2000)]
    buyers: usize,
    /// The stock of everything that is sold.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    stock: i64,
    /// Decides the crowd, the faults and the interleaving; random when left out.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("cargo soak --buyers {} --stock {} --seed {seed}\n", options.buyers, options.stock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let holds = runtime.expect("a runtime").block_on(soak(options, seed));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether everything held.
async fn soak(Options { buyers, stock, .. }: Options, seed: u64) -> bool {
    let began = Instant::now();
    let progress = Progress::Shown;

    let step = progress.step("open the doors");
    let mut storm = Box::pin(Storm::gathers(buyers, stock, seed, &|done| {
        step.at(format!("{done} of {buyers} buyers"));
    }))
    .await;
    step.done(&format!("{buyers} buyers for {stock} each of {} products", PRODUCTS.len()));

    let step = progress.step("buy");
    Box::pin(storm.breaks(&|bought| step.at(bought))).await;
    step.done(&storm.bought());

    let step = progress.step("heal");
    let rounds = Box::pin(storm.heals(&|how_far| step.at(how_far))).await;
    step.done(&format!("{rounds} minutes of the shop's time"));

    let step = progress.step("audit the shop");
    let found = Box::pin(audit(&storm.shop, &storm.stock())).await;
    let breaches = breaches(&storm, &found, stock);
    step.done(&format!("{} orders", found.orders.len()));

    table(&storm, &found);
    println!("{} s", began.elapsed().as_secs());
    match breaches.as_slice() {
        [] => println!("\nIt held: nothing oversold, nothing lost, no charge, refund or label twice."),
        breaches => {
            println!("\nIt did not hold, with seed {seed}:");
            for breach in breaches {
                println!("  {breach}");
            }
        }
    }
    breaches.is_empty()
}

/// Everything that is wrong.
fn breaches(storm: &Storm, found: &Audit, stock: i64) -> Vec<String> {
    let mut breaches = found.breaches.clone();
    breaches.extend(storm.breaches.iter().cloned());
    let orders: BTreeSet<_> = found.orders.iter().map(|order| order.head.id.to_string()).collect();
    for told in storm.told().into_iter().filter(|told| !orders.contains(told)) {
        breaches.push(format!("an answer named {told}, which is not an order"));
    }
    // Nobody cancels orders of this product, and each is for one unit, so there are exactly as many orders as
    // units.
    let product = &storm.products[KEPT];
    let placed = found.orders.iter().filter(|order| has(order, product)).count();
    let wanted = storm.wanted(KEPT).min(usize::try_from(stock).unwrap_or(usize::MAX));
    if placed != wanted || sold(&found.orders, product) != i64::try_from(wanted).unwrap() {
        breaches.push(format!("{placed} orders of {}, where {wanted} could be had", PRODUCTS[KEPT]));
    }
    breaches
}

fn has(order: &table::Order, product: &str) -> bool {
    order.snapshot.lines.iter().any(|line| line.variant_id() == variant_of(product))
}

fn table(storm: &Storm, found: &Audit) {
    println!(
        "\n  {:<8} {:>8} {:>8} {:>11} {:>8} {:>8}",
        "product", "buyers", "orders", "cancelled", "sold", "left"
    );
    for (number, product) in storm.products.iter().enumerate() {
        let orders: Vec<_> = found.orders.iter().filter(|order| has(order, product)).collect();
        let off = orders.iter().filter(|order| order.head.status() == domain::orders::Status::Cancelled);
        println!(
            "  {:<8} {:>8} {:>8} {:>11} {:>8} {:>8}",
            PRODUCTS[number],
            storm.wanted(number),
            orders.len(),
            off.count(),
            sold(&found.orders, product),
            found.left.get(&variant_of(product)).copied().unwrap_or_default(),
        );
    }
    let captured = found.entries("PAYMENT", |entry| entry == "captured");
    let (refunds, labels) = (found.entries("REFUND", |_| true), found.entries("LABEL", |_| true));
    let (mails, twice) = (storm.shop.aws.mails().len(), found.second_copies());
    println!(
        "\n  {captured} charges, {refunds} refunds, {labels} labels, {mails} mails of which {twice} twice"
    );
    print!(
        "  {} requests, {} deliveries of messages, {} faults, ",
        storm.requests(),
        storm.deliveries(),
        storm.faults()
    );
}
