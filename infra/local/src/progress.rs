//! What the developer sees while a stack starts: a spinner per step on a terminal, a line per step elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// Where steps are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nowhere: tests.
    #[default]
    Silent,
    /// On standard error.
    Shown,
}

/// A step under way. Dropped unfinished, it leaves no trace: the error that follows says enough.
pub struct Step {
    bar: ProgressBar,
    name: String,
    started: Instant,
    progress: Progress,
}

impl Progress {
    /// Starts a step.
    pub fn step(self, name: impl Into<String>) -> Step {
        let name = name.into();
        let bar = match self {
            Self::Shown if std::io::stderr().is_terminal() => ProgressBar::new_spinner(),
            _ => ProgressBar::hidden(),
        };
        let look = ProgressStyle::with_template("  {spinner:.cyan} {prefix}  {msg:.dim} {elapsed:.dim}");
        bar.set_style(look.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(name.clone());
        bar.enable_steady_tick(Duration::from_millis(80));
        Step { bar, name, started: Instant::now(), progress: self }
    }
}

impl Step {
    /// Says what the step is at.
    pub fn at(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// Leaves the line to another program, which shows how far it is.
    pub(crate) fn give_way(&self) {
        self.bar.finish_and_clear();
    }

    /// Ends the step, with what came of it.
    #[expect(clippy::print_stderr, reason = "this is the runner's voice")]
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
