//! The cost of a million lives of an order, by the price list of us-east-1: on-demand table, HTTP API, arm64,
//! no free tier.

use std::fmt::Write as _;

use super::{Row, times};
use crate::tree;

/// The bytes of log of an invocation: one line of ours, and 26 bytes that AWS adds to each.
const LOGGED: f64 = 300.0;
/// Gigabyte-seconds of an invocation at 256 MB, and below of one that hashes a password at 512 MB.
const USUAL: f64 = 0.015 * 0.25;
const SIGNS_IN: f64 = 0.040 * 0.5;

/// The bill, from the counted parts of a life, and from the whole life with and without the limiter's share.
pub fn of_a_million(rows: &[&Row], [life, limiter]: &[Row; 2]) -> String {
    let all = |count: fn(&Row) -> f64| rows.iter().map(|row| count(row) * times(&row.what)).sum::<f64>();
    let row = |what: &str| rows.iter().find(|row| row.what == what).unwrap();
    // The pages of the small shop in this test are shorter than real ones, so those of larger lists count.
    let longer = [("list page", "list page, 20 of 84"), ("product page", "product page, 10 images")];
    let longer = longer.map(|(short, long)| (row(long).bytes - row(short).bytes) * times(short));
    let bytes = life.bytes + longer.iter().sum::<f64>();
    let hashes = times("register") + times("login");
    let invocations = life.requests + life.sends;
    // Each mail is also a message; a new account has its own.
    let mails =
        all(|row| f64::from(row.what.starts_with("mail: "))) + times("register") * row("register").sends;

    let lines = [
        ("table writes", life.units.write() + limiter.units.write(), 0.625),
        ("table reads", life.units.read() + limiter.units.read(), 0.125),
        ("API requests", life.requests, 1.00),
        ("queue requests: send, receive, delete", 3.0 * life.sends, 0.40),
        ("function invocations", invocations, 0.20),
        (
            "function time in GB-s: 15 ms at 256 MB; 40 ms at 512 MB to sign in",
            (invocations - hashes) * USUAL + hashes * SIGNS_IN,
            13.33,
        ),
        ("log lines in KB", invocations * LOGGED / 1e3, 0.50),
        ("answers in KB", bytes / 1e3, 0.09),
        ("mails", mails, 100.0),
    ];
    let mut table = String::from(
        "| of a million lives | counted of one | price of a million | dollars |\n| --- | --- | --- | --- |\n",
    );
    let mut total = 0.0;
    for (what, count, price) in lines {
        let dollars = count * price;
        total += dollars;
        writeln!(table, "| {what} | {count:.2} | {price} | {dollars:.1} |").unwrap();
    }
    writeln!(table, "| all | | | **{total:.1}** |").unwrap();
    let said = format!("**${total:.0}**");
    assert!(tree::read("ARCHITECTURE.md").contains(&said), "ARCHITECTURE.md, What it costs: it is {said}");
    table
}
