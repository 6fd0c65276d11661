//! A browser, driven by `WebDriver` (<https://www.w3.org/TR/webdriver2/>).
//!
//! The protocol is JSON over HTTP. A library for it would bring 30 crates, and other features for crates that
//! the functions share, so that `cargo test` would build the AWS SDK a second time.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use local::wait_until;
use serde_json::{Value, json};

/// How long a page may take to show something. The machine is busy with a whole cloud.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is missing where no browser starts.
const INSTALL: &str = "the pages are tested in a browser: apt install chromium chromium-driver";

/// The name of an element's id in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys of the keyboard, as the protocol writes them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const DOWN: &str = "\u{e015}";

/// A `chromedriver` on a port of its own choice.
pub struct Driver {
    /// It ends when our end of its input is closed, which also happens if the tests are killed.
    _process: Child,
    url: String,
    profiles: std::path::PathBuf,
}

/// Runs the driver until the input ends, then stops it and removes the browsers' profiles.
const RUN: &str = "chromedriver --port=0 & cat >/dev/null; kill $!; wait; rm -rf \"$0\"";

impl Driver {
    pub fn start() -> Self {
        let profiles = crate::tree::root().join(format!("target/face/profiles-{}", std::process::id()));
        let mut shell = Command::new("sh");
        shell.args(["-c", RUN]).arg(&profiles).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = shell.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.unwrap_or_else(|| panic!("chromedriver does not start; {INSTALL}"));
        Self { _process: process, url: format!("http://127.0.0.1:{port}"), profiles }
    }

    /// A new browser with an empty profile.
    pub fn browser(&self, shop: &str, screen: Screen) -> Browser {
        let profile = self.profiles.join(format!("{:x}", fastrand::u64(..)));
        let mut arguments: Vec<_> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--hide-scrollbars",
            "--no-first-run",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        // 1 allows scripts, 2 does not.
        let scripts = if screen.script { 1 } else { 2 };
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let made = ask("POST", &format!("{}/session", self.url), Some(&wanted));
        let made = made.unwrap_or_else(|error| panic!("{error}; {INSTALL}"));
        let session = format!("{}/session/{}", self.url, made["sessionId"].as_str().unwrap());
        let browser = Browser { session, shop: shop.to_owned(), screen: Cell::new(screen) };
        browser.show_on(screen);
        browser
    }
}

/// Sends a command. The error is the protocol's.
fn ask(method: &str, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let answer = match (method, body) {
        ("GET", _) => agent.get(url).call(),
        ("DELETE", _) => agent.delete(url).call(),
        (_, body) => agent
            .post(url)
            .content_type("application/json")
            .send(body.unwrap_or(&json!({})).to_string().as_bytes()),
    };
    let mut answer = answer.map_err(|error| error.to_string())?;
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string();
    let body: Value =
        serde_json::from_str(&text.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    match body["value"]["error"].as_str() {
        Some(error) => Err(format!("{error}: {}", body["value"]["message"])),
        None => Ok(body["value"].clone()),
    }
}

/// The screen of a browser.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: u32,
    pub dark: bool,
    /// Whether scripts run.
    pub script: bool,
}

impl Screen {
    pub const WIDE: Self = Self { width: 1280, dark: false, script: true };
    pub const NARROW: Self = Self { width: 390, dark: true, script: true };
    pub const NO_SCRIPT: Self = Self { script: false, ..Self::WIDE };
}

/// A browser with one tab, or several. It ends with this value.
pub struct Browser {
    session: String,
    /// The shop's address.
    shop: String,
    screen: Cell<Screen>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ask("DELETE", &self.session, None);
    }
}

/// An element of the page.
pub struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl Element<'_> {
    fn post(&self, what: &str, body: Value) -> Result<Value, String> {
        self.browser.post(&format!("element/{}/{what}", self.id), body)
    }

    /// Scrolls to it, which the emulated screen of a telephone does not do by itself, and clicks.
    pub fn click(&self) {
        let scroll = "arguments[0].scrollIntoView({ block: 'center' })";
        let this = json!({ ELEMENT: self.id });
        self.browser.post("execute/sync", json!({ "script": scroll, "args": [this] })).unwrap();
        self.post("click", json!({})).unwrap();
    }

    pub fn clear(&self) {
        self.post("clear", json!({})).unwrap();
    }

    pub fn send_keys(&self, keys: &str) {
        self.post("value", json!({ "text": keys })).unwrap();
    }

    pub fn text(&self) -> String {
        let url = format!("{}/element/{}/text", self.browser.session, self.id);
        let text = ask("GET", &url, None).unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }
}

impl Browser {
    fn post(&self, what: &str, body: Value) -> Result<Value, String> {
        ask("POST", &format!("{}/{what}", self.session), Some(&body))
    }

    /// A command of the `DevTools` protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).unwrap()
    }

    /// Sets the size of the screen and its colours.
    pub fn show_on(&self, screen: Screen) {
        self.screen.set(screen);
        let Screen { width, dark, .. } = screen;
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// The screen that the browser has now.
    pub fn screen(&self) -> Screen {
        self.screen.get()
    }

    /// The lines of a log since it was last read: `browser` or `performance`.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let lines = self.post("se/log", json!({ "type": kind })).unwrap();
        lines.as_array().cloned().unwrap_or_default()
    }

    /// Opens a page of the shop.
    #[track_caller]
    pub fn open(&self, path: &str) {
        self.post("url", json!({ "url": format!("{}{path}", self.shop) })).unwrap();
    }

    /// The path and query of the page.
    pub fn at(&self) -> String {
        let url = ask("GET", &format!("{}/url", self.session), None).unwrap_or_default();
        let url = url.as_str().unwrap_or_default();
        url.strip_prefix(&self.shop).unwrap_or(url).to_owned()
    }

    /// The first element that there is now.
    pub fn find(&self, using: &str, value: &str) -> Option<Element<'_>> {
        let found = self.post("element", json!({ "using": using, "value": value })).ok()?;
        Some(Element { browser: self, id: found[ELEMENT].as_str()?.to_owned() })
    }

    /// How many elements there are.
    pub fn count(&self, selector: &str) -> usize {
        let found = self.post("elements", json!({ "using": "css selector", "value": selector })).unwrap();
        found.as_array().unwrap().len()
    }

    #[track_caller]
    fn wait_for(&self, using: &str, value: &str) -> Element<'_> {
        let found = wait_until(PATIENCE, || self.find(using, value));
        found.unwrap_or_else(|| panic!("{} never shows {value}: {}", self.at(), self.text()))
    }

    /// Waits for an element.
    #[track_caller]
    pub fn wait(&self, selector: &str) -> Element<'_> {
        self.wait_for("css selector", selector)
    }

    /// Waits until an element of this kind has the text somewhere.
    #[track_caller]
    pub fn wait_text(&self, kind: &str, text: &str) {
        self.wait_for("xpath", &format!("//{kind}[contains(., {})]", quoted(text)));
    }

    /// Waits until the page's path begins so.
    #[track_caller]
    pub fn wait_path(&self, path: &str) {
        let is_there = wait_until(PATIENCE, || self.at().starts_with(path).then_some(()));
        assert!(is_there.is_some(), "{} does not lead to {path}: {}", self.at(), self.text());
    }

    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.wait(selector).click();
    }

    /// Clicks the link, button or summary with exactly this text.
    #[track_caller]
    pub fn click_text(&self, text: &str) {
        let kinds = "self::a or self::button or self::summary";
        self.wait_for("xpath", &format!("//*[{kinds}][normalize-space()={}]", quoted(text))).click();
    }

    /// Replaces the value of a field, or chooses an option by its value.
    #[track_caller]
    pub fn fill(&self, name: &str, value: &str) {
        let field = self.wait(&format!("[name={name}]"));
        if let Some(option) = self.find("css selector", &format!("select[name={name}] [value={value:?}]")) {
            option.click();
            return;
        }
        field.clear();
        field.send_keys(value);
    }

    /// The text of the page.
    pub fn text(&self) -> String {
        self.find("css selector", "body").map(|body| body.text()).unwrap_or_default()
    }

    /// The value of an expression in the page. A promise is waited for.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        self.post("execute/sync", json!({ "script": format!("return {expression};"), "args": [] })).unwrap()
    }

    /// Presses keys, one after the other, wherever the focus is.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": key.to_string() }))
        });
        let strokes: Vec<_> = strokes.collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", json!({ "actions": [keyboard] })).unwrap();
    }

    /// The tab that commands go to.
    pub fn tab(&self) -> Value {
        ask("GET", &format!("{}/window", self.session), None).unwrap()
    }

    /// Opens a new tab, and returns it.
    pub fn new_tab(&self) -> Value {
        self.post("window/new", json!({ "type": "tab" })).unwrap()["handle"].clone()
    }

    /// Sends commands to another tab from now on.
    pub fn switch_to(&self, tab: &Value) {
        self.post("window", json!({ "handle": tab })).unwrap();
    }

    /// Closes the tab.
    pub fn close_tab(&self) {
        ask("DELETE", &format!("{}/window", self.session), None).unwrap();
    }
}

/// A text in quotation marks of `XPath`. No text of the tests has both kinds.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
