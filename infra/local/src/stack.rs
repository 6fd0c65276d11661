//! A running stack, and the description of it that other processes read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::deploy::{self, Deployed};
use crate::emulator::{self, Emulator};
use crate::proxy::{Proxy, Upstream};
use crate::{Aws, Error, Progress, REGION, mailbox, parameters, paths, variables, venv, wait};

/// The stack's name in CloudFormation. Each stack has its own emulator, so all can have the same name.
const CLOUDFORMATION_NAME: &str = "lamplight";

/// The prefix of the names of tests' folders.
const TEST: &str = "test-";

const PORT_TRIES: u32 = 3;
const LOCK_PATIENCE: Duration = Duration::from_millis(200);
const KILL_LIMIT: Duration = Duration::from_secs(5);
const SAVE_EVERY: Duration = Duration::from_mins(1);

/// Rate limits by address that are out of reach, because all callers of a local stack share one address.
pub const ROOMY_LIMITS: [(&str, u32); 3] =
    [("AttemptsPerMinute", 1_000_000), ("PublicPerMinute", 1_000_000), ("SuggestionsPerMinute", 1_000_000)];

/// The options of a stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of its state, logs and variables; created if missing.
    pub folder: PathBuf,
    /// The program of all functions. Its last argument is the function's name.
    pub program: PathBuf,
    /// The SAM template.
    pub template: PathBuf,
    /// Template parameters that differ from their defaults.
    pub parameters: BTreeMap<String, String>,
    /// More variables for every function than the template sets.
    pub environment: BTreeMap<String, String>,
    /// The API's port; 0 takes any free one.
    pub port: u16,
    /// The emulator's port if it is free; else, or if 0, any free one.
    pub emulator_port: u16,
    /// Whether the folder is deleted when the stack ends.
    pub throw_away: bool,
    /// How often the state is saved while the stack is used.
    pub save_every: Duration,
    /// Where steps are shown.
    pub progress: Progress,
}

impl Options {
    /// The repository's template with one program for all functions, on free ports, with its state in
    /// `folder`.
    pub fn new(folder: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            program: program.into(),
            template: paths::root().join("template.yaml"),
            parameters: BTreeMap::new(),
            environment: BTreeMap::new(),
            port: 0,
            emulator_port: 0,
            throw_away: false,
            save_every: SAVE_EVERY,
            progress: Progress::Silent,
        }
    }

    /// A stack for one test, with an empty folder that is deleted with the stack.
    pub fn for_test(name: &str, program: impl Into<PathBuf>) -> Self {
        forget_the_dead();
        let folder = paths::home().join(format!("{TEST}{name}-{}", std::process::id()));
        Self { throw_away: true, ..Self::new(folder, program) }
    }

    /// Sets a template parameter.
    pub fn parameter(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// Sets a variable of all functions.
    pub fn variable(mut self, name: &str, value: impl ToString) -> Self {
        self.environment.insert(name.to_owned(), value.to_string());
        self
    }
}

/// The description of a running stack, which `stack.json` holds for other processes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Running {
    /// The process id of the runner.
    pub pid: u32,
    /// The API's port.
    pub port: u16,
    /// The emulator's port.
    pub emulator_port: u16,
    /// The API's base URL.
    pub url: String,
    /// The emulator's base URL: the `AWS_ENDPOINT_URL` of everything in the stack.
    pub endpoint: String,
    /// What was deployed.
    pub deployed: Deployed,
}

impl Running {
    /// The description of the folder's last or present stack; `None` if there never was one.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(folder.join("stack.json")).ok()?).ok()
    }

    /// The stack that runs in the folder now.
    pub fn now(folder: &Path) -> Option<Self> {
        let lock = File::open(folder.join("lock")).ok()?;
        match lock.try_lock() {
            Ok(()) => None,
            Err(_) => Self::read(folder),
        }
    }

    /// The stack's emulated AWS.
    pub fn aws(&self) -> Aws {
        Aws::new(&self.endpoint)
    }

    /// The URL of the mailbox for a browser.
    pub fn mailbox(&self) -> String {
        format!("{}{}", self.url, mailbox::PATH)
    }

    /// Deploys onto the running stack: a rebuilt program, a changed template or parameters.
    pub fn redeploy(&mut self, options: &Options) -> Result<(), Error> {
        self.deployed = deploy_to(&self.endpoint, options)?;
        self.write(&options.folder)
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        variables::write(folder, &self.endpoint, &self.deployed)?;
        let path = folder.join("stack.json");
        let json = serde_json::to_string_pretty(self).map_err(Error::ask("the stack's description"))?;
        std::fs::write(&path, json).map_err(Error::io(format!("write {}", path.display())))
    }

    /// The emulator's URLs of the API and of the mails.
    fn upstream(&self) -> Upstream {
        let api = self.deployed.apis.values().next().map_or("none", String::as_str);
        let gateway = format!("{}/_aws/execute-api/{api}/$default", self.endpoint);
        Upstream { gateway, mails: mailbox::source(&self.endpoint) }
    }
}

/// A stack that this process runs. When it is dropped, emulator, functions and ports stop.
pub struct Stack {
    options: Options,
    python: PathBuf,
    running: Running,
    emulator: Emulator,
    proxy: Proxy,
    /// Held as long as the stack runs; see [`Running::now`].
    _lock: File,
}

impl Stack {
    /// Starts the emulator, deploys the template and opens the API's port. Blocks for 2 to 3 s, and 20 s more
    /// if the virtual environment has to be made.
    pub fn start(mut options: Options) -> Result<Self, Error> {
        let lock = lock(&options.folder)?;
        let python = venv::python(options.progress)?;
        let listener = emulator::listen(options.port)?;
        let port = listener.local_addr().map_err(Error::io("prepare the port"))?.port();
        let url = format!("http://127.0.0.1:{port}");
        // The emulator's own URL of the API is not for people. A test's template may have no pages.
        let storefront = ("StorefrontUrl".to_owned(), url.clone());
        if parameters::check(&options.template, std::slice::from_ref(&storefront)).is_ok() {
            options.parameters.entry(storefront.0).or_insert(storefront.1);
        }
        let emulator = start_emulator(&python, &options, options.emulator_port)?;

        let endpoint = emulator.endpoint.clone();
        let deployed = deploy_to(&endpoint, &options).map_err(|error| with_log(&emulator, error))?;
        let proxy = Proxy::start(listener, Upstream::default())?;
        let emulator_port = endpoint.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        let running =
            Running { pid: std::process::id(), port: proxy.port, emulator_port, url, endpoint, deployed };
        proxy.redirect(running.upstream());
        running.write(&options.folder)?;
        Ok(Self { options, python, running, emulator, proxy, _lock: lock })
    }

    /// The API's base URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// The emulator's base URL: an AWS SDK's endpoint, with region `us-east-1` and the keys `test`, `test`.
    pub fn endpoint(&self) -> &str {
        &self.running.endpoint
    }

    /// The folder of its state, logs and variables.
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// The description of the stack: ports, functions, resources.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// The emulated AWS: mails, queue depths, logs and any other call.
    pub fn aws(&self) -> Aws {
        self.running.aws()
    }

    /// An HTTP client for tests that returns every status as an answer.
    pub fn agent(&self) -> ureq::Agent {
        crate::aws::agent()
    }

    /// All mails sent so far, oldest first.
    pub fn mails(&self) -> Result<Vec<serde_json::Value>, Error> {
        self.aws().mails()
    }

    /// The depth of every queue, by the queue's name.
    pub fn queue_depths(&self) -> Result<BTreeMap<String, crate::Depth>, Error> {
        self.aws().queue_depths()
    }

    /// Checks the stack; a runner calls this now and then. Fails if the emulator has ended by itself. Also
    /// reads what another process has deployed onto this stack.
    pub fn check(&mut self) -> Result<(), Error> {
        if self.emulator.has_ended() {
            return Err(self.emulator.has_died());
        }
        if let Some(now) =
            Running::read(&self.options.folder).filter(|now| now.upstream() != self.running.upstream())
        {
            self.proxy.redirect(now.upstream());
            self.running = now;
        }
        Ok(())
    }

    /// Stops the emulator, which saves its state, starts it again with that state, and deploys. The URLs
    /// stay.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.end()?;
        self.begin_again()
    }

    /// Stops the stack. An error says what part of its state could not be saved.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    /// Stops the emulator, which saves its state, and the functions that are still busy then.
    fn end(&mut self) -> Result<(), Error> {
        let functions = self.function_processes().unwrap_or_default();
        let stopped = self.emulator.stop();
        let _ = kill(&functions);
        stopped
    }

    /// Kills the emulator and its functions, which loses everything since its last save, and starts it again.
    pub fn crash(&mut self) -> Result<(), Error> {
        let functions = self.function_processes()?;
        self.emulator.kill();
        kill(&functions)?;
        self.begin_again()
    }

    fn begin_again(&mut self) -> Result<(), Error> {
        self.emulator = start_emulator(&self.python, &self.options, self.running.emulator_port)?;
        self.running.endpoint = self.emulator.endpoint.clone();
        self.running.redeploy(&self.options)?;
        self.proxy.redirect(self.running.upstream());
        Ok(())
    }

    /// The process ids of the functions that are running or warm now.
    pub fn function_processes(&self) -> Result<Vec<u32>, Error> {
        Ok(self.functions_running()?.into_keys().collect())
    }

    /// The functions that are running or warm now: their names by process id.
    pub fn functions_running(&self) -> Result<BTreeMap<u32, String>, Error> {
        let listed = Command::new("ps")
            .args(["-A", "-o", "pid=,ppid=,args="])
            .output()
            .map_err(Error::io("list processes (`ps` is needed)"))?;
        let listed = String::from_utf8_lossy(&listed.stdout);
        let child = |line: &str| {
            // A snapshot of the emulator is not a function.
            if line.contains("emulator.py") {
                return None;
            }
            let mut words = line.split_whitespace();
            let pid = words.next()?.parse().ok()?;
            let parent: u32 = words.next()?.parse().ok()?;
            let (program, name) = (words.next()?, words.next_back()?);
            // `ps` shows the name of a process that has ended in brackets.
            (parent == self.emulator.pid() && !program.starts_with('[')).then_some((pid, name.to_owned()))
        };
        Ok(listed.lines().filter_map(child).collect())
    }

    /// Kills some of the function processes while they work.
    pub fn kill_processes(&self, pids: &[u32]) -> Result<(), Error> {
        kill(pids)
    }

    /// Kills all function processes while they work; returns how many there were.
    pub fn kill_functions(&self) -> Result<usize, Error> {
        let functions = self.function_processes()?;
        kill(&functions)?;
        Ok(functions.len())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.end();
        if self.options.throw_away {
            let _ = std::fs::remove_dir_all(&self.options.folder);
        }
    }
}

/// Whether a process runs. A process that has ended and waits for its parent does not count.
pub fn is_alive(pid: u32) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    state.is_ok_and(|state| state.stdout.first().is_some_and(|letter| *letter != b'Z'))
}

/// Asks a process to end, as Ctrl-C does.
pub fn terminate(pid: u32) -> Result<(), Error> {
    signal("TERM", &[pid])
}

/// Kills processes and waits for their end: a request that finds a dying process would fail with it.
fn kill(pids: &[u32]) -> Result<(), Error> {
    if pids.is_empty() {
        return Ok(());
    }
    signal("KILL", pids)?;
    let gone = || pids.iter().all(|pid| !is_alive(*pid)).then_some(());
    wait::until(KILL_LIMIT, gone).ok_or_else(|| Error::Deploy(format!("{pids:?} do not end when killed")))
}

/// Sends a signal by the shell's own command `kill`: small systems lack the program, and a system call would
/// be `unsafe`. A process that has just ended is not an error.
fn signal(name: &str, pids: &[u32]) -> Result<(), Error> {
    Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$@\"", name])
        .args(pids.iter().map(u32::to_string))
        .output()
        .map(drop)
        .map_err(Error::io("send a signal"))
}

/// Removes the folders of test programs that have ended without dropping their stack. A stack that tests
/// share is a static, which is never dropped.
fn forget_the_dead() {
    for entry in std::fs::read_dir(paths::home()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(TEST).and_then(|rest| rest.rsplit('-').next()?.parse().ok());
        if pid.is_some_and(|pid| !is_alive(pid)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn lock(folder: &Path) -> Result<File, Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(format!("make {}", folder.display())))?;
    let lock = File::create(folder.join("lock")).map_err(Error::io("make the stack's lock"))?;
    // `Running::now` also holds the lock for a moment.
    match wait::until(LOCK_PATIENCE, || lock.try_lock().ok()) {
        Some(()) => Ok(lock),
        None => Err(Error::Busy(Running::read(folder).map_or(0, |running| running.pid))),
    }
}

fn start_emulator(python: &Path, options: &Options, port: u16) -> Result<Emulator, Error> {
    let step = options.progress.step("start the emulator");
    let mut tries = 0;
    loop {
        tries += 1;
        match Emulator::start(python, options, emulator::free_port(port)?) {
            Ok(emulator) => {
                step.done(&emulator.endpoint);
                return Ok(emulator);
            }
            // Another program has taken the port between our check and the emulator's start.
            Err(Error::Emulator { tail, .. }) if tail.contains("in use") && tries < PORT_TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

fn deploy_to(endpoint: &str, options: &Options) -> Result<Deployed, Error> {
    let request = deploy::Request {
        template: &options.template,
        stack: CLOUDFORMATION_NAME,
        region: REGION,
        endpoint,
        parameters: &options.parameters,
        program: &options.program,
    };
    deploy::run(&venv::python(options.progress)?, &request, options.progress)
}

/// If the emulator died, the failed deployment is reported with its log.
fn with_log(emulator: &Emulator, error: Error) -> Error {
    if crate::aws::get(&format!("{}/_ministack/health", emulator.endpoint)).is_ok() {
        error
    } else {
        emulator.failure(&format!("fails while deploying ({error})"))
    }
}
