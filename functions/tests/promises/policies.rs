//! Least privilege: every observed call of a function is allowed by its role.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::messages::QUEUES;
use domain::orders::debt::{PAY_WITHIN, RETRY_SPAN, SELLER_MOVES_WITHIN};
use serde_json::json;

use crate::contract::matrix::calls_of_everybody;
use crate::contract::template::{grants, observed, written};
use crate::shop::people::{PASSWORD, Person, login, purchase};
use crate::shop::world::{ROTATION, Shop};
use crate::tree;

#[tokio::test(start_paused = true)]
async fn every_observed_call_is_allowed_and_every_allowed_action_is_observed() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    walk_everywhere(&shop, &products[0]).await;

    // Every route with its sample, and then longer stories.
    let told = calls_of_everybody().await.into_iter().chain(shop.aws.calls());
    let told = told.chain(calls_with_stripe().await);
    // The roles are written from these calls, so there is nothing to compare yet.
    if observed::folder().is_some() {
        return;
    }
    let mut observed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in told {
        crate::promises::guards::are_known(&call.info.request);
        let function = observed::caller(&call.info);
        observed.entry(function.to_owned()).or_default().extend(grants::of_call(&call.info));
    }
    for function in tree::functions() {
        let seen = observed.get(function.name).cloned().unwrap_or_default();
        observed.insert(function.name.to_owned(), written::with_signed(&function, &seen));
    }
    let mut allowed = grants::ALLOWED.clone();
    for (function, grants) in &observed {
        let role = allowed.get(function);
        let role = role.unwrap_or_else(|| panic!("{function} has no role yet. `cargo template` writes it."));
        let missing: Vec<_> = grants.difference(role).collect();
        assert!(missing.is_empty(), "{function} did what its role does not allow: {missing:?}");
    }
    allowed.retain(|_, grants| !grants.is_empty());
    for (function, grants) in &allowed {
        let idle: Vec<_> =
            grants.difference(observed.get(function).unwrap_or(&BTreeSet::new())).cloned().collect();
        assert!(idle.is_empty(), "{function} is allowed what it never did: {idle:?}");
    }
}

/// Makes every function make all of its calls.
async fn walk_everywhere(shop: &Shop, lamp: &str) {
    let admin = shop.member("ada", true).await;
    let parent = admin.post("/categories", json!({ "name": "Above" })).await.created()["id"].clone();
    admin.post("/categories", json!({ "name": "Below", "parent_id": parent })).await.created();
    let guest = shop.guest();
    for path in ["/categories", "/products", &format!("/products/{lamp}")] {
        guest.get(path).await.ok();
    }
    let store = guest.get(&format!("/products/{lamp}")).await.ok()["store_id"].clone();
    let store = format!("/s/{}", store.as_str().unwrap());
    for page in ["/", &format!("/p/{lamp}"), &store, "/basket", "/docs", "/face/0/shop.css"] {
        assert_eq!(guest.call_root("GET", page, None).await.status, 200, "{page}");
    }
    catalogue(shop, &admin).await;
    // Of two carts, the first that exists is changed.
    let token = guest.add_to_cart(lamp, 1).await.headers["x-cart-token"].clone();
    let cookies = format!("cart={}; cart={token}", "x".repeat(43));
    let line = format!("/cart/items/{lamp}");
    for (method, body) in [("PATCH", Some(json!({ "quantity": 2 }))), ("DELETE", None)] {
        guest.call_with(method, &line, &[("cookie", &cookies)], body).await.ok();
    }
    shop.shopper("ann").await;
    let ann = shop.log_in("ann@example.com").await;
    ann.add_to_cart(lamp, 1).await.ok();
    ann.clear_cart().await.data(204);
    ann.keep_address("Springfield").await.created();
    let other = ann.keep_address("Shelbyville").await.created()["id"].as_str().unwrap().to_owned();
    let default = format!("/users/me/addresses/{other}/default");
    ann.call("PUT", &default, Some(json!({ "type": "shipping" }))).await.ok();
    for method in ["pm_sandbox_ok", "pm_sandbox_flaky", "pm_sandbox_slow", "pm_sandbox_declined"] {
        ann.add_to_cart(lamp, 1).await.ok();
        ann.get("/cart").await.ok();
        let mut purchase = crate::shop::people::purchase();
        purchase["payment_method"] = json!(method);
        let order = ann.post("/orders", purchase).await.created()["id"].as_str().unwrap().to_owned();
        shop.drain_queues().await;
        shop.again(&ann).order(&order).await.ok();
    }
    let ann = shop.again(&ann);
    let mut purchase = crate::shop::people::purchase();
    purchase["items"] = json!([{ "product_id": lamp, "quantity": 1 }]);
    ann.call_with("POST", "/orders", &[("idempotency-key", "k")], Some(purchase)).await.created();
    // Two workers at once make one of them read the head again.
    let payment = shop.aws.queue("payments").take_due(shop.clock.now());
    let twice = (0..2).map(|_| shop.deliver("payments", &payment));
    shop.aws.interleave_by(1);
    crate::shop::world::together(twice).await;
    shop.drain_queues().await;
    remind_of_everything(shop, &ann, lamp).await;
    orders_after_checkout(shop, lamp).await;
    give_up_and_redrive(shop, lamp).await;
    live_a_life(shop, lamp).await;
    pictures(shop, lamp).await;
    search(shop, lamp).await;
    rotate_the_secret(shop).await;
}

/// Products are searched where there is no index and where there is one, and the index is edited until old
/// packs go, and built again.
async fn search(shop: &Shop, lamp: &str) {
    let product = shop.guest().get(&format!("/products/{lamp}")).await;
    let category = format!("/c/{}", product.ok()["category_id"].as_str().unwrap());
    let asked =
        ["/api/v1/products/search?q=lamp", "/api/v1/products/suggest?q=la", "/search?q=lamp", &category];
    shop.drain_queues().await;
    shop.lose_index().await;
    for path in asked {
        assert_eq!(shop.elsewhere().guest().call_root("GET", path, None).await.status, 200, "{path}");
    }
    shop.drain_queues().await;
    let keeper = shop.find("seller").await;
    for number in 0..17 {
        let name = json!({ "name": format!("A lamp for {number}") });
        shop.again(&keeper).call("PATCH", &format!("/products/{lamp}"), Some(name)).await.ok();
        shop.clock.advance(Duration::from_hours(2));
        shop.drain_queues().await;
        for path in asked {
            assert_eq!(shop.guest().call_root("GET", path, None).await.status, 200, "{path}");
        }
    }
    let admin = shop.log_in("ada@example.com").await;
    admin.call("POST", "/admin/search/rebuild", None).await.data(202);
    admin.get("/admin/search/rebuild").await.ok();
    // The message of the rebuild is lost. A minute later, the message of an edit finds that it stands still,
    // in an instance that has no snapshot yet.
    shop.aws.queue("search").purge();
    shop.clock.advance(Duration::from_mins(2));
    let name = json!({ "name": "A lamp again" });
    shop.again(&keeper).call("PATCH", &format!("/products/{lamp}"), Some(name)).await.ok();
    shop.elsewhere().follow_stream().await;
    shop.drain_queues().await;
}

/// Pictures are uploaded, published and deleted.
async fn pictures(shop: &Shop, lamp: &str) {
    let seller = shop.find("seller").await;
    let images = format!("/products/{lamp}/images");
    let store = shop.guest().get(&format!("/products/{lamp}")).await.ok()["store_id"].clone();
    let logo = format!("/stores/{}/logo", store.as_str().unwrap());
    let png = crate::shop::outside::file(1, 1, [0; 3], image::ImageFormat::Png);
    // The second logo replaces the first.
    for path in [&images, &logo, &logo] {
        let offer = seller.post(path, json!({ "content_type": "image/png", "size": png.len() })).await;
        shop.aws.upload(&offer.created()["upload"]["fields"], "image/png", &png).unwrap();
        seller.get(path).await.ok();
        shop.drain_queues().await;
    }
    seller.call("DELETE", &logo, None).await.data(204);
    let image = seller.get(&images).await.ok()[0]["id"].as_str().unwrap().to_owned();
    // One is deleted after its publication, and one before.
    seller.call("DELETE", &format!("{images}/{image}"), None).await.data(204);
    let offer = seller.post(&images, json!({ "content_type": "image/png", "size": png.len() })).await;
    shop.aws.upload(&offer.created()["upload"]["fields"], "image/png", &png).unwrap();
    let image = offer.created()["image_id"].as_str().unwrap();
    seller.call("DELETE", &format!("{images}/{image}"), None).await.data(204);
    shop.drain_queues().await;
}

/// A seller and an administrator make all their changes.
async fn catalogue(shop: &Shop, admin: &Person) {
    let vases = shop.sell("florist", &[("vase", 5_00, 5), ("pot", 4_00, 4)]).await;
    let seller = shop.find("florist").await;
    let own = seller.get("/users/me").await.ok()["store_id"].as_str().unwrap().to_owned();
    seller.call("PATCH", &format!("/stores/{own}"), Some(json!({ "name": "Vases only" }))).await.ok();
    shop.guest().get(&format!("/stores/{own}")).await.ok();
    let above = admin.post("/categories", json!({ "name": "Room" })).await.created()["id"].clone();
    let other = admin.post("/categories", json!({ "name": "Shelf" })).await.created()["id"].clone();
    let path = format!("/categories/{}", other.as_str().unwrap());
    admin.call("PUT", &path, Some(json!({ "name": "Board", "parent_id": above }))).await.ok();
    for change in
        [json!({ "category_id": other, "sku": "v-1" }), json!({ "category_id": above, "name": "Vase" })]
    {
        seller.call("PATCH", &format!("/products/{}", vases[0]), Some(change)).await.ok();
    }
    admin.call("DELETE", &path, None).await.data(204);
    for query in ["?sort=price_asc", "?sort=price_desc&min_price=1"] {
        shop.guest().get(&format!("/products{query}")).await.ok();
    }
    let stock = format!("/products/{}/stock", vases[0]);
    seller.post(&stock, json!({ "delta": -5 })).await.ok();
    for _ in 0..2 {
        let key = [("idempotency-key", "k")];
        seller.call_with("POST", &stock, &key, Some(json!({ "delta": 1 }))).await.ok();
    }
    seller.get(&stock).await.ok();
    seller.get("/seller/products").await.ok();
    variants(shop, &seller, above.as_str().unwrap()).await;
    seller.call("DELETE", &format!("/products/{}", vases[1]), None).await.data(204);
    shop.drain_queues().await;
}

/// Every edit of variants, and the requests that name one.
async fn variants(shop: &Shop, seller: &Person, category: &str) {
    let thing = shop.sell_in_colours(seller, category).await;
    let path = format!("/products/{thing}/variants");
    let [red, green] = ["00", "01"].map(|place| format!("var_{}{place}", &thing[4..]));
    let price = json!({ "amount": 1, "currency": "USD" });
    let blue = json!({ "values": { "Colour": "Blue" }, "sku": "IN-BLUE", "price": price, "stock": 1 });
    seller.post(&path, json!({ "variants": [blue] })).await.created();
    let sold_out = json!({ "variant_id": green, "delta": -9 });
    seller.post(&format!("/products/{thing}/stock"), sold_out).await.ok();
    shop.drain_queues().await;
    let seller = &shop.again(seller);
    let change = json!({ "sku": "IN-GLOWING-RED", "price": price, "is_active": false });
    seller.call("PATCH", &format!("{path}/{red}"), Some(change)).await.ok();
    seller.call("PATCH", &format!("{path}/{red}"), Some(json!({ "is_active": true }))).await.ok();
    for variant in [green, format!("{}02", &red[..30])] {
        seller.call("DELETE", &format!("{path}/{variant}"), None).await.data(204);
    }
    // Too many to be deleted in one step.
    let many = shop.sell_in_many(seller, category, 41).await;
    seller.call("DELETE", &format!("/products/{many}"), None).await.data(204);
    let buyer = shop.member("painter", false).await;
    buyer.post("/cart/items", json!({ "variant_id": red, "quantity": 1 })).await.ok();
    buyer.set_in_cart(&thing, 2).await.ok();
    buyer.remove_from_cart(&red).await.ok();
    let mut wanted = purchase();
    wanted["items"] = json!([{ "product_id": thing, "quantity": 1 }]);
    let key = [("idempotency-key", "painted")];
    buyer.call_with("POST", "/orders", &key, Some(wanted)).await.created();
}

/// Functions that use Stripe read its secret.
async fn calls_with_stripe() -> Vec<testkit::Call> {
    let shop = Shop::with_stripe();
    for function in ["take-payment", "get-payment", "stripe-webhook"] {
        shop.start(function).await;
    }
    let about = json!({ "order": "ord_00000000000000000000000000", "shop": "AWS::StackName" });
    let event = json!({ "data": { "object": { "metadata": about } } }).to_string();
    let signature = crate::shop::outside::signature(shop.clock.now().seconds(), &event);
    let headers = [("stripe-signature", signature.as_str())];
    shop.send("POST", "/api/v1/webhooks/stripe", &headers, Some(&event)).await.unwrap().ok();
    shop.aws.queue("payments").purge();
    shop.aws.calls()
}

/// An order is moved by hand and completed, and another one is cancelled with a reason.
async fn orders_after_checkout(shop: &Shop, lamp: &str) {
    let (buyer, admin) = (shop.member("orderer", false).await, shop.member("mover", true).await);
    let mut orders = Vec::new();
    for _ in 0..2 {
        buyer.add_to_cart(lamp, 1).await.ok();
        orders.push(buyer.place_order().await.created()["id"].as_str().unwrap().to_owned());
    }
    shop.work_off("payments").await.unwrap();
    admin.get("/admin/orders").await.ok();
    let step = json!({ "status": "processing" });
    admin.call("PUT", &format!("/orders/{}/status", orders[0]), Some(step)).await.ok();
    let step = json!({ "status": "shipping", "tracking_number": "T1" });
    admin.call("PUT", &format!("/orders/{}/status", orders[0]), Some(step)).await.ok();
    buyer.post(&format!("/orders/{}/cancel", orders[1]), json!({ "reason": "Enough." })).await.ok();
    for _ in 0..2 {
        shop.clock.advance(RETRY_SPAN);
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
    }
    // Of two clicks at once one reads the head again.
    let impatient = shop.again(&buyer);
    shop.aws.interleave_by(1);
    for completed in crate::shop::world::together((0..2).map(|_| impatient.complete(&orders[0]))).await {
        completed.ok();
    }
    // An order that waits for its seller is flagged.
    let crafter = shop.member("crafter", false).await;
    crafter.post("/stores", json!({ "name": "By hand", "fulfilment": "manual" })).await.created();
    let category = shop.guest().get("/categories").await.ok()[0]["id"].clone();
    let vase = json!({
        "name": "Vase", "sku": "v", "price": { "amount": 1, "currency": "USD" },
        "category_id": category, "stock": 1,
    });
    let vase = crafter.post("/products", vase).await.created()["id"].as_str().unwrap().to_owned();
    let buyer = shop.again(&buyer);
    buyer.add_to_cart(&vase, 1).await.ok();
    buyer.place_order().await.created();
    for wait in [RETRY_SPAN, SELLER_MOVES_WITHIN] {
        shop.drain_queues().await;
        shop.clock.advance(wait);
        shop.sweep().await.unwrap();
    }
}

/// A message of each queue is dead-lettered, shown and redriven, and so are an order and a user.
async fn give_up_and_redrive(shop: &Shop, lamp: &str) {
    let admin = shop.member("operator", true).await;
    for queue in QUEUES {
        shop.aws.queue(queue).send("{");
    }
    shop.drain_queues().await;
    let admin = shop.again(&admin);
    let queues = admin.get("/admin/queues").await;
    assert!(queues.ok().as_array().unwrap().iter().all(|queue| queue["given_up"] == 1), "{:#}", queues.body);
    for queue in QUEUES {
        admin.call("POST", &format!("/admin/queues/{queue}/redrive"), None).await.data(202);
    }
    shop.drain_queues().await;
    shop.forget_dead_letters();
    let buyer = shop.shopper("patient").await;
    buyer.add_to_cart(lamp, 1).await.ok();
    let order = buyer.place_order().await.created()["id"].as_str().unwrap().to_owned();
    for stuck in [format!("orders/{order}"), format!("users/{}", buyer.id)] {
        let admin = shop.again(&admin);
        admin.call("POST", &format!("/admin/{stuck}/redrive"), None).await.data(202);
    }
    shop.drain_queues().await;
}

/// The life of an account.
async fn live_a_life(shop: &Shop, lamp: &str) {
    let admin = shop.member("grace", true).await;
    for (name, is_admin) in [("helper", true), ("aide", false)] {
        let account = json!({
            "name": "Helper", "email": format!("{name}@example.com"), "password": PASSWORD,
            "is_admin": is_admin,
        });
        let made = admin.post("/admin/users", account).await.created()["id"].as_str().unwrap().to_owned();
        let other = json!({ "is_admin": !is_admin });
        admin.call("PATCH", &format!("/admin/users/{made}"), Some(other)).await.ok();
    }
    admin.get("/admin/users").await.ok();
    let guest = shop.guest_with_cart(lamp).await;
    let account = json!({ "name": "Eve", "email": "eve@example.com", "password": PASSWORD });
    let eve = guest.post("/auth/register", account).await.created().clone();
    shop.drain_queues().await;
    let token = shop.aws.mails_to("eve@example.com").last().unwrap().link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": token })).await.data(204);

    let somebody = shop.guest();
    let refresh =
        |token: &serde_json::Value| somebody.post("/auth/refresh", json!({ "refresh_token": token }));
    let next = refresh(&eve["refresh_token"]).await.ok()["refresh_token"].clone();
    shop.clock.advance(Duration::from_secs(11));
    refresh(&next).await.ok();
    refresh(&eve["refresh_token"]).await.data(401);

    shop.guest_with_cart(lamp).await.post("/auth/login", login("eve@example.com", PASSWORD)).await.ok();
    let eve = shop.log_in("eve@example.com").await;
    eve.open_store("Eve's").await;
    let moves = json!({ "email": "eva@example.com", "current_password": PASSWORD });
    eve.call("PATCH", "/users/me", Some(moves)).await.ok();
    shop.drain_queues().await;
    let token = shop.aws.mails_to("eva@example.com").last().unwrap().link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": token })).await.data(204);
    eve.call("POST", "/auth/email/resend", None).await.data(202);
    shop.guest().post("/auth/password/forgot", json!({ "email": "eva@example.com" })).await.data(202);
    shop.drain_queues().await;
    let token = shop.aws.mails_to("eva@example.com").last().unwrap().link("reset-password");
    let reset = json!({ "token": token, "new_password": "another battery staple" });
    shop.guest().post("/auth/password/reset", reset).await.data(204);
    let passwords = json!({ "current_password": "another battery staple", "new_password": PASSWORD });
    eve.call("PUT", "/users/me/password", Some(passwords)).await.data(204);
    let eve = shop.log_in("eva@example.com").await;
    eve.call("DELETE", "/auth/sessions", None).await.data(204);
    eve.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    shop.drain_queues().await;
    sold_and_gone(shop, &admin).await;
}

/// Sellers and buyers with orders delete their accounts, and so do administrators.
async fn sold_and_gone(shop: &Shop, admin: &Person) {
    let mut gone = Vec::new();
    for name in ["one", "two"] {
        let products = shop.sell(name, &[("vase", 5_00, 5)]).await;
        let category = shop.guest().get("/categories").await.ok()[0]["id"].as_str().unwrap().to_owned();
        shop.sell_in_many(&shop.find(name).await, &category, 41).await;
        let buyer = shop.member(&format!("buyer-of-{name}"), false).await;
        buyer.add_to_cart(&products[0], 1).await.ok();
        buyer.place_order().await.created();
        gone.push((buyer, shop.find(name).await));
    }
    // More orders than one page of an erasure.
    let vase = shop.sell("three", &[("vase", 5_00, 50)]).await.remove(0);
    let mut order = serde_json::Value::Null;
    for key in 0..30 {
        let mut purchase = crate::shop::people::purchase();
        purchase["items"] = json!([{ "product_id": vase, "quantity": 1 }]);
        let key = key.to_string();
        let headers = [("idempotency-key", key.as_str())];
        let placed = gone[0].0.call_with("POST", "/orders", &headers, Some(purchase)).await;
        order = placed.created()["id"].clone();
    }
    shop.drain_queues().await;
    let buyer = shop.again(&gone[0].0);
    let review = json!({ "order_id": order, "rating": 4 });
    for _ in 0..2 {
        buyer.post(&format!("/products/{vase}/reviews"), review.clone()).await.created();
    }
    for (buyer, seller) in &gone {
        let buyer = shop.again(buyer);
        buyer.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
        shop.again(admin).call("DELETE", &format!("/admin/users/{}", seller.id), None).await.data(204);
    }
    // The number of administrators changes with the account.
    let helper = shop.member("third", true).await;
    helper.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    shop.aws.queue("erasures").purge();
    for _ in 0..3 {
        shop.clock.advance(Duration::from_mins(25));
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
    }
}

/// All four steps. Then every function that signs is once the first to see a new secret, and publishes its
/// key.
async fn rotate_the_secret(shop: &Shop) {
    shop.aws.begin_rotation("SigningSecret", "second");
    for step in ROTATION {
        shop.rotate(step, "second").await.unwrap();
    }
    for function in tree::functions().iter().filter(|function| function.endpoint().is_some()) {
        if function.reach.contains("Signer") {
            shop.aws
                .set_secret("SigningSecret", &format!("a secret that {} sees first of all", function.name));
            shop.elsewhere().start(function.name).await;
        }
    }
}

/// The sweeper publishes to each queue: each step is lost once.
async fn remind_of_everything(shop: &Shop, ann: &Person, lamp: &str) {
    // Nobody takes the money in time: the order is cancelled and settled.
    let ann = shop.again(ann);
    ann.add_to_cart(lamp, 1).await.ok();
    ann.place_order().await.created();
    shop.aws.queue("payments").purge();
    shop.clock.advance(PAY_WITHIN);
    shop.sweep().await.unwrap();
    shop.aws.queue("payments").purge();
    shop.clock.advance(RETRY_SPAN);
    shop.sweep().await.unwrap();
    shop.drain_queues().await;

    let ann = shop.again(&ann);
    ann.add_to_cart(lamp, 1).await.ok();
    ann.place_order().await.created();
    shop.shopper("lost").await;
    for queue in QUEUES {
        shop.aws.queue(queue).purge();
        shop.clock.advance(RETRY_SPAN);
        for _ in 0..30 {
            shop.clock.advance(Duration::from_mins(1));
            shop.sweep().await.unwrap();
        }
        shop.work_off(queue).await.unwrap();
    }
    shop.drain_queues().await;
}
