//! The emulator's process.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Error, Options, REGION, Saved, aws, paths, wait};

/// The emulator is usually ready within a second; a busy machine may take longer.
const START_LIMIT: Duration = Duration::from_mins(1);
/// The functions have 12 s to end, open connections 3 s, and saving has 30 s.
const STOP_LIMIT: Duration = Duration::from_mins(1);
const TAIL_LINES: usize = 15;

/// A running emulator. It ends when its standard input closes: when this value is dropped or this process
/// dies.
pub(crate) struct Emulator {
    child: Child,
    folder: PathBuf,
    log: PathBuf,
    pub(crate) endpoint: String,
}

impl Emulator {
    /// Starts the emulator on a free port, with its state in the stack's folder.
    pub(crate) fn start(python: &Path, options: &Options, port: u16) -> Result<Self, Error> {
        let folder = &options.folder;
        let (log, scratch) = (folder.join("emulator.log"), folder.join("tmp"));
        std::fs::create_dir_all(&scratch).map_err(Error::io(format!("make {}", scratch.display())))?;
        let output = File::create(&log).map_err(Error::io(format!("make {}", log.display())))?;
        let errors = output.try_clone().map_err(Error::io("share the emulator's log"))?;
        let endpoint = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        let child = Command::new(python)
            .arg("-I")
            .arg(paths::own("emulator.py"))
            .arg(folder)
            .arg(options.save_every.as_secs().to_string())
            // Functions inherit this environment. A variable that the template forgets to set must be missing
            // here too.
            .env_clear()
            .envs(&options.environment)
            .env("BIND_HOST", Ipv4Addr::LOCALHOST.to_string())
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", Ipv4Addr::LOCALHOST.to_string())
            .env("MINISTACK_REGION", REGION)
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AUTH", "true")
            .env("PERSIST_STATE", "1")
            .env("STATE_DIR", folder.join("state"))
            .env("S3_PERSIST", "1")
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("TMPDIR", &scratch)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            // Its own process group: Ctrl-C in a terminal reaches only us, and we stop it in order.
            .process_group(0)
            .spawn()
            .map_err(Error::io("start the emulator"))?;
        let mut emulator = Self { child, folder: folder.clone(), log, endpoint };
        emulator.wait_until_ready()?;
        Ok(emulator)
    }

    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let health = format!("{}/_ministack/health", self.endpoint);
        let ready = wait::until(START_LIMIT, || {
            if self.has_ended() {
                return Some(false);
            }
            aws::get(&health).is_ok().then_some(true)
        });
        match ready {
            Some(true) => Ok(()),
            Some(false) => Err(self.failure("ended")),
            None => Err(self.failure("does not answer")),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// An error that shows the end of the log.
    pub(crate) fn failure(&self, what: &str) -> Error {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
        Error::Emulator { what: what.to_owned(), log: self.log.clone(), tail }
    }

    /// Stops it in order: traffic first, then functions, and then the state is saved. It is killed after a
    /// minute. An error says what could not be saved.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        drop(self.child.stdin.take());
        if wait::until(STOP_LIMIT, || self.has_ended().then_some(())).is_none() {
            self.kill();
        }
        match Saved::read(&self.folder).and_then(|saved| saved.lost()) {
            Some(lost) => Err(Error::NotSaved { lost, log: self.log.clone() }),
            None => Ok(()),
        }
    }

    /// The error of an emulator that has ended by itself.
    pub(crate) fn has_died(&self) -> Error {
        let lost = Saved::read(&self.folder).and_then(|saved| saved.lost());
        self.failure(&lost.map_or_else(|| "ended".to_owned(), |lost| format!("ended, and {lost}")))
    }

    /// Kills it, which loses everything that is not saved: a crash.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// A listener on loopback; port 0 takes any free one.
pub fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|_| Error::PortTaken(port))
}

/// The preferred port if it is free, else any free one.
pub(crate) fn free_port(preferred: u16) -> Result<u16, Error> {
    let listener = listen(preferred).or_else(|_| listen(0))?;
    listener.local_addr().map(|address| address.port()).map_err(Error::io("find a free port"))
}
