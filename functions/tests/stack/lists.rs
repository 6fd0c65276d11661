//! The lists of products, and the stream and the worker behind them.

use std::time::Duration;

use local::wait_until;

use super::people::{shared, text};

#[test]
fn a_product_that_is_sold_out_shows_so_in_the_lists_moments_later() {
    let shop = shared();
    let lamp = shop.product(1);
    let store = text(&shop.anyone().get(&format!("/products/{lamp}")).is(200)["store_id"]);
    let listed = |query: &str| {
        let list = shop.anyone().get(&format!("/products?store_id={store}&{query}")).is(200);
        list.as_array().unwrap().len()
    };
    assert_eq!((listed("in_stock=true&sort=price_asc"), listed("in_stock=false")), (1, 0));
    let ann = shop.register("ann");
    ann.add_to_cart(&lamp, 1).is(200);
    ann.check_out().is(201);
    let sold_out =
        wait_until(Duration::from_secs(30), || (listed("in_stock=false&sort=price_desc") == 1).then_some(()));
    assert!(sold_out.is_some(), "the lists still say that it is in stock");
    assert_eq!(listed("in_stock=true"), 0);
}
