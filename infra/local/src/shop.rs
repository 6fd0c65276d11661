//! The `shop` command on a local stack. It is run as a program: linked, the whole AWS SDK would be built
//! before `cargo dev` shows its first line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::aws::agent;
use crate::wait::until;
use crate::{Error, Progress, Running, variables};

/// How long a start waits until searches find the new products.
const INDEX_WITHIN: Duration = Duration::from_secs(30);

/// Waits until searches of a stack find so many products.
pub fn index(stack: &Running, products: u64, progress: Progress) {
    let step = progress.step("index the products");
    let url = format!("http://127.0.0.1:{}/api/v1/products/search?limit=1", stack.port);
    let found = || {
        let answer = agent().get(&url).call().ok()?.body_mut().read_to_string().ok()?;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        answer["meta"]["pagination"]["total"].as_u64().filter(|total| *total >= products)
    };
    step.done(&match until(INDEX_WITHIN, found) {
        Some(found) => format!("searches find {found} products"),
        None => "goes on beside the shop".to_owned(),
    });
}

/// The command for one stack's table and bucket.
pub struct Shop {
    program: PathBuf,
    endpoint: String,
    table: String,
    pictures: String,
}

impl Shop {
    /// The command that was built beside the functions' program.
    pub fn of(stack: &Running, program: &Path) -> Result<Self, Error> {
        let resource = |name: &str| {
            let id = stack.deployed.resources.get(name).cloned();
            id.ok_or_else(|| Error::Deploy(format!("the template has no resource {name}")))
        };
        Ok(Self {
            program: program.with_file_name("shop"),
            endpoint: stack.endpoint.clone(),
            table: resource("Table")?,
            pictures: resource("Images")?,
        })
    }

    /// Makes an administrator and returns their new password; `None` if they exist.
    pub fn admin(&self, email: &str) -> Result<Option<String>, Error> {
        let password = self.run(&["admin", "--email", email], Stdio::piped())?;
        Ok(Some(password.trim().to_owned()).filter(|password| !password.is_empty()))
    }

    /// Seeds the demo catalogue. The command draws the progress bar itself, on our standard error. Returns
    /// the number of new products.
    pub fn seed(&self, owner: &str, progress: Progress) -> Result<u64, Error> {
        let step = progress.step("seed the catalogue");
        step.give_way();
        let seed = ["seed", "--owner", owner, "--pictures", &self.pictures];
        let seeded = self.run(&seed, Stdio::inherit())?;
        step.done(seeded.trim());
        let words: Vec<_> = seeded.split_whitespace().collect();
        let count =
            words.windows(2).find(|pair| pair.last() == Some(&"products")).and_then(|pair| pair.first());
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Checks the consistency of the table, prints the findings, and returns the exit code.
    pub fn doctor(&self, budget: Option<u64>) -> Result<i32, Error> {
        let mut doctor = self.command(&["doctor"]);
        if let Some(budget) = budget {
            doctor.args(["--budget", &budget.to_string()]);
        }
        Ok(doctor.status().map_err(self.cannot_start())?.code().unwrap_or(1))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .args(["--table", &self.table])
            // The developer's own session token for the cloud may be set.
            .env_remove("AWS_SESSION_TOKEN")
            .envs(variables::connection(&self.endpoint))
            .stdin(Stdio::null());
        command
    }

    fn cannot_start(&self) -> impl FnOnce(std::io::Error) -> Error {
        Error::io(format!("start {}", self.program.display()))
    }

    /// Runs the command and returns its output.
    fn run(&self, arguments: &[&str], errors: Stdio) -> Result<String, Error> {
        let ended = self.command(arguments).stderr(errors).output().map_err(self.cannot_start())?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            return Err(Error::Shop(said.trim().trim_start_matches("error: ").to_owned()));
        }
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }
}
