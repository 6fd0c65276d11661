//! The counted cost of each endpoint and each step: sequential round trips, read and write units, queue
//! requests.
//!
//! The table is committed as `functions/tests/contract/costs.md`. A figure that rises fails the test. A
//! figure that falls has to be written down: `UPDATE=1 cargo test --workspace --test functions costs`.

mod bill;
mod face;
mod operating;
mod search;
mod variants;

use std::fmt::Write as _;
use std::future::Future;

use domain::messages::QUEUES;
use serde_json::json;
use testkit::{Call, Service, Units};

use crate::contract::template::observed;
use crate::shop::people::{PASSWORD, Person, login};
use crate::shop::world::Shop;

/// One row: the counted figures and their limits.
#[derive(Default)]
struct Row {
    what: String,
    trips: u32,
    units: Units,
    /// Messages that are sent. Only the row of a whole life has fractions.
    sends: f64,
    /// Requests that are answered, and the bytes of the answers.
    requests: f64,
    bytes: f64,
    most: Most,
}

/// The limits of a row: sequential round trips without the publish, read units, write units.
#[derive(Default)]
struct Most(u32, f64, f64);

struct Ledger {
    shop: Shop,
    rows: Vec<Row>,
}

impl Ledger {
    /// Counts what `work` does. Publishing takes at most one more round trip, and has a column of its own.
    async fn count<T>(&mut self, what: &str, most: Most, work: impl Future<Output = T>) {
        self.shop.aws.clear_calls();
        let (requests, bytes) = self.shop.answered();
        let (_, trips) = self.shop.aws.round_trips(Box::pin(work)).await;
        let calls = self.shop.aws.calls();
        // The sandbox stands in for another company's database, and makes its calls one after the other.
        let (sandbox, own): (Vec<_>, Vec<_>) =
            calls.iter().partition(|call| observed::is_sandbox(&call.info));
        // The limiter's writes run beside the others, and have a row of their own.
        let (limiter, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|call| counts(call));
        let sends =
            u32::try_from(own.iter().filter(|call| call.info.service == Service::Sqs).count()).unwrap();
        let (all_requests, all_bytes) = self.shop.answered();
        let requests = f64::from(all_requests - requests);
        let bytes = f64::from(u32::try_from(all_bytes - bytes).unwrap());
        let outside = |call: &&&Call| matches!(call.info.service, Service::Ses | Service::Stripe);
        let others = own.iter().filter(outside).count() + sandbox.len();
        let trips = trips - u32::try_from(others).unwrap() - u32::from(sends > 0);
        let units = own.iter().map(|call| call.units).sum();
        let (what, sends) = (what.to_owned(), f64::from(sends));
        self.rows.push(Row { what: what.clone(), trips, units, sends, requests, bytes, most });
        if !limiter.is_empty() {
            let units = limiter.iter().map(|call| call.units).sum();
            let what = format!("{what}{LIMITER}");
            self.rows.push(Row { what, units, most: Most(0, 0.0, 2.0), ..Row::default() });
        }
    }

    fn table(&self) -> String {
        let mut table = String::from(
            "| what | sequential round trips | read units | write units (base + index) | queue requests |\n\
             | --- | --- | --- | --- | --- |\n",
        );
        for Row { what, trips, units, sends, most: Most(most_trips, most_reads, most_writes), .. } in
            &self.rows
        {
            let trips =
                if *most_trips == 0 { "–".to_owned() } else { format!("{trips} (≤ {most_trips})") };
            let tenths = |number: f64| (number * 10.0).round() / 10.0;
            let (read, base, index) =
                (tenths(units.read()), tenths(units.write_base), tenths(units.write_index));
            let sends = tenths(*sends);
            writeln!(
                table,
                "| {what} | {trips} | {read} (≤ {most_reads}) \
                 | {base} + {index} (≤ {most_writes}) | {sends} |"
            )
            .unwrap();
        }
        table
    }
}

/// The end of the names of the limiter's rows.
const LIMITER: &str = ": limiter";

/// Whether a call counts for a rate limit.
fn counts(call: &Call) -> bool {
    call.info.touches.iter().any(|touch| touch.partition().is_some_and(|pk| pk.starts_with("LIMIT#")))
}

#[tokio::test(start_paused = true)]
async fn no_endpoint_costs_more_than_the_table_says() {
    let (shop, products) =
        Shop::with_products(&[("lamp", 15_00, 90), ("desk", 99_00, 90), ("chair", 49_00, 90)]).await;
    let ann = shop.shopper("ann").await;
    let ben = shop.shopper("ben").await;
    shop.drain_queues().await;
    let vase = Box::pin(warm_up(&shop, &products[0], (&ann, &ben))).await;

    let mut ledger = Ledger { shop: shop.clone(), rows: Vec::new() };
    let guest = shop.guest();
    let page = format!("/products/{}", products[0]);
    ledger.count("product page", Most(1, 1.0, 0.0), guest.get(&page)).await;
    ledger.count("list page", Most(1, 3.0, 0.0), guest.get("/products")).await;
    Box::pin(catalogue(&mut ledger, &page)).await;
    ledger.count("register", Most(2, 1.0, 7.0), shop.shopper("cat")).await;
    ledger.count("login", Most(2, 1.0, 2.0), shop.log_in(&ann.email)).await;
    Box::pin(account(&mut ledger, &guest, &ann)).await;
    ledger.count("add to cart", Most(2, 0.5, 1.0), ann.add_to_cart(&products[0], 2)).await;
    for product in &products[1..] {
        ann.add_to_cart(product, 2).await.ok();
    }
    ledger.count("cart view, 3 lines", Most(2, 10.5, 0.0), ann.get("/cart")).await;
    Box::pin(carts(&mut ledger, &ann, &ben, (&products[0], &vase))).await;

    let mut order = String::new();
    ledger
        .count("checkout, 3 lines, one store", Most(3, 5.0, 21.0), async {
            order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
        })
        .await;
    ledger.count("order detail", Most(1, 2.0, 0.0), ann.order(&order)).await;
    after_checkout(&mut ledger, &shop, &products).await;

    shop.aws.queue("notifications").purge();
    for (queue, step, trips, writes) in [
        ("payments", "take payment", 2, 4.0),
        ("warehouse", "pack", 2, 4.0),
        ("shipping", "ship (claim, then label)", 3, 4.0),
        ("delivery", "hand over", 2, 4.0),
    ] {
        ledger.count(step, Most(trips, 1.0, writes), shop.work_off(queue)).await;
        mails(&mut ledger, &shop).await;
    }
    let arrival = shop.aws.queue("delivery").next_due().unwrap();
    shop.clock.advance(arrival.since(shop.clock.now()));
    ledger.count("deliver", Most(2, 1.0, 4.0), shop.work_off("delivery")).await;
    mails(&mut ledger, &shop).await;
    assert_eq!(ann.order(&order).await.ok()["status"], "delivered");

    for _ in 0..9 {
        guest.get(&page).await.ok();
    }
    // The report follows the answer.
    ledger.count("a visitor's tenth page in a minute", Most(2, 1.0, 0.0), guest.get(&page)).await;
    Box::pin(pictures(&mut ledger, &guest, &products[1])).await;
    Box::pin(reviews(&mut ledger, &shop.again(&ann), &products[0], &order)).await;

    ledger.rows.extend(Box::pin(operating::rows()).await);
    ledger.rows.extend(Box::pin(variants::rows()).await);
    ledger.rows.extend(Box::pin(search::rows()).await);
    ledger.rows.extend(Box::pin(face::rows()).await);
    let (limiter, others): (Vec<_>, Vec<_>) = ledger.rows.iter().partition(|row| row.what.ends_with(LIMITER));
    let lives = [life("", &others, Most(0, 26.0, 55.0)), life(LIMITER, &limiter, Most(0, 0.0, 2.0))];
    let bill = bill::of_a_million(&others, &lives);
    ledger.rows.extend(lives);
    check(&ledger, &bill);
    assert!(QUEUES.iter().all(|queue| shop.aws.queue(queue).is_empty()));
}

/// Makes every environment warm and caches every key set. Returns a product of a store that no instance has
/// read yet.
async fn warm_up(shop: &Shop, lamp: &str, (ann, ben): (&Person, &Person)) -> String {
    ben.add_to_cart(lamp, 1).await.ok();
    ben.get("/cart").await.ok();
    let order = ben.place_order().await.created()["id"].as_str().unwrap().to_owned();
    ben.order(&order).await.ok();
    ben.keep_address("Springfield").await.created();
    ben.get("/users/me/addresses").await.ok();
    ben.get("/users/me").await.ok();
    ben.get("/auth/sessions").await.ok();
    shop.guest().post("/auth/refresh", json!({})).await;
    ben.remove_from_cart(lamp).await.data(404);
    ben.set_in_cart(lamp, 1).await.data(404);
    ben.clear_cart().await.data(204);
    let mut vases = shop.sell("potter", &[("vase", 9_00, 90)]).await;
    shop.log_in(&ann.email).await;
    shop.guest().get("/products").await.ok();
    shop.drain_queues().await;
    shop.sweep().await.unwrap();
    vases.remove(0)
}

/// What signed-in users do with their accounts.
async fn account(ledger: &mut Ledger, guest: &Person, ann: &Person) {
    let session = guest.post("/auth/login", login(&ann.email, PASSWORD)).await;
    let refresh = json!({ "refresh_token": session.ok()["refresh_token"] });
    ledger.count("refresh", Most(1, 0.0, 2.0), guest.post("/auth/refresh", refresh)).await;
    ledger.count("own profile", Most(1, 1.0, 0.0), ann.get("/users/me")).await;
    ledger.count("own sessions", Most(1, 1.0, 0.0), ann.get("/auth/sessions")).await;
    ledger.count("keep an address", Most(2, 1.0, 1.0), ann.keep_address("Springfield")).await;
    ledger.count("list addresses", Most(1, 1.0, 0.0), ann.get("/users/me/addresses")).await;
}

/// A buyer reviews a product after its delivery.
async fn reviews(ledger: &mut Ledger, ann: &Person, product: &str, order: &str) {
    let shop = ledger.shop.clone();
    let (guest, path) = (shop.guest().at("192.0.2.7"), format!("/products/{product}/reviews"));
    let review = || json!({ "order_id": order, "rating": 5, "comment": "Bright." });
    for bits in 0..20 {
        crate::areas::catalogue::reviews::said_before(&shop, product, bits).await;
    }
    shop.start("create-review").await;
    ann.post("/products/prd_00000000000000000000000000/reviews", review()).await.data(404);
    guest.get(&path).await.ok();
    ledger.count("review a product", Most(2, 4.0, 6.0), ann.post(&path, review())).await;
    ledger.count("reviews, 20 of 21", Most(1, 2.0, 0.0), guest.get(&path)).await;
}

/// A product's images are uploaded and deleted. Calls to S3 count as round trips.
async fn pictures(ledger: &mut Ledger, guest: &Person, product: &str) {
    let shop = ledger.shop.clone();
    let seller = shop.again(&shop.find("seller").await);
    let (page, images) = (format!("/products/{product}"), format!("/products/{product}/images"));
    let png = crate::shop::outside::file(1, 1, [0; 3], image::ImageFormat::Png);
    let offer = || seller.post(&images, json!({ "content_type": "image/png", "size": png.len() }));
    let upload = |offer: &crate::shop::world::Answer| {
        shop.aws.upload(&offer.created()["upload"]["fields"], "image/png", &png).unwrap();
    };
    let admin = shop.member("photographer", true).await;
    for _ in 0..8 {
        upload(&admin.post(&images, json!({ "content_type": "image/png", "size": png.len() })).await);
    }
    shop.drain_queues().await;
    seller.get(&images).await.ok();
    seller.call("DELETE", &format!("{images}/img_00000000000000000000000000"), None).await.data(404);
    upload(&offer().await);
    shop.drain_queues().await;

    ledger.count("offer an image", Most(4, 3.0, 1.0), async { upload(&offer().await) }).await;
    ledger.count("publish an image", Most(7, 3.0, 4.0), shop.work_off("uploads")).await;
    ledger.count("how one's images stand", Most(3, 3.0, 0.0), seller.get(&images)).await;
    ledger.count("product page, 10 images", Most(1, 1.0, 0.0), guest.get(&page)).await;
    let image = seller.get(&images).await.ok()[9]["id"].as_str().unwrap().to_owned();
    let path = format!("{images}/{image}");
    ledger.count("delete an image", Most(4, 3.0, 1.0), seller.call("DELETE", &path, None)).await;
}

/// What visitors read in the catalogue, and what sellers change.
async fn catalogue(ledger: &mut Ledger, page: &str) {
    let shop = ledger.shop.clone();
    // So many that each partition of a list has a page, whichever ids the products get.
    let names: Vec<_> = (0..84).map(|number| format!("cup{number:02}")).collect();
    let cups: Vec<_> = names.iter().map(|name| (name.as_str(), 9_00, 9)).collect();
    let cups = shop.sell("cupmaker", &cups).await;
    let (guest, seller) = (shop.guest(), shop.find("cupmaker").await);
    let cup = guest.get(&format!("/products/{}", cups[0])).await.ok().clone();
    let (category, store) = (cup["category_id"].as_str().unwrap(), cup["store_id"].as_str().unwrap());
    let path = format!("/products/{}", cups[0]);
    let edit = async |change| seller.call("PATCH", &path, Some(change)).await.ok().clone();
    // Every environment is warm, and every key set is read.
    guest.get(page).await.ok();
    guest.get(&format!("/stores/{store}")).await.ok();
    edit(json!({ "brand": "None" })).await;
    seller.get("/seller/products").await.ok();
    seller.get(&format!("{path}/stock")).await.ok();
    let moved = json!({ "delta": 1 });
    seller.post(&format!("{path}/stock"), moved.clone()).await.ok();
    seller.call("DELETE", &format!("/products/{}", cups[1]), None).await.data(204);

    for (what, query, most) in [
        ("list page, 20 of 84", String::new(), 3.0),
        ("list page of a category, 20 of 84", format!("?category_id={category}"), 3.0),
        ("list page of a store, 20 of 84", format!("?store_id={store}"), 3.0),
        ("list page by price, 20 of 84", "?sort=price_asc".to_owned(), 3.0),
    ] {
        ledger.count(what, Most(1, most, 0.0), guest.get(&format!("/products{query}"))).await;
    }
    let visitor = shop.redeployed(&[("PageCacheSeconds", "5")]).guest();
    for (what, path) in [("list page, seconds old", "/products"), ("product page, seconds old", page)] {
        visitor.get(path).await.ok();
        ledger.count(what, Most(0, 0.0, 0.0), visitor.get(path)).await;
    }
    ledger.count("store page", Most(1, 1.0, 0.0), guest.get(&format!("/stores/{store}"))).await;
    let product = crate::areas::catalogue::products::product("new", category);
    ledger.count("new product", Most(2, 1.0, 19.0), seller.post("/products", product)).await;
    let brand = json!({ "brand": "Arc" });
    ledger.count("edit a product's brand", Most(3, 2.0, 2.0), edit(brand)).await;
    let price = json!({ "price": { "amount": 8_00, "currency": "USD" } });
    ledger.count("edit a product's price", Most(3, 2.0, 16.0), edit(price)).await;
    ledger.count("hide a product", Most(3, 2.0, 23.0), edit(json!({ "is_active": false }))).await;
    edit(json!({ "is_active": true })).await;
    let delete = format!("/products/{}", cups[2]);
    ledger.count("delete a product", Most(3, 2.0, 18.0), seller.call("DELETE", &delete, None)).await;
    ledger.count("move stock", Most(4, 3.0, 4.0), seller.post(&format!("{path}/stock"), moved)).await;
    ledger.count("stock and movements", Most(2, 3.0, 0.0), seller.get(&format!("{path}/stock"))).await;
    shop.follow_stream().await;
    let rest = json!({ "on_hand": 0, "expected": 11 });
    seller.post(&format!("{path}/stock"), rest).await.ok();
    let what = "the stream says that a product is sold out";
    ledger.count(what, Most(0, 0.0, 0.0), shop.deliver_stream()).await;
    let what = "the lists learn that a product is sold out";
    ledger.count(what, Most(2, 1.0, 15.0), shop.work_off("rows")).await;
    ledger.count("seller's list, 20 of 83", Most(2, 4.0, 0.0), seller.get("/seller/products")).await;
}

/// Changes of carts. Adding costs one more read if the instance has not read the store for five minutes. A
/// clear has to read the lines that it removes.
async fn carts(ledger: &mut Ledger, ann: &Person, ben: &Person, (lamp, vase): (&str, &str)) {
    ledger.count("set a quantity", Most(1, 0.0, 1.0), ann.set_in_cart(lamp, 3)).await;
    let add = ben.add_to_cart(vase, 1);
    ledger.count("add to cart, of a store not seen lately", Most(3, 1.0, 1.0), add).await;
    ledger.count("remove from cart", Most(1, 0.0, 1.0), ben.remove_from_cart(vase)).await;
    ben.add_to_cart(vase, 1).await.ok();
    ledger.count("clear the cart", Most(2, 1.0, 1.0), ben.clear_cart()).await;
}

/// What buyers and sellers do with orders, with orders of their own.
async fn after_checkout(ledger: &mut Ledger, shop: &Shop, products: &[String]) {
    let (dora, seller) = (shop.member("dora", false).await, shop.find("seller").await);
    let waiting = shop.aws.queue("payments").take_due(shop.clock.now());
    let mut last = String::new();
    for key in 0..20 {
        let mut purchase = crate::shop::people::purchase();
        let items = products.iter().map(|product| json!({ "product_id": product, "quantity": 1 }));
        purchase["items"] = items.collect();
        let key = key.to_string();
        let placed = dora.call_with("POST", "/orders", &[("idempotency-key", &key)], Some(purchase)).await;
        placed.created()["id"].as_str().unwrap().clone_into(&mut last);
    }
    // Every environment is warm, and every key set is read.
    for path in ["/orders", "/orders?limit=1"] {
        dora.get(path).await.ok();
    }
    seller.get("/seller/orders").await.ok();
    let cancel = format!("/orders/{last}/cancel");
    dora.call("POST", &format!("/orders/{last}/complete"), None)
        .await
        .refused(409, &[("INVALID_TRANSITION", "")]);
    ledger.count("order list, 20 of 20", Most(2, 11.0, 0.0), dora.get("/orders")).await;
    ledger.count("seller's order list, 20 of 20", Most(3, 23.0, 0.0), seller.get("/seller/orders")).await;
    let admin = shop.member("admin", true).await;
    admin.get("/admin/orders").await.ok();
    ledger.count("list of all orders, 20 of 22", Most(3, 17.0, 0.0), admin.get("/admin/orders")).await;
    ledger.count("order detail, for a seller", Most(2, 2.0, 0.0), seller.order(&last)).await;
    shop.start("cancel-order").await;
    dora.call("POST", "/orders/ord_00000000000000000000000000/cancel", None)
        .await
        .refused(404, &[("NOT_FOUND", "")]);
    let reason = json!({ "reason": "Three are too many." });
    ledger.count("cancel, 3 lines, with a reason", Most(2, 1.0, 10.0), dora.post(&cancel, reason)).await;
    shop.drain_queues().await;
    for message in waiting {
        shop.aws.queue("payments").put_back(message, shop.clock.now());
    }
}

/// Mails to be sent: all cost the same, so one row stands for them.
async fn mails(ledger: &mut Ledger, shop: &Shop) {
    while let Some(message) = shop.aws.queue("notifications").all().first().cloned() {
        let sent = async {
            let failed = shop.deliver("notifications", std::slice::from_ref(&message)).await.unwrap();
            assert_eq!(failed, Vec::<String>::new());
        };
        shop.aws.queue("notifications").take_due(shop.clock.now());
        let kind = message_kind(&message);
        ledger.count(&format!("mail: {kind}"), Most(2, 1.0, 2.0), sent).await;
    }
}

fn message_kind(message: &testkit::Message) -> String {
    let mail = message.json()["mail"].as_str().unwrap().to_owned();
    mail.split(':').next().unwrap().to_owned()
}

/// How often something happens in the whole life of an order: 0.2 registrations, 0.5 logins, 10 pages, 3
/// adds, a checkout, 5 moves, 4 mails, two visits of the sweeper.
fn times(what: &str) -> f64 {
    match what {
        "register" => 0.2,
        "login" => 0.5,
        "product page" | "list page" => 5.0,
        "add to cart" => 3.0,
        "checkout, 3 lines, one store"
        | "take payment"
        | "pack"
        | "ship (claim, then label)"
        | "hand over"
        | "deliver"
        | operating::DUE_TIME_CORRECTED
        | operating::COMPLETED => 1.0,
        // The reads of every sweep do not belong to the order.
        operating::NOTHING_LATE => -2.0,
        mail if mail.starts_with("mail: ") => 1.0,
        _ => 0.0,
    }
}

fn life(of: &str, rows: &[&Row], most: Most) -> Row {
    let mut units = Units::default();
    let (mut sends, mut requests, mut bytes) = (0.0, 0.0, 0.0);
    for row in rows {
        let times = times(row.what.trim_end_matches(LIMITER));
        units.read_base += row.units.read_base * times;
        units.read_index += row.units.read_index * times;
        units.write_base += row.units.write_base * times;
        units.write_index += row.units.write_index * times;
        sends += row.sends * times;
        requests += row.requests * times;
        bytes += row.bytes * times;
    }
    Row { what: format!("whole life of an order{of}"), trips: 0, units, sends, requests, bytes, most }
}

/// Compares the figures with the committed ones and the limits.
fn check(ledger: &Ledger, bill: &str) {
    committed("costs", &format!("{}\n{bill}", ledger.table()));
    for Row { what, trips, units, most: Most(most_trips, most_reads, most_writes), .. } in &ledger.rows {
        assert!(trips <= most_trips, "{what}: {trips} round trips");
        assert!(units.read() <= *most_reads, "{what}: {} read units", units.read());
        assert!(units.write() <= *most_writes, "{what}: {} write units", units.write());
    }
}

/// Compares a table of this test program with the committed one, or writes it if asked to.
#[track_caller]
pub fn committed(name: &str, table: &str) {
    let path = local::paths::root().join(format!("functions/tests/contract/{name}.md"));
    #[expect(clippy::disallowed_methods, reason = "this is how a person asks a test to write its file")]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let only_in = |here: &str, there: &str, sign: &str| -> Vec<String> {
        let there: Vec<_> = there.lines().collect();
        let lines = here.lines().filter(|line| !there.contains(line));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    let differences = [only_in(&committed, table, "-"), only_in(table, &committed, "+")].concat();
    assert!(
        committed == table,
        "{name}.md differs from what the test finds:\n{}\n\
         Run `UPDATE=1 cargo test --workspace --test functions -- contract::{name}` and read the diff.",
        differences.join("\n")
    );
}
