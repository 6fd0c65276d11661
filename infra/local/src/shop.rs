//! The `shop` command on a local stack. It is run, not linked: linked, the whole AWS SDK would be built
//! before the first line of `cargo dev` is shown.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, Progress, Running, variables};

/// The command, for one stack's table.
pub struct Shop {
    program: PathBuf,
    endpoint: String,
    table: String,
}

impl Shop {
    /// The command that was built beside the functions' program.
    pub fn of(stack: &Running, program: &Path) -> Result<Self, Error> {
        let table = stack.deployed.resources.get("Table");
        let table = table.ok_or_else(|| Error::Deploy("the template has no resource Table".to_owned()))?;
        Ok(Self {
            program: program.with_file_name("shop"),
            endpoint: stack.endpoint.clone(),
            table: table.clone(),
        })
    }

    /// Makes an administrator with a password that is made for them and given back; none when they are there
    /// already.
    pub fn admin(&self, email: &str) -> Result<Option<String>, Error> {
        let password = self.run(&["admin", "--email", email], Stdio::piped())?;
        Ok(Some(password.trim().to_owned()).filter(|password| !password.is_empty()))
    }

    /// Puts the demo catalogue into the table. The command draws the progress bar itself, on our standard
    /// error.
    pub fn seed(&self, owner: &str, progress: Progress) -> Result<(), Error> {
        let step = progress.step("seed the catalogue");
        step.give_way();
        let seeded = self.run(&["seed", "--owner", owner], Stdio::inherit())?;
        step.done(seeded.trim());
        Ok(())
    }

    /// Checks that everything in the table adds up; prints what it finds, and gives back the code with which
    /// it ends.
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
            // The developer's own may stand there, for the cloud.
            .env_remove("AWS_SESSION_TOKEN")
            .envs(variables::connection(&self.endpoint))
            .stdin(Stdio::null());
        command
    }

    fn cannot_start(&self) -> impl FnOnce(std::io::Error) -> Error {
        Error::io(format!("start {}", self.program.display()))
    }

    /// Runs it and gives back what it prints.
    fn run(&self, arguments: &[&str], errors: Stdio) -> Result<String, Error> {
        let ended = self.command(arguments).stderr(errors).output().map_err(self.cannot_start())?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            return Err(Error::Shop(said.trim().trim_start_matches("error: ").to_owned()));
        }
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }
}
