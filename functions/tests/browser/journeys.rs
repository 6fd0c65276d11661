//! What shoppers do, from the first look to the review, and what may go wrong on the way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::checks::check;
use super::driver::{Browser, DOWN, ENTER, Screen, TAB};
use super::stage::shared;

const PASSWORD: &str = "correct horse battery";

/// A new address of e-mail.
pub fn address() -> String {
    static PEOPLE: AtomicU32 = AtomicU32::new(0);
    format!("shopper-{}@example.com", PEOPLE.fetch_add(1, Ordering::Relaxed))
}

/// Creates an account, and ends on the page to which that leads. Returns the address.
pub fn register(browser: &Browser, name: &str) -> String {
    let email = address();
    if !browser.at().starts_with("/sign-in") {
        browser.open("/sign-in");
    }
    browser.wait("[name=email]");
    if browser.find("css selector", "[name=name]").is_none() {
        browser.click_text("New here? Create an account");
    }
    browser.fill("name", name);
    browser.fill("email", &email);
    browser.fill("password", PASSWORD);
    browser.click_text("Create the account");
    let is_in = || (!browser.at().starts_with("/sign-in")).then_some(());
    assert!(local::wait_until(Duration::from_secs(30), is_in).is_some(), "{}", browser.text());
    email
}

/// Puts one unit of a product into the basket, on its page.
pub fn put_into_basket(browser: &Browser, product: &str) {
    browser.open(&format!("/p/{product}"));
    browser.click_text("Add to basket");
    browser.wait(".said.good");
}

/// Fills the checkout and pays. Returns the order's id.
pub fn pay(browser: &Browser, method: &str) -> String {
    fill_checkout(browser, method);
    browser.click("form.columns [type=submit]");
    order(browser)
}

fn fill_checkout(browser: &Browser, method: &str) {
    if !browser.at().starts_with("/checkout") {
        browser.open("/checkout");
    }
    browser.wait("form.columns");
    let address = [
        ("name", "Ann Example"),
        ("street1", "1 Main Street"),
        ("city", "Springfield"),
        ("postal_code", "12345"),
        ("country", "US"),
        ("phone", "+1 555 123456"),
    ];
    for (name, value) in address {
        browser.fill(name, value);
    }
    browser.click(&format!("[name=method][value={method}]"));
}

/// The id of the order that the page shows.
fn order(browser: &Browser) -> String {
    browser.wait_path("/order?id=");
    browser.wait(".timeline");
    let at = browser.at();
    at.trim_start_matches("/order?id=").split('&').next().unwrap().to_owned()
}

/// The orders of the signed-in shopper, as the page lists them.
fn orders(browser: &Browser) -> usize {
    browser.open("/orders");
    browser.wait("[data-app]:not([aria-busy])");
    browser.count("[data-app] .line")
}

#[test]
#[ignore = "cargo face"]
fn a_shopper_finds_buys_and_reviews() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    browser.open("/");
    check(stage, &browser);
    // A suggestion, chosen by keyboard.
    browser.fill("q", "grid she");
    browser.wait("[role=option]");
    check(stage, &browser);
    browser.press(&format!("{DOWN}{ENTER}"));
    browser.wait_path("/p/");
    browser.wait("h1");
    check(stage, &browser);
    // Another variant costs more, and is the one that is bought.
    browser.click_text("180 cm");
    browser.wait_path("/p/");
    browser.wait("[aria-current=true]");
    let price = browser.wait("[data-price]").text();
    browser.click_text("Add to basket");
    browser.wait(".said.good");
    check(stage, &browser);
    browser.click_text("View basket");
    let line = browser.wait("[data-line]").text();
    assert!(line.contains("180 cm") && line.contains(&price), "{line}, for {price}");
    check(stage, &browser);
    browser.click_text("To the checkout");
    browser.click("main a.button");
    check(stage, &browser);
    register(&browser, "Ann Example");
    browser.wait_path("/checkout");
    browser.wait("form.columns");
    check(stage, &browser);
    pay(&browser, "pm_sandbox_ok");
    check(stage, &browser);
    browser.wait("[data-status=delivered], [data-status=completed]");
    check(stage, &browser);
    browser.click_text("Review it");
    browser.fill("comment", "It holds <b>all</b> my books.");
    check(stage, &browser);
    browser.click_text("Send the review");
    browser.wait_text("li", "It holds <b>all</b> my books.");
    check(stage, &browser);
}

#[test]
#[ignore = "cargo face"]
fn a_declined_card_is_said_and_a_good_one_then_pays() {
    let stage = shared();
    let browser = stage.browser(Screen::NARROW);
    let product = stage.product("halo pendant")["id"].as_str().unwrap().to_owned();
    register(&browser, "Ben");
    put_into_basket(&browser, &product);
    let refused = pay(&browser, "pm_sandbox_declined");
    browser.wait("[data-status=cancelled]");
    browser.wait_text("div", "The bank has declined the card");
    check(stage, &browser);
    put_into_basket(&browser, &product);
    let paid = pay(&browser, "pm_sandbox_ok");
    assert_ne!(refused, paid);
    browser
        .wait("[data-status=paid], [data-status=processing], [data-status=shipped], [data-status=delivered]");
}

#[test]
#[ignore = "cargo face"]
fn a_lost_network_at_any_request_of_the_checkout_makes_one_order() {
    let stage = shared();
    let product = stage.product("oval plate")["id"].as_str().unwrap().to_owned();
    // The checkout sends the order, and a repeat of it; the page of the order reads it.
    for number in 1..=3 {
        for answered in [false, true] {
            let browser = stage.browser(Screen::WIDE);
            register(&browser, "Cy");
            put_into_basket(&browser, &product);
            fill_checkout(&browser, "pm_sandbox_ok");
            // From now on the request of this number is lost: on its way, or with its answer.
            browser.eval(&losing(number, answered));
            browser.click("form.columns [type=submit]");
            // The page may try again by itself. If not, the shopper does.
            let is_there = || browser.at().starts_with("/order?id=").then_some(());
            while local::wait_until(Duration::from_secs(10), is_there).is_none() {
                browser.click("form.columns [type=submit]");
            }
            order(&browser);
            assert_eq!(orders(&browser), 1, "request {number}, answered: {answered}");
        }
    }
}

/// Replaces the page's `fetch`: the request of this number is lost, on its way or with its answer.
fn losing(number: u32, answered: bool) -> String {
    format!(
        "(() => {{ let count = 0; const real = window.fetch; window.fetch = async (...given) => {{ \
         count += 1; if (count !== {number}) return real(...given); if ({answered}) await real(...given); \
         throw new TypeError('the network is gone'); }}; return true; }})()"
    )
}

#[test]
#[ignore = "cargo face"]
fn two_tabs_share_a_session_and_its_end() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    register(&browser, "Dee");
    let first = browser.tab();
    let second = browser.new_tab();
    browser.switch_to(&second);
    // A new tab has no access token; the cookie gives it one.
    browser.open("/account");
    browser.wait("[name=name][value=Dee]");
    check(stage, &browser);
    browser.switch_to(&first);
    browser.open("/account");
    browser.click_text("Sign out");
    browser.wait_text("a", "Sign in");
    browser.switch_to(&second);
    browser.wait_text("a", "Sign in");
    browser.open("/account");
    browser.wait_path("/sign-in");
}

#[test]
#[ignore = "cargo face"]
fn a_session_that_ended_elsewhere_leads_to_the_sign_in() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    let email = register(&browser, "Eve");
    let other = stage.browser(Screen::WIDE);
    other.open("/sign-in");
    other.fill("email", &email);
    other.fill("password", PASSWORD);
    other.click("main form .button");
    other.wait_path("/account");
    other.click_text("Sign out everywhere");
    other.wait_path("/sign-in");
    // The token of the first browser is still valid for some minutes. When it is over, the session is, too.
    browser.eval("sessionStorage.clear()");
    browser.open("/orders");
    browser.wait_text("a", "Sign in");
    check(stage, &browser);
}

#[test]
#[ignore = "cargo face"]
fn a_closed_tab_comes_back_signed_in() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    register(&browser, "Fay");
    let next = browser.new_tab();
    // The tab is closed in the middle of a refresh: its answer, and with it the new cookie, may be lost.
    browser.eval("sessionStorage.clear()");
    browser.eval("(() => { location.href = '/orders'; return true; })()");
    browser.close_tab();
    browser.switch_to(&next);
    browser.open("/account");
    browser.wait("[name=name]");
    check(stage, &browser);
}

#[test]
#[ignore = "cargo face"]
fn a_forgotten_password_is_replaced_by_the_link_in_the_mail() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    let email = register(&browser, "Gus");
    browser.click_text("Sign out");
    browser.wait_text("a", "Sign in");
    browser.open("/sign-in");
    browser.click_text("Forgot your password?");
    browser.fill("email", &email);
    browser.click_text("Send the link");
    browser.wait(".said.good");
    let mail = stage.mail(&email, "Set a new password");
    let link = mail.split("/reset-password?token=").nth(1).unwrap();
    let token: String =
        link.chars().take_while(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(*sign)).collect();
    browser.open(&format!("/reset-password?token={token}"));
    browser.fill("new_password", "another long password");
    assert!(!browser.at().contains(&token), "the token stays in the address");
    browser.click_text("Save the new password");
    browser.wait(".said.good");
    check(stage, &browser);
    // The link works once.
    browser.open(&format!("/reset-password?token={token}"));
    browser.fill("new_password", "a third long password");
    browser.click_text("Save the new password");
    browser.wait_text("p", "This link is no longer valid");
    browser.open("/sign-in");
    browser.fill("email", &email);
    browser.fill("password", "another long password");
    browser.click("main form .button");
    browser.wait_path("/account");
}

#[test]
#[ignore = "cargo face"]
fn public_pages_are_whole_without_script() {
    let stage = shared();
    let browser = stage.browser(Screen::NO_SCRIPT);
    let sofa = stage.product("cove sofa");
    let id = sofa["id"].as_str().unwrap();
    browser.open("/");
    browser.wait(".card");
    browser.open("/search?q=sofa");
    browser.click_text("Price, low to high");
    browser.wait("[aria-current=true]");
    assert!(browser.at().contains("sort=price_asc"));
    browser.open(&format!("/p/{id}"));
    let before = browser.wait("[data-price]").text();
    browser.click_text("Three");
    browser.wait_path(&format!("/p/{id}?variant="));
    let after = browser.wait("[data-price]").text();
    assert_ne!(before, after, "the price of another variant");
    browser.open("/basket");
    browser.wait_text("p", "This page needs JavaScript");
}

#[test]
#[ignore = "cargo face"]
fn a_shopper_buys_by_keyboard_alone() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    let product = stage.product("heron floor lamp")["id"].as_str().unwrap().to_owned();
    register(&browser, "Hal");
    browser.open(&format!("/p/{product}"));
    browser.wait("[data-add]");
    reach(&browser, "Add to basket");
    browser.press(ENTER);
    browser.wait(".said.good");
    reach(&browser, "View basket");
    browser.press(ENTER);
    browser.wait("[data-line]");
    reach(&browser, "To the checkout");
    browser.press(ENTER);
    browser.wait("form.columns");
    let fields = [
        ("Full name", "Ann Example"),
        ("Street", "1 Main Street"),
        ("City", "Springfield"),
        ("Postal", "12345"),
        ("Country", "United States"),
        ("Phone", "555 123456"),
    ];
    for (label, value) in fields {
        reach(&browser, label);
        browser.press(value);
    }
    reach(&browser, "Pay ");
    browser.press(ENTER);
    order(&browser);
}

/// Presses the tabulator until the focus is on something with this text or label.
fn reach(browser: &Browser, text: &str) {
    const FOCUSED: &str = "(() => { const at = document.activeElement; \
                           return (at.labels?.[0]?.textContent ?? '') + ' ' + at.textContent; })()";
    for _ in 0..80 {
        browser.press(TAB);
        if browser.eval(FOCUSED).as_str().unwrap_or_default().contains(text) {
            return;
        }
    }
    panic!("no key leads to {text:?}: {}", browser.text());
}

#[test]
#[ignore = "cargo face"]
fn a_basket_says_what_has_changed() {
    let stage = shared();
    let browser = stage.browser(Screen::WIDE);
    let product = stage.product("reed floor lamp")["id"].as_str().unwrap().to_owned();
    put_into_basket(&browser, &product);
    browser.click_text("View basket");
    browser.wait("[data-line]");
    let input = browser.wait("[data-line] input");
    input.clear();
    input.send_keys(&format!("99{TAB}"));
    browser.wait_text("p", "Please change the marked lines");
    check(stage, &browser);
    browser.click("[data-line] button");
    browser.wait(".empty");
    browser.click_text("Undo");
    browser.wait("[data-line]");
}
