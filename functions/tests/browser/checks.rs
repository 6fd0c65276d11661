//! What holds on every page, after every step.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::driver::{Browser, Screen};
use super::stage::Stage;

/// The narrowest screen.
const NARROWEST: u32 = 320;

/// The lowest contrast of a text (WCAG 2.2, success criterion 1.4.3).
const CONTRAST: f64 = 4.5;

/// The texts whose contrast with the colour behind them is too low. Colours are read as the browser computes
/// them; a gradient lies over a colour, which counts.
const LOW_CONTRAST: &str = include_str!("contrast.js");

/// Checks the page that the browser shows.
pub fn check(stage: &Stage, browser: &Browser) {
    let at = browser.at();
    console(browser, &at);
    requests(stage, browser, &at);
    names(browser, &at);
    for (what, wanted) in [("h1", 1), ("main", 1)] {
        let count = browser.eval(&format!("document.querySelectorAll('{what}').length"));
        assert_eq!(count, wanted, "{at}: {what}");
    }
    let screen = browser.screen();
    let low = browser.eval(&format!("({LOW_CONTRAST})({CONTRAST})"));
    assert_eq!(low, json!([]), "{at}, dark: {}: too little contrast", screen.dark);
    browser.show_on(Screen { width: NARROWEST, ..screen });
    let width = browser.eval("document.documentElement.scrollWidth");
    browser.show_on(screen);
    assert!(width.as_u64().unwrap() <= u64::from(NARROWEST), "{at} is {width} pixels wide");
}

/// No error on the console. The browser writes one for each refusal of the API, which pages show in words.
fn console(browser: &Browser, at: &str) {
    for line in browser.log("browser") {
        let text = line["message"].as_str().unwrap_or_default();
        let is_refusal =
            text.contains("/api/v1/") && text.contains("the server responded with a status of 4");
        let is_page = text.contains("the server responded with a status of 404") && !text.contains("/face/");
        let is_lost = text.contains("net::ERR_") && text.contains("/api/v1/");
        let is_error = line["level"] == "SEVERE" && !is_refusal && !is_page && !is_lost;
        assert!(!is_error, "{at}: {text}");
        assert!(!text.contains("Content Security Policy"), "{at}: {text}");
    }
}

/// No request to another host than the shop's and that of its pictures.
fn requests(stage: &Stage, browser: &Browser, at: &str) {
    let running = stage.running();
    for line in browser.log("performance") {
        let event: Value = serde_json::from_str(line["message"].as_str().unwrap_or_default()).unwrap();
        if event["message"]["method"] != "Network.requestWillBeSent" {
            continue;
        }
        let url = event["message"]["params"]["request"]["url"].as_str().unwrap_or_default();
        let is_ours = [&running.url, &running.endpoint].iter().any(|ours| url.starts_with(*ours));
        // Others are data, and the browser's own page of a new tab.
        assert!(is_ours || !url.starts_with("http"), "{at} asks {url}");
    }
}

/// Everything that takes the focus has a role and a name.
fn names(browser: &Browser, at: &str) {
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({}));
    let mut roles = BTreeSet::new();
    for node in tree["nodes"].as_array().unwrap() {
        let properties = node["properties"].as_array().into_iter().flatten();
        let is_focusable = properties
            .filter(|property| property["name"] == "focusable")
            .any(|property| property["value"]["value"] == true);
        let role = node["role"]["value"].as_str().unwrap_or_default();
        if !is_focusable || node["ignored"] == true || ["RootWebArea", "main"].contains(&role) {
            continue;
        }
        roles.insert(role.to_owned());
        let name = node["name"]["value"].as_str().unwrap_or_default();
        assert!(!name.trim().is_empty(), "{at}: a {role} has no name: {node}");
        assert!(!["generic", "none", ""].contains(&role), "{at}: {name} has no role");
    }
    assert!(roles.contains("link"), "{at}: no links are seen, so nothing is checked: {roles:?}");
}
