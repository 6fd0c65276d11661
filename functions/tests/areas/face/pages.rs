//! Pages show what the API answers, hold nothing of a person, and are safe with any text.

use serde_json::json;

use crate::shop::people::Person;
use crate::shop::world::{Answer, Shop};
use crate::tree;

/// A page's text.
#[track_caller]
fn html(answer: &Answer) -> &str {
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{:#}", answer.body);
    answer.body.as_str().expect("a page is a text")
}

async fn page(person: &Person, path: &str) -> Answer {
    person.call_root("GET", path, None).await
}

/// The paths of all pages that show the shop's things.
async fn public_pages(shop: &Shop, product: &str) -> Vec<String> {
    let shown = shop.guest().get(&format!("/products/{product}")).await;
    let (category, store) = (&shown.ok()["category_id"], &shown.ok()["store_id"]);
    vec![
        "/".to_owned(),
        format!("/c/{}", category.as_str().unwrap()),
        format!("/p/{product}"),
        format!("/s/{}", store.as_str().unwrap()),
        "/search".to_owned(),
        "/search?q=lamp".to_owned(),
        "/basket".to_owned(),
    ]
}

#[tokio::test(start_paused = true)]
async fn pages_show_the_names_and_prices_of_products() {
    let (shop, products) = Shop::with_products(&[("A lamp for two", 1_234_50, 3)]).await;
    shop.drain_queues().await;
    for path in public_pages(&shop, &products[0]).await.iter().filter(|path| *path != "/basket") {
        let page = page(&shop.guest(), path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(html(&page).contains("A lamp for two"), "{path}");
        assert!(html(&page).contains("$1,234.50"), "{path}");
        assert_eq!(html(&page).matches("<h1").count(), 1, "{path}: headings");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_the_same_for_everybody() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    shop.drain_queues().await;
    let buyer = shop.member("buyer", false).await;
    buyer.add_to_cart(&products[0], 2).await.ok();
    let cookie = format!("refresh_token=x; cart={}", "c".repeat(43));
    for path in public_pages(&shop, &products[0]).await {
        let anonymous = page(&shop.guest(), &path).await;
        let cookies = shop.call("GET", &path, &[("cookie", &cookie)], None).await;
        let signed_in = page(&shop.again(&buyer), &path).await;
        assert_eq!(html(&anonymous), html(&cookies), "{path}");
        assert_eq!(html(&anonymous), html(&signed_in), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_names_are_texts_on_every_page() {
    let hostile = "<img src=x onerror=alert(1)> {{7*7}} {% raw %} \"'> \u{202e}abc e\u{301}\u{301}";
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let seller = shop.find("seller").await;
    let path = format!("/products/{}", products[0]);
    let change = json!({ "name": hostile, "description": hostile, "brand": "</script><b>" });
    let changed = seller.call("PATCH", &path, Some(change)).await;
    // A name that the shop refuses cannot be shown.
    let hostile = if changed.status == 200 { hostile } else { "<img src=x onerror=alert(1)> {{7*7}}" };
    let change = json!({ "name": hostile, "description": hostile, "brand": "</script><b>" });
    shop.again(&seller).call("PATCH", &path, Some(change)).await.ok();
    shop.drain_queues().await;
    for path in public_pages(&shop, &products[0]).await {
        let page = page(&shop.guest(), &path).await;
        let text = html(&page);
        assert!(!text.contains("<img src=x"), "{path} has the element");
        assert!(!text.contains("</script><b>"), "{path} ends a script");
        assert!(!text.contains(" 49 "), "{path} evaluates a name");
        if !["/basket", "/search?q=lamp"].contains(&path.as_str()) {
            assert!(text.contains("&lt;img src=x onerror"), "{path} lacks the text");
        }
    }
    let asked = page(&shop.guest(), "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!html(&asked).contains("<script>alert"));
}

#[tokio::test(start_paused = true)]
async fn missing_things_are_pages_with_404() {
    let (shop, _) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let none = "0".repeat(26);
    for path in [
        format!("/p/prd_{none}"),
        "/p/nonsense".to_owned(),
        format!("/c/cat_{none}"),
        format!("/s/sto_{none}"),
        "/nowhere".to_owned(),
    ] {
        let answer = page(&shop.guest(), &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(html(&answer).contains("There is nothing here"), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
    let browser = shop.call("GET", "/no/such/page", &[("accept", "text/html,*/*;q=0.8")], None).await;
    assert_eq!(browser.status, 404);
    assert!(html(&browser).contains("There is nothing here"));
    for (path, accept) in [("/no/such/page", "*/*"), ("/api/v1/nowhere", "text/html")] {
        let program = shop.call("GET", path, &[("accept", accept)], None).await;
        assert_eq!(program.headers["content-type"], "application/problem+json", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_forbid_foreign_code_and_say_nothing_to_other_sites() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    for path in public_pages(&shop, &products[0]).await.iter().chain([&"/nowhere".to_owned()]) {
        let answer = page(&shop.guest(), path).await;
        let policy = &answer.headers["content-security-policy"];
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(!html(&answer).contains(" style=\""), "{path} has an inline style");
        assert!(!html(&answer).contains(" onclick="), "{path} has an inline script");
    }
}

#[tokio::test(start_paused = true)]
async fn an_encoding_is_cached_by_itself() {
    let (shop, _) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let shop = shop.redeployed(&[("PageCacheSeconds", "5")]);
    for _ in 0..2 {
        let plain = page(&shop.guest(), "/").await;
        assert!(!plain.headers.contains_key("content-encoding"));
        for coded in ["br", "gzip"] {
            let answer = shop.call("GET", "/", &[("accept-encoding", coded)], None).await;
            assert_eq!(answer.headers["content-encoding"], coded);
            assert_eq!(answer.headers["vary"], "accept-encoding");
            // The body travels in base64.
            assert!(answer.body_bytes * 3 / 2 < plain.body_bytes, "{coded}: {} bytes", answer.body_bytes);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_links_to_files_that_exist_and_never_change() {
    let shop = Shop::open();
    let home = page(&shop.guest(), "/").await;
    let files = html(&home).split('"').filter(|text| text.starts_with("/face/")).map(str::to_owned);
    let files: Vec<_> = files.collect();
    assert!(files.len() >= 3, "{files:?}");
    for path in files {
        let file = page(&shop.guest(), &path).await;
        assert_eq!((path.as_str(), file.status), (path.as_str(), 200));
        assert_eq!(file.headers["cache-control"], "public, max-age=31536000, immutable", "{path}");
        let other = path.replace(face::VERSION, "000000000000");
        assert_eq!(page(&shop.guest(), &other).await.headers["cache-control"], "no-store", "{path}");
    }
    assert_eq!(page(&shop.guest(), "/face/0/none.js").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_shop_with_its_own_front_end_serves_no_pages() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    shop.drain_queues().await;
    let shop = shop.redeployed(&[("Face", "off")]);
    let file = format!("/face/{}/shop.css", face::VERSION);
    for path in public_pages(&shop, &products[0]).await.into_iter().chain([file]) {
        let answer = shop.call("GET", &path, &[("accept", "text/html")], None).await;
        answer.refused(404, &[("NOT_FOUND", "")]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_of_the_contract_loads_files_of_the_shop_alone() {
    let shop = Shop::open();
    let docs = page(&shop.guest(), "/docs").await;
    let policy = &docs.headers["content-security-policy"];
    let mut hosts = policy.split([' ', ';']).filter(|source| source.contains("//") || *source == "*");
    assert_eq!(hosts.next(), None, "{policy}");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for path in html(&docs).split('"').filter(|text| text.starts_with('/') && !text.contains(' ')) {
        let answer = page(&shop.guest(), path).await;
        assert_eq!((path, answer.status), (path, 200));
    }
    let contract = shop.call("GET", "/openapi.json", &[("accept-encoding", "br")], None).await;
    assert!(contract.body_bytes < 100_000, "{} bytes", contract.body_bytes);
    let contract = page(&shop.guest(), "/openapi.json").await;
    assert!(contract.body_bytes < 500_000, "{} bytes", contract.body_bytes);
    let script = tree::read("shared/face/files/docs.js");
    assert!(script.contains("url: '/openapi.json'"), "{script}");
    // Without this, Swagger UI sends the contract to a validator.
    assert!(script.contains("validatorUrl: null"));
}
