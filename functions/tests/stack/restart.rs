//! After a restart of the local stack, the reader of the stream goes on.

use std::time::Duration;

use image::ImageFormat;
use local::{upload, wait_until};
use serde_json::{Value, json};

use super::people::{Person, Shop, options, text};
use crate::shop::outside::file;

const LIMIT: Duration = Duration::from_secs(30);

/// The row of a seller's only product in the public list.
fn row(shop: &Shop, product: &str) -> Value {
    let store = text(&shop.anyone().get(&format!("/products/{product}")).is(200)["store_id"]);
    shop.anyone().get(&format!("/products?store_id={store}")).is(200)[0].clone()
}

#[track_caller]
fn listed_when(shop: &Shop, product: &str, what: &str, is_so: impl Fn(&Value) -> bool) {
    let found = wait_until(LIMIT, || Some(row(shop, product)).filter(&is_so));
    assert!(found.is_some(), "{what} is not in the list: {:#}", row(shop, product));
}

fn buy(shop: &Shop, product: &str) {
    let buyer = shop.register("buyer");
    buyer.add_to_cart(product, 1).is(200);
    buyer.check_out().is(201);
}

/// Uploads a picture; returns its id.
fn picture(seller: &Person, images: &str) -> String {
    let bytes = file(30, 20, [250, 0, 0], ImageFormat::Png);
    let offer = seller.post(images, &json!({ "content_type": "image/png", "size": bytes.len() })).is(201);
    assert_eq!(upload(&offer["upload"], "image/png", &bytes).unwrap().0, 204);
    text(&offer["image_id"])
}

#[test]
fn after_two_restarts_lists_still_show_sales_and_pictures() {
    let mut shop = Shop::open(options("restart"));
    let (seller, lamp) = shop.seller(1);
    let (_, torch) = shop.seller(1);
    let images = format!("/products/{lamp}/images");
    let image = picture(&seller, &images);
    listed_when(&shop, &lamp, "the picture", |row| row["thumbnail"].is_string());
    let public_url = text(&shop.anyone().get(&format!("/products/{lamp}")).is(200)["images"][0]["url"]);
    let seller = seller.email;

    // Sold out at the last moment: the consumer may not have received that yet.
    buy(&shop, &torch);
    shop.stack.restart().unwrap();
    listed_when(&shop, &torch, "the sale before the restart", |row| row["in_stock"] == false);
    buy(&shop, &lamp);
    listed_when(&shop, &lamp, "the sale after the restart", |row| row["in_stock"] == false);

    shop.stack.restart().unwrap();
    let seller = shop.log_in(&seller);
    let deleted = seller.send("DELETE", &format!("{images}/{image}"), "", None);
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    listed_when(&shop, &lamp, "the deletion", |row| row["thumbnail"].is_null());
    let gone = || (shop.stack.agent().get(&public_url).call().unwrap().status() != 200).then_some(());
    wait_until(LIMIT, gone).expect("the picture's objects are deleted");
    shop.comes_to_rest(Duration::from_mins(1));
}
