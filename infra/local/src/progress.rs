//! Shows the steps of a start. A terminal gets a spinner for each step; otherwise each step is a line,
//! repeated now and then while it takes.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a step reports without a terminal: often enough for a CI that ends silent jobs after some
/// minutes.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Where steps are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nowhere: for tests.
    #[default]
    Silent,
    /// On standard error.
    Shown,
}

/// A running step. If it is dropped unfinished, its line disappears, because an error follows.
pub struct Step {
    bar: ProgressBar,
    name: String,
    started: Instant,
    progress: Progress,
    signs_of_life: Option<SignsOfLife>,
}

/// A thread that reports now and then where a step is. It ends when this value is dropped.
struct SignsOfLife {
    at: Arc<Mutex<String>>,
    _stop: Sender<()>,
}

impl Progress {
    /// Starts a step.
    pub fn step(self, name: impl Into<String>) -> Step {
        let name = name.into();
        let (bar, signs_of_life) = match self {
            Self::Shown if std::io::stderr().is_terminal() => (ProgressBar::new_spinner(), None),
            Self::Shown => (ProgressBar::hidden(), Some(SignsOfLife::of(name.clone()))),
            Self::Silent => (ProgressBar::hidden(), None),
        };
        let look = ProgressStyle::with_template("  {spinner:.cyan} {prefix}  {msg:.dim} {elapsed:.dim}");
        bar.set_style(look.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(name.clone());
        bar.enable_steady_tick(Duration::from_millis(80));
        Step { bar, name, started: Instant::now(), progress: self, signs_of_life }
    }
}

impl SignsOfLife {
    #[expect(clippy::print_stderr, reason = "the runner's output")]
    fn of(name: String) -> Self {
        let (stop, stopped) = channel();
        let (at, started) = (Arc::new(Mutex::new(String::new())), Instant::now());
        let now_at = Arc::clone(&at);
        std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(SIGN_OF_LIFE) {
                let at = now_at.lock().unwrap_or_else(PoisonError::into_inner).clone();
                eprintln!("  … {name:<22} {:5.0} s  {at}", started.elapsed().as_secs_f64());
            }
        });
        Self { at, _stop: stop }
    }
}

impl Step {
    /// Reports where the step is.
    pub fn at(&self, what: impl Into<String>) {
        let what = what.into();
        if let Some(signs) = &self.signs_of_life {
            signs.at.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&what);
        }
        self.bar.set_message(what);
    }

    /// Leaves the line to another program that shows its own progress.
    pub(crate) fn give_way(&self) {
        self.bar.finish_and_clear();
    }

    /// Ends the step with its result.
    #[expect(clippy::print_stderr, reason = "the runner's output")]
    pub fn done(self, result: &str) {
        self.bar.finish_and_clear();
        if self.progress == Progress::Shown {
            let took = format!("{:5.1} s", self.started.elapsed().as_secs_f64());
            let mark = style("✓").green().for_stderr();
            eprintln!("  {mark} {:<22} {}  {result}", self.name, style(took).dim().for_stderr());
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
