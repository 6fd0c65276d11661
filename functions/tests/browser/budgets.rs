//! What pages weigh, and how soon they are there.

use serde_json::{Value, json};

use super::driver::{Browser, Screen};
use super::stage::shared;

/// The most bytes on the wire, compressed: of a page, of its scripts together, and of its styles.
const MOST_HTML: u64 = 12_000;
const MOST_SCRIPT: u64 = 25_000;
const MOST_STYLE: u64 = 12_000;
/// The largest paint, in milliseconds after the beginning, on a slow telephone.
const LARGEST_PAINT: f64 = 1500.0;
/// The most that things move while a page loads (a score, not pixels).
const MOST_SHIFT: f64 = 0.05;

/// The transfer sizes of the page and of what it has loaded, by kind.
const SIZES: &str = "(() => { const sizes = { script: 0, link: 0 }; \
    sizes.page = performance.getEntriesByType('navigation')[0].encodedBodySize; \
    for (const entry of performance.getEntriesByType('resource')) { \
    const kind = entry.name.includes('.js') ? 'script' : entry.name.includes('.css') ? 'link' : null; \
    if (kind) sizes[kind] += entry.encodedBodySize; } return sizes; })()";

/// The time of the largest paint, and the sum of the shifts.
const PAINT: &str = "new Promise((done) => { let paint = 0, shift = 0; \
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) paint = entry.startTime; }) \
    .observe({ type: 'largest-contentful-paint', buffered: true }); \
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) \
    if (!entry.hadRecentInput) shift += entry.value; }) \
    .observe({ type: 'layout-shift', buffered: true }); \
    setTimeout(() => done({ paint, shift }), 1500); })";

#[test]
#[ignore = "cargo face"]
fn pages_are_small_and_soon_there() {
    let stage = shared();
    let sofa = stage.product("cove sofa");
    let category = stage.get("/categories?limit=1")[0]["id"].as_str().unwrap().to_owned();
    let product = format!("/p/{}", sofa["id"].as_str().unwrap());
    let pages = ["/", &format!("/c/{category}"), "/search?q=oak", &product, "/basket", "/sign-in"];
    println!("{:<42} {:>8} {:>8} {:>8} {:>10} {:>7}", "page", "HTML", "script", "style", "paint ms", "shift");
    for path in pages {
        let browser = stage.browser(Screen { width: 390, ..Screen::WIDE });
        // Warm: the functions of this page have been started.
        browser.open(path);
        slow(&browser);
        browser.open(path);
        let seen = browser.eval(PAINT);
        let sizes = browser.eval(SIZES);
        let size = |name: &str| sizes[name].as_u64().unwrap();
        let figure = |name: &str| seen[name].as_f64().unwrap_or_default();
        println!(
            "{path:<42} {:>8} {:>8} {:>8} {:>10.0} {:>7.3}",
            size("page"),
            size("script"),
            size("link"),
            figure("paint"),
            figure("shift")
        );
        assert!(size("page") <= MOST_HTML, "{path}: HTML");
        assert!(size("script") <= MOST_SCRIPT, "{path}: scripts");
        assert!(size("link") <= MOST_STYLE, "{path}: styles");
        assert!(figure("shift") <= MOST_SHIFT, "{path}: shift {}", figure("shift"));
        assert!(figure("paint") <= LARGEST_PAINT, "{path}: largest paint after {} ms", figure("paint"));
    }
}

/// Slow 4G, as Lighthouse and the `DevTools` have it, and a CPU four times slower. The files of an earlier
/// visit are forgotten.
fn slow(browser: &Browser) {
    browser.devtools("Network.enable", json!({}));
    browser.devtools("Network.clearBrowserCache", json!({}));
    let network: Value = json!({
        "offline": false, "latency": 150,
        "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8,
    });
    browser.devtools("Network.emulateNetworkConditions", network);
    browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 4 }));
}
