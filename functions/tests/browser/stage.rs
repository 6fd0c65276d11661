//! A shop with the demo catalogue, and a browser to look at it.

use std::sync::OnceLock;

use local::{Options, Progress, ROOMY_LIMITS, Running, Stack};
use serde_json::Value;

use super::driver::{Browser, Driver, Screen};
use crate::stack::people::{ADMIN, PROGRAM};

/// The stack that all tests of the pages share, and the driver of their browsers.
pub struct Stage {
    pub stack: Stack,
    driver: Driver,
}

/// One stage for all tests; each makes its own people.
pub fn shared() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| Stage::open("face"))
}

impl Stage {
    fn open(name: &str) -> Self {
        let options = Options::for_test(name, PROGRAM.as_path()).parameter("DeliveryDelaySeconds", 1);
        let limits = ROOMY_LIMITS.into_iter().chain([("SignedInPerMinute", 1_000_000)]);
        let options = limits.fold(options, |options, (name, most)| options.parameter(name, most));
        let stack = Stack::start(options).unwrap();
        let shop = local::Shop::of(stack.running(), PROGRAM.as_path()).unwrap();
        shop.admin(ADMIN).unwrap();
        let products = shop.seed(ADMIN, Progress::Silent).unwrap();
        local::index(stack.running(), products, Progress::Silent);
        Self { stack, driver: Driver::start() }
    }

    pub fn running(&self) -> &Running {
        self.stack.running()
    }

    /// A new browser, with a shop that has never seen it.
    pub fn browser(&self, screen: Screen) -> Browser {
        self.driver.browser(self.stack.url(), screen)
    }

    /// The data of an answer of the API.
    pub fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.stack.url());
        let mut answer = self.stack.agent().get(url).call().unwrap();
        let body: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        assert_eq!(answer.status(), 200, "{path}: {body:#}");
        body["data"].clone()
    }

    /// A product of the demo catalogue, by a part of its name.
    pub fn product(&self, name: &str) -> Value {
        let query = name.replace(' ', "%20");
        let found = self.get(&format!("/products/search?q={query}&in_stock=true&limit=1"));
        found["products"][0].clone()
    }

    /// The text of the newest mail to an address with this in its subject.
    pub fn mail(&self, to: &str, subject: &str) -> String {
        let newest = || {
            let mails = self.stack.mails().ok()?;
            mails.iter().rev().map(Value::to_string).find(|mail| mail.contains(to) && mail.contains(subject))
        };
        local::wait_until(std::time::Duration::from_secs(30), newest)
            .unwrap_or_else(|| panic!("no mail about {subject:?} comes to {to}"))
    }
}
