//! Searches, and the stream, the worker and the bucket behind them.

use std::time::{Duration, Instant};

use local::wait_until;
use serde_json::json;

use super::people::shared;

#[test]
fn a_new_name_is_found_moments_later() {
    let shop = shared();
    let (seller, lamp) = shop.seller(1);
    let word = format!("zanzibar{}", seller.email.replace(['-', '@', '.'], ""));
    let begun = Instant::now();
    let name = json!({ "name": format!("{word} lantern") });
    let path = format!("/products/{lamp}");
    seller.send("PATCH", &path, "application/json", Some(&name.to_string())).is(200);
    let found = || {
        let answer = shop.anyone().get(&format!("/products/search?q={word}+lanterns")).is(200);
        let products = answer["products"].as_array().unwrap();
        (products.len() == 1 && products[0]["id"] == lamp.as_str()).then_some(())
    };
    assert!(wait_until(Duration::from_mins(1), found).is_some(), "searches do not find it");
    println!("found after {:?}", begun.elapsed());
    let suggested = shop.anyone().get(&format!("/products/suggest?q={word}")).is(200);
    assert_eq!(suggested[0]["id"], lamp.as_str(), "{suggested:#}");
}
