//! The lists of products: their content and order, also under concurrent changes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, StreamSpecification, WriteRequest};
use serde_json::{Value, json};
use table::{Shelf, Sort, Wanted};

use crate::areas::catalogue::products::product;
use crate::shop::people::{PASSWORD, Person, id, purchase};
use crate::shop::world::{Answer, Shop, seeds, together};

fn names(answer: &Answer) -> Vec<String> {
    let rows = answer.ok().as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn next_of(answer: &Answer) -> Option<String> {
    answer.body["meta"]["pagination"]["next_cursor"].as_str().map(str::to_owned)
}

/// The ids of all pages of a list. `between` runs after each page.
async fn walk(person: &Person, path: &str, between: impl AsyncFn()) -> Vec<String> {
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    // A hundred thousand products, a hundred on each page, are 1,001 pages.
    for _ in 0..2000 {
        let cursor = next.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = person.get(&format!("{path}{cursor}")).await;
        seen.extend(page.ok().as_array().unwrap().iter().map(id));
        next = next_of(&page);
        if next.is_none() {
            return seen;
        }
        between().await;
    }
    panic!("{path} has no end");
}

/// Two sellers with products in two categories, with these prices and stocks.
struct Market {
    shop: Shop,
    sellers: Vec<Person>,
    stores: Vec<String>,
    categories: Vec<String>,
}

impl Market {
    async fn open() -> Self {
        let shop = Shop::open();
        let admin = shop.member("admin", true).await;
        let (mut sellers, mut stores, mut categories) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..2 {
            let seller = shop.member(&format!("seller{number}"), false).await;
            stores.push(seller.open_store(&format!("Store {number}")).await);
            sellers.push(seller);
            let category = json!({ "name": format!("Category {number}") });
            categories.push(id(admin.post("/categories", category).await.created()));
        }
        Self { shop, sellers, stores, categories }
    }

    /// Adds a product; each is newer than the one before.
    async fn add(&self, name: &str, seller: usize, category: usize, price: i64, stock: i64) -> String {
        self.shop.clock.advance(Duration::from_millis(1));
        let mut body = product(name, &self.categories[category]);
        body["name"] = json!(name);
        body["price"]["amount"] = json!(price);
        body["stock"] = json!(stock);
        id(self.sellers[seller].post("/products", body).await.created())
    }

    async fn lists(&self, query: &str) -> Vec<String> {
        names(&self.shop.guest().get(&format!("/products?{query}")).await)
    }
}

#[tokio::test(start_paused = true)]
async fn every_list_has_its_products_in_its_order() {
    let market = Market::open().await;
    for (name, seller, category, price, stock) in [
        ("Aa", 0, 0, 5_00, 1),
        ("Bb", 0, 1, 3_00, 0),
        ("Cc", 1, 0, 9_00, 2),
        ("Dd", 1, 1, 1_000_000_000_000, 2),
        ("Ee", 0, 0, 3_00, 4),
    ] {
        market.add(name, seller, category, price, stock).await;
    }
    let Market { stores, categories, .. } = &market;
    let (store, category) = (format!("store_id={}", stores[0]), format!("category_id={}", categories[0]));
    for (query, expected) in [
        (String::new(), "Ee Dd Cc Bb Aa"),
        ("sort=newest".to_owned(), "Ee Dd Cc Bb Aa"),
        ("sort=price_asc".to_owned(), "Bb Ee Aa Cc Dd"),
        ("sort=price_desc".to_owned(), "Dd Cc Aa Ee Bb"),
        (category.clone(), "Ee Cc Aa"),
        (format!("{category}&sort=price_asc"), "Ee Aa Cc"),
        (format!("{category}&sort=price_desc"), "Cc Aa Ee"),
        (store.clone(), "Ee Bb Aa"),
        (format!("{store}&sort=price_asc"), "Bb Ee Aa"),
        (format!("{store}&sort=price_desc"), "Aa Ee Bb"),
        (format!("{store}&{category}"), "Ee Aa"),
        (format!("{store}&{category}&sort=price_desc&max_price=499"), "Ee"),
        ("min_price=300&max_price=500&sort=price_desc".to_owned(), "Aa Ee Bb"),
        ("min_price=301".to_owned(), "Dd Cc Aa"),
        ("min_price=301&sort=price_asc".to_owned(), "Aa Cc Dd"),
        ("max_price=300&sort=price_asc".to_owned(), "Bb Ee"),
        ("min_price=500&max_price=500".to_owned(), "Aa"),
        ("min_price=0&max_price=0&sort=price_asc".to_owned(), ""),
        ("in_stock=true".to_owned(), "Ee Dd Cc Aa"),
        ("in_stock=false&sort=price_asc".to_owned(), "Bb"),
        (format!("store_id={}", "sto_00000000000000000000000000"), ""),
    ] {
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(market.lists(&query).await, expected, "{query}");
        // The same list in pages of one, and in pages that read more rows than they show.
        let path = format!("/products?limit=1&{query}");
        let walked = walk(&market.shop.guest(), &path, async || {}).await;
        assert_eq!(walked.len(), expected.len(), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_filter_or_cursor_is_refused() {
    let market = Market::open().await;
    for name in ["Aa", "Bb", "Cc"] {
        market.add(name, 0, 0, 5_00, 1).await;
        market.add(&format!("Other {name}"), 1, 0, 5_00, 1).await;
    }
    let guest = market.shop.guest();
    for (query, code, field) in [
        ("category_id=lamps", "INVALID", "category_id"),
        ("store_id=cat_00000000000000000000000000", "INVALID", "store_id"),
        ("min_price=-1", "OUT_OF_RANGE", "min_price"),
        ("max_price=1000000000001", "OUT_OF_RANGE", "max_price"),
        ("min_price=1.5", "INVALID", "min_price"),
        ("min_price=2&max_price=1", "OUT_OF_RANGE", "max_price"),
        ("in_stock=maybe", "INVALID", "in_stock"),
        ("sort=oldest", "INVALID", "sort"),
        ("limit=1000000000", "OUT_OF_RANGE", "limit"),
        ("q=lamp", "UNKNOWN_FIELD", "q"),
    ] {
        guest.get(&format!("/products?{query}")).await.refused(422, &[(code, field)]);
    }
    let malformed = [("MALFORMED", "cursor")];
    let cursor = next_of(&guest.get("/products?limit=1").await).unwrap();
    let tampered = cursor.replace(cursor.chars().last().unwrap(), "-");
    guest.get(&format!("/products?limit=1&cursor={tampered}")).await.refused(400, &malformed);
    // A cursor is valid for another page size of the same list, but not for another list.
    assert_eq!(names(&guest.get(&format!("/products?limit=3&cursor={cursor}")).await).len(), 3);
    for query in ["sort=price_asc", "in_stock=true", "min_price=1", &format!("store_id={}", market.stores[0])]
    {
        guest.get(&format!("/products?{query}&cursor={cursor}")).await.refused(400, &malformed);
    }
    // A forged cursor shows nothing that the list does not show.
    let hide = json!({ "is_active": false });
    let mine = market.sellers[0].get("/seller/products?limit=1").await.ok()[0].clone();
    market.sellers[0].call("PATCH", &format!("/products/{}", id(&mine)), Some(hide)).await.ok();
    for (sort, by) in
        [("newest", Sort::Newest), ("price_asc", Sort::PriceAscending), ("price_desc", Sort::PriceDescending)]
    {
        let all = Wanted { sort: by, ..Wanted::all_of(Shelf::All) };
        for position in ["LIST#ALL#HIDDEN", "~", "!", "0"] {
            let forged = api::cursor::write(&format!("/api/v1/products {all:?}"), position);
            let page = guest.get(&format!("/products?sort={sort}&cursor={forged}")).await;
            assert!(!names(&page).contains(&"Cc".to_owned()), "{sort} {position}");
        }
    }
    let own = next_of(&market.sellers[0].get("/seller/products?limit=1").await).unwrap();
    market.sellers[1].get(&format!("/seller/products?cursor={own}")).await.refused(400, &malformed);
    assert_eq!(names(&market.sellers[0].get(&format!("/seller/products?cursor={own}")).await), ["Bb", "Aa"]);
}

#[tokio::test(start_paused = true)]
async fn a_seller_sees_their_own_products_shown_or_hidden() {
    let market = Market::open().await;
    let seller = &market.sellers[0];
    let mut ids = Vec::new();
    for name in ["Aa", "Bb", "Cc", "Dd"] {
        ids.push(market.add(name, 0, 0, 5_00, 1).await);
    }
    market.add("Not mine", 1, 0, 5_00, 1).await;
    let hide = json!({ "is_active": false });
    seller.call("PATCH", &format!("/products/{}", ids[2]), Some(hide)).await.ok();
    seller.call("DELETE", &format!("/products/{}", ids[0]), None).await.data(204);
    // At once, however far other reads lag.
    let list = seller.get("/seller/products").await;
    assert_eq!(names(&list), ["Dd", "Cc", "Bb"]);
    let shown: Vec<_> =
        list.ok().as_array().unwrap().iter().map(|row| row["is_active"].as_bool().unwrap()).collect();
    assert_eq!(shown, [true, false, true]);
    assert_eq!(walk(seller, "/seller/products?limit=1", async || {}).await.len(), 3);
    assert_eq!(market.lists("").await, ["Not mine", "Dd", "Bb"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_shows_in_every_list_at_once() {
    let market = Market::open().await;
    let lamp = market.add("Aa", 0, 0, 5_00, 1).await;
    market.add("Bb", 0, 0, 6_00, 1).await;
    let Market { sellers, stores, categories, .. } = &market;
    let edit = async |change| {
        sellers[0].call("PATCH", &format!("/products/{lamp}"), Some(change)).await.ok().clone()
    };
    edit(json!({ "name": "Zz", "price": { "amount": 7_00, "currency": "USD" } })).await;
    let lists = [String::new(), format!("category_id={}", categories[0]), format!("store_id={}", stores[0])];
    for list in &lists {
        assert_eq!(market.lists(list).await, ["Bb", "Zz"], "{list}");
        assert_eq!(market.lists(&format!("{list}&sort=price_desc")).await, ["Zz", "Bb"], "{list}");
    }
    edit(json!({ "category_id": categories[1] })).await;
    assert_eq!(market.lists(&lists[1]).await, ["Bb"]);
    assert_eq!(market.lists(&format!("category_id={}", categories[1])).await, ["Zz"]);
    edit(json!({ "is_active": false })).await;
    for list in &lists {
        assert_eq!(market.lists(list).await, ["Bb"], "{list}");
        assert_eq!(market.lists(&format!("{list}&sort=price_desc")).await, ["Bb"], "{list}");
    }
    edit(json!({ "is_active": true })).await;
    assert_eq!(market.lists(&lists[0]).await, ["Bb", "Zz"]);
    are_true(&market.shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_walk_with_a_filter_misses_no_product() {
    let market = Market::open().await;
    let wanted = market.add("In stock", 0, 0, 5_00, 1).await;
    for number in 0..110 {
        market.add(&format!("Sold out {number}"), 0, 0, 5_00, 0).await;
    }
    let guest = market.shop.guest();
    for (list, pages) in [("store_id", 2), ("category_id", 2)] {
        let shelf = if list == "store_id" { &market.stores[0] } else { &market.categories[0] };
        let path = format!("/products?{list}={shelf}&in_stock=true&limit=100");
        let (mut found, mut cursor, mut walked) = (Vec::new(), String::new(), 0);
        loop {
            let page = guest.get(&format!("{path}{cursor}")).await;
            walked += 1;
            found.extend(page.ok().as_array().unwrap().iter().map(id));
            match next_of(&page) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, std::slice::from_ref(&wanted));
        assert!(walked <= pages, "{list}: {walked} pages for 111 rows");
    }
}

#[tokio::test(start_paused = true)]
async fn products_of_a_deleted_seller_leave_the_lists() {
    let market = Market::open().await;
    let mut lamps = Vec::new();
    for number in 0..30 {
        let lamp = market.add(&format!("Lamp {number}"), 0, 0, 5_00, 1).await;
        if number < 20 {
            let hide = json!({ "is_active": false });
            market.sellers[0].call("PATCH", &format!("/products/{lamp}"), Some(hide)).await.ok();
        }
        lamps.push(lamp);
    }
    market.add("Stays", 1, 1, 5_00, 1).await;
    let farewell = Some(json!({ "password": PASSWORD }));
    market.sellers[0].call("DELETE", "/users/me", farewell).await.data(204);
    market.shop.drain_queues().await;
    assert_eq!(market.lists("limit=100").await, ["Stays"]);
    // Nobody can show one of the products again, and none keeps its category in use.
    let admin = market.shop.member("another", true).await;
    let again = Some(json!({ "is_active": true }));
    for lamp in &lamps {
        admin
            .call("PATCH", &format!("/products/{lamp}"), again.clone())
            .await
            .refused(404, &[("NOT_FOUND", "")]);
    }
    admin.call("DELETE", &format!("/categories/{}", market.categories[0]), None).await.data(204);
    are_true(&market.shop, "at the end");
}

/// The six lists.
fn six(market: &Market) -> Vec<String> {
    let shelves = [
        String::new(),
        format!("category_id={}", market.categories[0]),
        format!("store_id={}", market.stores[0]),
    ];
    let sorts = ["newest", "price_asc"];
    shelves.iter().flat_map(|shelf| sorts.map(|sort| format!("{shelf}&sort={sort}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_walk_of_a_changing_list_shows_each_remaining_product_once() {
    for seed in seeds(3) {
        let market = Market::open().await;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ids = Vec::new();
        for number in 0..24 {
            ids.push(market.add(&format!("Old {number}"), 0, 0, random.i64(1..5) * 100, 1).await);
        }
        random.shuffle(&mut ids);
        let (leave, stay) = ids.split_at(8);
        market.shop.aws.interleave_by(seed);
        let guest = market.shop.guest();
        let lists = six(&market);
        let walks = together(lists.iter().map(|list| {
            let (guest, path) = (&guest, format!("/products?limit=3&{list}"));
            async move { walk(guest, &path, async || tokio::task::yield_now().await).await }
        }));
        let changes = async {
            for (number, gone) in leave.iter().enumerate() {
                market.add(&format!("New {number}"), 0, 0, random.i64(1..5) * 100, 1).await;
                market.sellers[0].call("DELETE", &format!("/products/{gone}"), None).await.data(204);
            }
        };
        let (walks, ()) = Box::pin(async { tokio::join!(walks, changes) }).await;
        for (list, walked) in lists.iter().zip(walks) {
            let distinct: BTreeSet<_> = walked.iter().collect();
            assert_eq!(distinct.len(), walked.len(), "seed {seed}, {list}: one comes twice");
            let missing: Vec<_> = stay.iter().filter(|id| !distinct.contains(id)).collect();
            assert!(missing.is_empty(), "seed {seed}, {list}: {missing:?} is skipped");
        }
        are_true(&market.shop, &format!("seed {seed}"));
    }
}

/// Asserts that the lists match the products: each row that should exist, with all that it shows, and no
/// other.
#[track_caller]
pub fn are_true(shop: &Shop, when: &str) {
    let items = shop.aws.items("Table");
    let of = |sk: &str| -> BTreeMap<String, Value> {
        let items = items.iter().filter(|item| {
            item["sk"]["S"] == sk && item["pk"]["S"].as_str().unwrap().starts_with("PRODUCT#")
        });
        items.map(|item| (item["pk"]["S"].as_str().unwrap()[8..].to_owned(), item.clone())).collect()
    };
    let (products, albums) = (of("PRODUCT"), of("PICTURES"));
    // The active variants of a product: price and units.
    let variants = |id: &str| -> Vec<(i64, i64)> {
        let number = |item: &Value, name: &str| item[name]["N"].as_str().unwrap().parse().unwrap();
        let stocks = items.iter().filter(|item| {
            item["pk"]["S"] == format!("PRODUCT#{id}")
                && item["sk"]["S"].as_str().unwrap().starts_with("STOCK")
        });
        let active = stocks.filter(|stock| stock["is_active"]["BOOL"] != false);
        active.map(|stock| (number(stock, "price"), number(stock, "on_hand"))).collect()
    };
    let cover = |id: &str| {
        let images = albums.get(id)?["images"]["M"].as_object()?;
        let mut published = images.iter().filter(|(_, image)| image["M"]["state"]["S"] == "published");
        published.next().map(|(image, _)| image.clone())
    };
    let mut expected = BTreeMap::new();
    for (id, product) in &products {
        let text = |name: &str| product[name]["S"].as_str().unwrap().to_owned();
        let variants = variants(id);
        let price = variants.iter().map(|(price, _)| *price).min().unwrap();
        let price_to = variants.iter().map(|(price, _)| *price).max().filter(|highest| *highest != price);
        let count = Some(variants.len()).filter(|count| *count > 1);
        let in_stock = variants.iter().any(|(_, units)| *units > 0);
        let is_shown = product["is_active"]["BOOL"] == true;
        let shelves = [("ALL".to_owned(), true), (text("category_id"), true), (text("store_id"), false)];
        let kept = if product.get("deleted_at").is_some() { 1 } else { 3 };
        for (shelf, is_shared) in shelves.into_iter().take(kept) {
            // The last character is the last five bits.
            let shard = "0123456789abcdefghjkmnpqrstvwxyz".find(id.chars().last().unwrap()).unwrap() % 2;
            let part = match (is_shown, is_shared) {
                (false, true) => format!("#HIDDEN#{shard}"),
                (false, false) => "#HIDDEN".to_owned(),
                (true, true) => format!("#{shard}"),
                (true, false) => String::new(),
            };
            let by_price = is_shown.then(|| format!("{price:013}#{id}"));
            let image = cover(id).filter(|_| kept == 3);
            let prices = (price, price_to, count);
            let row = json!([text("name"), prices, text("category_id"), in_stock, image, by_price]);
            expected.insert((format!("LIST#{shelf}{part}"), id.clone()), row);
        }
    }
    let rows = items.iter().filter(|item| item["pk"]["S"].as_str().unwrap().starts_with("LIST#"));
    let found: BTreeMap<_, _> = rows
        .map(|row| {
            let text = |name: &str| row[name]["S"].as_str().unwrap_or("?").to_owned();
            let number = |name: &str| row[name]["N"].as_str().map(|digits| digits.parse::<i64>().unwrap());
            let prices = (number("price"), number("price_to"), number("variants"));
            let by_price = row["gsi2sk"]["S"].as_str();
            let (in_stock, image) = (&row["in_stock"]["BOOL"], row["image"]["S"].as_str());
            let shows = json!([text("name"), prices, text("category_id"), in_stock, image, by_price]);
            ((text("pk"), text("sk")), shows)
        })
        .collect();
    assert_eq!(found, expected, "{when}");
}

#[tokio::test(start_paused = true)]
async fn lists_show_sold_out_and_restocked_and_sales_in_between_cost_nothing() {
    let market = Market::open().await;
    let lamp = market.add("Aa", 0, 0, 5_00, 3).await;
    let Market { shop, sellers, .. } = &market;
    shop.follow_stream().await;
    let (ann, seller) = (shop.member("ann", false).await, &sellers[0]);
    let buy = async |key: &str, quantity: i64| {
        let mut wanted = purchase();
        wanted["items"] = json!([{ "product_id": lamp, "quantity": quantity }]);
        id(ann.call_with("POST", "/orders", &[("idempotency-key", key)], Some(wanted)).await.created())
    };
    buy("a", 1).await;
    assert_eq!(shop.follow_stream().await, 0, "nothing has run out");
    let last = buy("b", 2).await;
    assert_eq!(market.lists("in_stock=true").await, ["Aa"], "the lists are some seconds behind");
    assert_eq!(shop.follow_stream().await, 1);
    assert_eq!(market.lists("in_stock=true").await, [""; 0]);
    assert_eq!(names(&seller.get("/seller/products").await), ["Aa"]);
    ann.cancel(&last).await.ok();
    shop.follow_stream().await;
    assert_eq!(market.lists("in_stock=true&sort=price_asc").await, ["Aa"]);
    // The seller's list shows the same for a hidden product.
    let path = format!("/products/{lamp}");
    seller.call("PATCH", &path, Some(json!({ "is_active": false }))).await.ok();
    seller.post(&format!("{path}/stock"), json!({ "delta": -2 })).await.ok();
    shop.follow_stream().await;
    assert_eq!(seller.get("/seller/products").await.ok()[0]["in_stock"], false);
    seller.call("PATCH", &path, Some(json!({ "is_active": true }))).await.ok();
    assert_eq!(market.lists("in_stock=false").await, ["Aa"]);
    are_true(shop, "at the end");
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_shows_the_stock_rightly_after_concurrent_changes() {
    for seed in seeds(12) {
        let market = Market::open().await;
        let lamp = market.add("Aa", 0, 0, 5_00, 1).await;
        let Market { shop, sellers, categories, .. } = &market;
        shop.follow_stream().await;
        shop.aws.interleave_by(seed);
        let path = format!("/products/{lamp}");
        let mut random = fastrand::Rng::with_seed(seed);
        let edits: Vec<_> = (0..6)
            .map(|_| match random.u8(..3) {
                0 => json!({ "category_id": categories[random.usize(..2)] }),
                1 => json!({ "price": { "amount": random.i64(1..9), "currency": "USD" } }),
                _ => json!({ "is_active": random.bool() }),
            })
            .collect();
        let edits = async {
            for edit in edits {
                assert!(matches!(sellers[0].call("PATCH", &path, Some(edit)).await.status, 200 | 503));
            }
        };
        // The worker runs after each movement; an earlier run may finish later.
        let table = shop.table_of("refresh-rows");
        let moves = together((0..6).map(|number| {
            let (table, seller, path) = (&table, &sellers[0], format!("{path}/stock"));
            let lamp = lamp.parse().unwrap();
            async move {
                for _ in 0..number {
                    tokio::task::yield_now().await;
                }
                let delta = json!({ "delta": if number % 2 == 0 { -1 } else { 1 } });
                seller.post(&path, delta).await;
                table.refresh_rows(lamp).await.unwrap();
            }
        }));
        Box::pin(async { tokio::join!(edits, moves) }).await;
        are_true(shop, &format!("seed {seed}"));
        shop.drain_queues().await;
        are_true(shop, &format!("seed {seed}, once the queues are empty"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_row_shows_the_stock_at_the_time_of_its_write() {
    for (stock, delta) in [(1, -1), (0, 1)] {
        let market = Market::open().await;
        let lamp = market.add("Aa", 0, 0, 5_00, stock).await;
        let Market { shop, sellers, .. } = &market;
        let (path, seller) = (format!("/products/{lamp}"), &sellers[0]);
        let shown = |is_active: bool| Some(json!({ "is_active": is_active }));
        seller.call("PATCH", &path, shown(false)).await.ok();
        shop.follow_stream().await;
        // The stock changes between its read and the write of the row, after the present rows were refreshed.
        let edit = seller.call("PATCH", &path, shown(true));
        let moved = async {
            seller.post(&format!("{path}/stock"), json!({ "delta": delta })).await.ok();
            assert_eq!(shop.follow_stream().await, 1);
        };
        let (edited, ()) = Box::pin(shop.meanwhile(("LIST#", "on_hand"), edit, moved)).await;
        assert_eq!(edited.ok()["in_stock"], delta > 0);
        are_true(shop, &format!("{stock} on hand, then {delta}"));
    }
}

/// Writes the rows of many more products, like those of the first one, at other prices.
async fn crowd(shop: &Shop, from: usize, to: usize) {
    let table = Client::new(&shop.aws.quiet_config());
    // The embedded table counts its stream's records with each write, which is slow for so many. Nothing
    // reads the stream here.
    let no_stream = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    if from == 0 {
        table.update_table().table_name("Table").stream_specification(no_stream).send().await.unwrap();
    }
    let items = shop.aws.items("Table").into_iter();
    let mut rows: Vec<_> =
        items.filter(|item| item["pk"]["S"].as_str().unwrap().starts_with("LIST#")).collect();
    let first = rows[0]["sk"]["S"].clone();
    rows.retain(|row| row["sk"]["S"] == first);
    let mut writes = Vec::new();
    for number in from..to {
        let product = format!("prd_01kz{number:022}");
        // 7,919 is prime, so that the prices are in no order.
        let price = (number * 7919) % 1_000_000 + 1;
        for row in &rows {
            let mut row: BTreeMap<String, AttributeValue> = row
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect();
            let text = |value: String| AttributeValue::S(value);
            if let Some(AttributeValue::S(pk)) =
                row.get("pk").filter(|pk| pk.as_s().unwrap().ends_with(['0', '1']))
                && pk.as_bytes()[pk.len() - 2] == b'#'
            {
                let shard = format!("{}{}", &pk[..pk.len() - 1], number % 2);
                row.insert("pk".to_owned(), text(shard));
            }
            row.insert("sk".to_owned(), text(product.clone()));
            row.insert("gsi2sk".to_owned(), text(format!("{price:013}#{product}")));
            row.insert("price".to_owned(), AttributeValue::N(price.to_string()));
            let put = PutRequest::builder().set_item(Some(row.into_iter().collect())).build().unwrap();
            writes.push(WriteRequest::builder().put_request(put).build());
        }
    }
    for batch in writes.chunks(25) {
        let batch = table.batch_write_item().request_items("Table", batch.to_vec());
        assert!(
            batch.send().await.unwrap().unprocessed_items().is_none_or(std::collections::HashMap::is_empty)
        );
    }
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "S" => AttributeValue::S(value.as_str().unwrap().to_owned()),
        "N" => AttributeValue::N(value.as_str().unwrap().to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        other => panic!("a row has {other}"),
    }
}

/// Read units of the first page and a later page of each of the six lists.
async fn units_of(market: &Market) -> BTreeMap<String, String> {
    let (shop, mut units) = (&market.shop, BTreeMap::new());
    for list in six(market) {
        for page in ["first", "second"] {
            let path = format!("/products?{list}");
            let cursor = match page {
                "first" => String::new(),
                _ => format!("&cursor={}", next_of(&shop.guest().get(&path).await).unwrap()),
            };
            shop.aws.clear_calls();
            let page_of = shop.guest().get(&format!("{path}{cursor}")).await;
            assert_eq!(page_of.ok().as_array().unwrap().len(), 20);
            let read = shop.aws.units().read();
            assert!(read <= 3.0, "{path} costs {read}");
            let shelf = ["category", "store"].into_iter().find(|shelf| list.contains(&format!("{shelf}_id")));
            let sort = list.rsplit('=').next().unwrap();
            units.insert(format!("{}, {sort}, {page}", shelf.unwrap_or("all")), read.to_string());
        }
    }
    units
}

async fn costs_the_same(many: usize) {
    let market = Market::open().await;
    market.add("A lamp with an ordinary name", 0, 0, 5_00, 1).await;
    crowd(&market.shop, 0, 100).await;
    let few = units_of(&market).await;
    crowd(&market.shop, 100, many).await;
    assert_eq!(units_of(&market).await, few, "a page of {many} costs what one of 100 does");
    println!("{few:#?}");
    // A walk to the end misses nothing.
    let path = format!("/products?limit=100&sort=price_asc&store_id={}", market.stores[0]);
    let walked = walk(&market.shop.guest(), &path, async || {}).await;
    assert_eq!(walked.into_iter().collect::<BTreeSet<_>>().len(), many + 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_costs_the_same_of_a_hundred_products_and_of_ten_thousand() {
    costs_the_same(10_000).await;
}

/// `cargo catalogue`
#[tokio::test(start_paused = true)]
#[ignore = "writes 300,000 rows, which takes the embedded table minutes"]
async fn a_page_costs_the_same_of_a_hundred_thousand() {
    costs_the_same(100_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_is_cached_for_five_seconds_without_a_call_to_the_table() {
    let shop = Shop::with_cache();
    let lamp = shop.sell("seller", &[("lamp", 15_00, 3)]).await.remove(0);
    let (guest, seller) = (shop.guest(), shop.find("seller").await);
    let page = guest.get(&format!("/products/{lamp}")).await.ok().clone();
    let store = format!("/stores/{}", page["store_id"].as_str().unwrap());
    for path in ["/products", "/products?sort=price_asc", "/categories", &store] {
        let first = guest.get(path).await;
        assert_eq!(first.headers["cache-control"], "public, max-age=5", "{path}");
        shop.clock.advance(Duration::from_secs(2));
        shop.aws.clear_calls();
        let again = guest.get(path).await;
        assert_eq!((again.ok(), again.headers["age"].as_str()), (first.ok(), "2"), "{path}");
        let held = [("if-none-match", first.headers["etag"].as_str())];
        assert_eq!(guest.call_with("GET", path, &held, None).await.status, 304, "{path}");
        assert_eq!(shop.aws.calls().len(), 0, "{path}");
        shop.clock.advance(Duration::from_secs(3));
        let fresh = guest.get(path).await;
        assert!(!fresh.headers.contains_key("age") && !shop.aws.calls().is_empty(), "{path}");
        assert_eq!(fresh.headers["etag"], first.headers["etag"], "{path}");
    }
    // Buyers and sellers get the present state, not a cached one.
    let path = format!("/products/{lamp}");
    guest.get(&path).await.ok();
    let hide = json!({ "is_active": false });
    assert_eq!(seller.call("PATCH", &path, Some(hide)).await.ok()["is_active"], false);
    assert_eq!(guest.get(&path).await.ok(), &page);
    guest.add_to_cart(&lamp, 1).await.refused(404, &[("NOT_FOUND", "")]);
    shop.clock.advance(Duration::from_secs(5));
    guest.get(&path).await.refused(404, &[("NOT_FOUND", "")]);
    // Refused answers are not cached.
    seller.call("PATCH", &path, Some(json!({ "is_active": true }))).await.ok();
    guest.get(&path).await.ok();
    shop.drain_queues().await;
}
