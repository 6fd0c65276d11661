//! Pictures of every page, for a person to look at: `target/face/`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::checks::check;
use super::driver::{Browser, Screen};
use super::journeys::{pay, put_into_basket, register};
use super::stage::{Stage, shared};

/// Both colour schemes, at the width of a telephone and of a desk.
const SCREENS: [Screen; 4] = [
    Screen { width: 390, dark: false, script: true },
    Screen { width: 390, dark: true, script: true },
    Screen { width: 1280, dark: false, script: true },
    Screen { width: 1280, dark: true, script: true },
];

#[test]
#[ignore = "cargo face"]
fn every_page_is_checked_and_painted() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    let product = stage.product("wool sofa");
    let id = |name: &str| product[name].as_str().unwrap().to_owned();
    let category = stage.get("/categories?limit=1")[0]["id"].as_str().unwrap().to_owned();
    let mut pages = vec![
        ("home", "/".to_owned()),
        ("category", format!("/c/{category}")),
        ("product", format!("/p/{}", id("id"))),
        ("store", format!("/s/{}", id("store_id"))),
        ("search", "/search?q=oak".to_owned()),
        ("search-nothing", "/search?q=qqqqqq".to_owned()),
        ("basket-empty", "/basket".to_owned()),
        ("checkout-anonymous", "/checkout".to_owned()),
        ("sign-in", "/sign-in".to_owned()),
        ("register", "/sign-in?register".to_owned()),
        ("forgot-password", "/forgot-password".to_owned()),
        ("verify-email", "/verify-email?token=x".to_owned()),
        ("reset-password", "/reset-password?token=x".to_owned()),
        ("not-found", "/nowhere".to_owned()),
    ];
    paint(stage, &browser, &pages);
    register(&browser, "Ann Example");
    put_into_basket(&browser, &id("id"));
    pages = vec![("basket", "/basket".to_owned()), ("checkout", "/checkout".to_owned())];
    paint(stage, &browser, &pages);
    let order = pay(&browser, "pm_sandbox_ok");
    browser.wait("[data-status=delivered], [data-status=completed]");
    pages = ["order", "orders", "account"].map(|page| (page, format!("/{page}"))).to_vec();
    pages[0].1 = format!("/order?id={order}");
    paint(stage, &browser, &pages);
}

/// Checks each page on each screen, and writes its picture.
fn paint(stage: &Stage, browser: &Browser, pages: &[(&str, String)]) {
    let folder = crate::tree::root().join("target/face");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, path) in pages {
        browser.open(path);
        browser.wait("main:not(:has([aria-busy=true])) h1");
        for screen in SCREENS {
            browser.show_on(screen);
            let scheme = if screen.dark { "dark" } else { "light" };
            let size = browser.devtools("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
            let clip = json!({ "x": 0, "y": 0, "scale": 1, "width": screen.width, "height": size["height"] });
            let wanted = json!({ "captureBeyondViewport": true, "clip": clip });
            let picture = browser.devtools("Page.captureScreenshot", wanted);
            let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}-{}-{scheme}.png", screen.width)), bytes).unwrap();
        }
        for dark in [false, true] {
            browser.show_on(Screen { dark, ..Screen::WIDE });
            check(stage, browser);
        }
    }
    browser.show_on(Screen::WIDE);
}
