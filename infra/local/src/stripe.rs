//! localstripe, a stand-in for Stripe, for tests over HTTP.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{Error, Progress, aws, emulator, paths, venv, wait};

/// A busy machine needs this much time.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running localstripe. It ends when its standard input closes: when this value is dropped or this process
/// dies.
pub struct LocalStripe {
    child: Child,
    url: String,
}

impl LocalStripe {
    /// Starts it on a free port. Blocks for a second, and 20 s more if its virtual environment has to be
    /// made.
    pub fn start() -> Result<Self, Error> {
        let python = venv::stripe(Progress::Silent)?;
        let port = emulator::free_port(0)?;
        let child = Command::new(python)
            .arg("-I")
            .arg(paths::own("localstripe.py"))
            .arg(port.to_string())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("start localstripe"))?;
        let stripe = Self { child, url: format!("http://127.0.0.1:{port}") };
        let page = format!("{}/js.stripe.com/v3/", stripe.url);
        let ready = wait::until(START_LIMIT, || aws::get(&page).ok());
        ready.ok_or_else(|| Error::Ask { what: page, why: "localstripe does not answer".to_owned() })?;
        Ok(stripe)
    }

    /// Its base URL: the `STRIPE_ENDPOINT_URL` of a function.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads a path.
    pub fn get(&self, path: &str) -> Result<Value, Error> {
        let request = aws::agent().get(format!("{}{path}", self.url));
        read(path, request.header("authorization", "Bearer sk_test_local").call())
    }

    /// Posts a form, and returns the answer; null if it is empty.
    pub fn post(&self, path: &str, form: &str) -> Result<Value, Error> {
        let request = aws::agent().post(format!("{}{path}", self.url));
        let request = request.header("authorization", "Bearer sk_test_local");
        read(path, request.content_type("application/x-www-form-urlencoded").send(form))
    }
}

fn read(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Error> {
    let mut answer = answer.map_err(Error::ask(path))?;
    let text = answer.body_mut().read_to_string().map_err(Error::ask(path))?;
    match answer.status().is_success() {
        true => Ok(serde_json::from_str(&text).unwrap_or_default()),
        false => Err(Error::Ask { what: path.to_owned(), why: text }),
    }
}

impl Drop for LocalStripe {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if wait::until(STOP_LIMIT, || (!matches!(self.child.try_wait(), Ok(None))).then_some(())).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
