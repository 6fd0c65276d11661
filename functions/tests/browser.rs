//! `cargo face`: the pages in a real browser, on a local stack with the demo catalogue.
//!
//! Debian's `chromium` and `chromium-driver` are driven by `WebDriver`. After every step the page is checked
//! as a whole: no error on the console, no request to another host, names and roles of all controls,
//! contrast, and nothing wider than the screen.

mod budgets;
mod checks;
mod driver;
mod journeys;
mod pictures;
mod stage;
