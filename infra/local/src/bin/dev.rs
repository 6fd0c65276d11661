//! `cargo dev`: the whole shop on this machine.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a person at a terminal")]

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use console::style;
use local::events::Admin;
use local::{
    Error, LogLine, Options, Progress, ROOMY_LIMITS, Running, Saved, Shop, Stack, build, index, parameters,
    paths, terminate, venv,
};
use tokio::signal::unix::{SignalKind, signal};

const DEFAULT_NAME: &str = "dev";
const DEFAULT_PORT: u16 = 3000;
const DEFAULT_EMULATOR_PORT: u16 = 4566;
const ADMIN: &str = "admin@example.com";
const LOG_PERIOD: Duration = Duration::from_millis(500);
/// The emulator has a minute to stop and to save; the rest is margin.
const STOP_LIMIT: Duration = Duration::from_secs(75);

/// Runs the real template.yaml on an emulated AWS: builds the functions, deploys, serves, and shows the logs.
#[derive(Parser)]
#[command(name = "cargo dev", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Task>,
    /// The name of another stack beside the first, with its own state and ports
    #[arg(long, global = true, default_value = DEFAULT_NAME, value_parser = stack_name)]
    name: String,
    #[command(flatten)]
    up: Up,
}

#[derive(Args, Clone)]
struct Up {
    /// The API's port; 0 takes any free one [default: 3000, any free one for a named stack]
    #[arg(long)]
    port: Option<u16>,
    /// Delete the state of earlier runs
    #[arg(long)]
    fresh: bool,
    /// Run in the background
    #[arg(long)]
    detach: bool,
    /// Do not seed the demo catalogue
    #[arg(long)]
    no_seed: bool,
    /// A template parameter; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

#[derive(Subcommand)]
enum Task {
    /// Shows whether the stack runs, and its addresses
    Status,
    /// Shows the functions' logs as they are written
    Logs,
    /// Writes sample events with live ids and tokens (15 minutes) into target/events
    Events,
    /// Checks the consistency of the table; exits with 1 if something is wrong
    Doctor {
        /// How many read units it may cost
        #[arg(long)]
        budget: Option<u64>,
    },
    /// Prints shell exports for `cargo lambda watch`
    Env,
    /// Writes what `sam local` needs to run the functions in containers, and lets them reach this stack until
    /// Ctrl-C
    Sam {
        /// The host's address as containers see it: the gateway of Docker's bridge, or a name like
        /// host.docker.internal
        #[arg(long, default_value = local::sam::ADDRESS)]
        address: String,
        /// A Linux program of all functions that was built elsewhere [default: the development build]
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Stops the stack and keeps its state
    Down,
    /// Stops the stack and deletes its state
    Reset,
    /// Builds the command `shop` and runs it: `cargo shop`
    #[command(hide = true, disable_help_flag = true)]
    Shop {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// The background process of --detach
    #[command(hide = true)]
    Serve {
        program: PathBuf,
        #[command(flatten)]
        up: Up,
    },
}

fn stack_name(name: &str) -> Result<String, String> {
    let sane = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let free = name != "venv" && !name.starts_with("test-");
    if sane && free {
        Ok(name.to_owned())
    } else {
        Err("letters, digits and dashes; not venv, not test-…".to_owned())
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as Name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if !paths::in_checkout() {
        eprintln!(
            "{} run this within a checkout of the repository",
            style("error:").red().bold().for_stderr()
        );
        return ExitCode::FAILURE;
    }
    let folder = paths::home().join(&cli.name);
    let done = match cli.command {
        None => up(&cli.name, &folder, &cli.up),
        Some(Task::Status) => local::status::of(&folder).map(|lines| {
            say(&lines);
        }),
        Some(Task::Logs) => logs(&folder),
        Some(Task::Events) => running(&folder).and_then(|stack| write_events(&stack, &folder)),
        Some(Task::Doctor { budget }) => match doctor(&folder, budget) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Some(Task::Env) => running(&folder).and_then(|_| print_variables(&folder)),
        Some(Task::Sam { address, program }) => sam(&folder, &address, program),
        Some(Task::Shop { arguments }) => shop(&arguments),
        Some(Task::Down) => {
            down(&folder).map(|was| println!("{}", if was { "stopped" } else { "it was not running" }))
        }
        Some(Task::Reset) => end(&folder).and_then(|_| forget(&folder)).map(|()| println!("forgotten")),
        Some(Task::Serve { program, up }) => serve(options_with(&cli.name, &folder, &up, program)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error}", style("error:").red().bold().for_stderr());
            ExitCode::FAILURE
        }
    }
}

// ---------------------------------------------------------------- starting

fn up(name: &str, folder: &Path, up: &Up) -> Result<(), Error> {
    let started = Instant::now();
    parameters::check(&paths::root().join("template.yaml"), &up.parameters)?;
    if let Some(mut stack) = Running::now(folder) {
        if up.fresh || up.port.is_some_and(|port| port != 0 && port != stack.port) {
            return Err(Error::Busy(stack.pid));
        }
        let options = options(name, folder, up)?;
        stack.redeploy(&options)?;
        let password = furnish(&stack, &options.program, up)?;
        show(&stack, folder, started, false, password);
        return if up.detach { Ok(()) } else { follow(&stack, now(), &stop_signals(), || Ok(())) };
    }
    if up.fresh {
        forget(folder)?;
    }
    if up.detach {
        return detach(name, folder, up, started);
    }
    let options = options(name, folder, up)?;
    let program = options.program.clone();
    let mut stack = Stack::start(options)?;
    let stop = stop_signals();
    let password = furnish(stack.running(), &program, up)?;
    show(stack.running(), folder, started, true, password);
    let running = stack.running().clone();
    follow(&running, now(), &stop, || stack.check())?;
    eprintln!("\n  stopping, the state is kept in {}", paths::shown(folder));
    stack.stop()
}

/// Sets up a new shop. Returns the administrator's password if it was made just now.
fn furnish(stack: &Running, program: &Path, up: &Up) -> Result<Option<String>, Error> {
    let shop = Shop::of(stack, program)?;
    let password = shop.admin(ADMIN)?;
    if !up.no_seed {
        let new = shop.seed(ADMIN, Progress::Shown)?;
        if new > 0 {
            index(stack, new, Progress::Shown);
        }
    }
    Ok(password)
}

/// Installs the emulator and builds the program, side by side: one waits for the network, the other for the
/// processor. A port that is taken is reported first.
fn options(name: &str, folder: &Path, up: &Up) -> Result<Options, Error> {
    if Running::now(folder).is_none() {
        drop(local::listen(options_with(name, folder, up, PathBuf::new()).port)?);
    }
    venv::check()?;
    let emulator = std::thread::spawn(|| venv::python(Progress::Silent));
    let program = build::program(Progress::Shown)?;
    if emulator.is_finished() {
        installed(emulator)?;
    } else {
        let step = Progress::Shown.step("install the emulator");
        let python = installed(emulator)?;
        step.done(&paths::shown(&python));
    }
    Ok(options_with(name, folder, up, program))
}

fn installed(emulator: JoinHandle<Result<PathBuf, Error>>) -> Result<PathBuf, Error> {
    emulator.join().unwrap_or_else(|_| Err(Error::Deploy("the installer of the emulator stopped".to_owned())))
}

fn options_with(name: &str, folder: &Path, up: &Up, program: PathBuf) -> Options {
    let last = Running::read(folder);
    let preferred = if name == DEFAULT_NAME { (DEFAULT_PORT, DEFAULT_EMULATOR_PORT) } else { (0, 0) };
    let roomy = ROOMY_LIMITS.map(|(name, most)| (name.to_owned(), most.to_string()));
    Options {
        parameters: roomy.into_iter().chain(up.parameters.iter().cloned()).collect(),
        port: up.port.unwrap_or(preferred.0),
        // Uses the port of the last run, because the state holds addresses of queues.
        emulator_port: last.map_or(preferred.1, |last| last.emulator_port),
        progress: Progress::Shown,
        ..Options::new(folder, program)
    }
    // A saved template or script is shown by the next reload.
    .variable("FACE_FOLDER", paths::root().join("shared/face").display())
}

/// Builds in the foreground, then starts a process in a group of its own that serves.
fn detach(name: &str, folder: &Path, up: &Up, started: Instant) -> Result<(), Error> {
    // Read before the build, which may replace this program's file.
    let runner = std::env::current_exe().map_err(io("find this program"))?;
    let program = options(name, folder, up)?.program;
    let step = Progress::Shown.step("start in background");
    std::fs::create_dir_all(folder).map_err(io("make the stack's folder"))?;
    let log = folder.join("runner.log");
    let output = std::fs::File::create(&log).map_err(io("make the runner's log"))?;
    let errors = output.try_clone().map_err(io("share the runner's log"))?;
    let mut command = Command::new(runner);
    command.args(["--name", name, "serve"]).arg(&program);
    if let Some(port) = up.port {
        command.args(["--port", &port.to_string()]);
    }
    for (name, value) in &up.parameters {
        command.args(["--param", &format!("{name}={value}")]);
    }
    command.current_dir(paths::root()).stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    let mut child = command.spawn().map_err(io("start the background process"))?;
    let stack = wait_for(&mut child, folder, &log)?;
    step.done(&format!("process {}", stack.pid));
    let password = furnish(&stack, &program, up)?;
    show(&stack, folder, started, false, password);
    Ok(())
}

fn wait_for(child: &mut Child, folder: &Path, log: &Path) -> Result<Running, Error> {
    local::wait_until(Duration::from_mins(3), || {
        if let Some(stack) = Running::read(folder).filter(|stack| stack.pid == child.id()) {
            return Some(Ok(stack));
        }
        matches!(child.try_wait(), Ok(Some(_))).then(|| {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let cause = said.split_once("error: ").map_or(said.as_str(), |(_, cause)| cause);
            Err(Error::Deploy(cause.trim().to_owned()))
        })
    })
    .unwrap_or_else(|| Err(Error::Deploy(format!("nothing runs after 3 minutes; see {}", log.display()))))
}

fn serve(options: Options) -> Result<(), Error> {
    let stop = stop_signals();
    let mut stack = Stack::start(options)?;
    while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(LOG_PERIOD) {
        stack.check()?;
    }
    stack.stop()
}

/// A channel that receives a message for each Ctrl-C, hang-up or SIGTERM.
fn stop_signals() -> Receiver<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            let mut hang_up = signal(SignalKind::hangup())?;
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hang_up.recv() => {}
                }
                if sender.send(()).is_err() {
                    return Ok::<_, std::io::Error>(());
                }
            }
        })
    });
    receiver
}

// ---------------------------------------------------------------- showing

fn show(stack: &Running, folder: &Path, started: Instant, foreground: bool, password: Option<String>) {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let more = if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") };
    let stop = if foreground { "Ctrl-C".to_owned() } else { format!("cargo dev down{more}") };
    println!("\n  {} in {:.1} s\n", style("Lamplight is lit").bold(), started.elapsed().as_secs_f64());
    let known = if password.is_some() { "" } else { "the password was shown once, when it was made" };
    let mut rows = vec![
        ("Shop", stack.url.clone(), String::new()),
        ("API", format!("{}/docs", stack.url), "the contract, to read and to try".to_owned()),
        ("Admin", ADMIN.to_owned(), known.to_owned()),
        ("Mailbox", stack.mailbox(), String::new()),
        ("AWS", stack.endpoint.clone(), format!("region {}, keys test and test", local::REGION)),
        ("Variables", paths::shown(&folder.join("env.sh")), "source it before cargo lambda watch".to_owned()),
        ("Limits", limits(stack), "by address, which all callers here share; --param sets them".to_owned()),
        ("Logs", format!("cargo dev logs{more}"), String::new()),
        ("Stop", stop, "the state stays".to_owned()),
        ("Forget", format!("cargo dev reset{more}"), String::new()),
    ];
    if let Some(password) = password {
        rows.insert(3, ("Password", password, "shown this once".to_owned()));
    }
    if let Some(since) = Saved::read(folder).and_then(|saved| saved.lost_since) {
        rows.insert(0, ("Lost", local::status::lost_since(&since), String::new()));
    }
    let width =
        rows.iter().map(|(_, value, hint)| if hint.is_empty() { 0 } else { value.len() }).max().unwrap_or(0);
    for (label, value, hint) in rows {
        let value = if hint.is_empty() { value } else { format!("{value:<width$}  ") };
        println!("  {} {}{}", style(format!("{label:<10}")).dim(), style(value).cyan(), style(hint).dim());
    }
    println!();
}

/// The deployed rate limits by address; `--param` may have set them.
fn limits(stack: &Running) -> String {
    let limits = ROOMY_LIMITS.map(|(name, _)| {
        let value = stack.deployed.parameters.get(name).map_or("?", String::as_str);
        format!("{name}={value}")
    });
    limits.join(" ")
}

/// Prints a line. False when nobody reads it, as after `| head`.
fn say(line: &str) -> bool {
    writeln!(std::io::stdout(), "{line}").is_ok()
}

#[expect(clippy::disallowed_methods, reason = "the log's clock is the machine's")]
fn now() -> u64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

fn logs(folder: &Path) -> Result<(), Error> {
    follow(&running(folder)?, 0, &stop_signals(), || running(folder).map(drop))
}

/// Uses a new administrator each time, because nobody else's password is known here.
fn write_events(stack: &Running, folder: &Path) -> Result<(), Error> {
    let program = build::program(Progress::Shown)?;
    let step = Progress::Shown.step("write sample events");
    let (tag, events) = (now().to_string(), paths::root().join("target/events"));
    let email = format!("admin-{tag}@example.com");
    let password = Shop::of(stack, &program)?.admin(&email)?.unwrap_or_default();
    local::events::write(stack, &Admin { email, password }, &tag, &events)?;
    let events = paths::shown(&events);
    step.done(&events);
    println!("\n  In one terminal  . {} && cargo lambda watch", paths::shown(&folder.join("env.sh")));
    println!("  In another       cargo lambda invoke get-order -F {events}/get-order.json");
    Ok(())
}

/// Runs the command `doctor`, and passes on its output and exit code.
fn doctor(folder: &Path, budget: Option<u64>) -> Result<ExitCode, Error> {
    let stack = running(folder)?;
    let program = build::program(Progress::Shown)?;
    let code = Shop::of(&stack, &program)?.doctor(budget)?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Serves containers until a signal comes or the stack ends.
fn sam(folder: &Path, address: &str, program: Option<PathBuf>) -> Result<(), Error> {
    let (stop, stack) = (stop_signals(), running(folder)?);
    let endpoint = local::sam::open(address, &stack)?;
    let program = program.map_or_else(|| build::program(Progress::Shown), Ok)?;
    let files = local::sam::write(folder, &stack, &program, &endpoint)?;
    println!("\n  Containers reach the stack at {endpoint} until Ctrl-C. In another terminal:\n");
    println!("  sam local start-api {} --port 3001 --warm-containers LAZY\n", files.arguments());
    while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(LOG_PERIOD) {
        running(folder)?;
    }
    Ok(())
}

/// Replaces this process by the command.
fn shop(arguments: &[OsString]) -> Result<(), Error> {
    let program = build::shop(Progress::Shown)?;
    Err(io("start the command")(Command::new(program).args(arguments).exec()))
}

fn print_variables(folder: &Path) -> Result<(), Error> {
    let path = folder.join("env.sh");
    say(std::fs::read_to_string(&path).map_err(io("read the variables"))?.trim_end());
    Ok(())
}

/// Prints the log lines since a time in milliseconds until a signal comes or the stack ends.
fn follow(
    stack: &Running,
    since: u64,
    stop: &Receiver<()>,
    mut check: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let (aws, mut last) = (stack.aws(), Vec::new());
    while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(LOG_PERIOD) {
        check()?;
        // Lines of one millisecond may arrive at different times, so the last line's millisecond is read
        // again.
        let lines = aws.logs_since(last.last().map_or(since, |line: &LogLine| line.timestamp))?;
        for line in lines.iter().filter(|line| !last.contains(line)) {
            if !say(&line.readable()) {
                return Ok(());
            }
        }
        if !lines.is_empty() {
            last = lines;
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- stopping

fn running(folder: &Path) -> Result<Running, Error> {
    Running::now(folder)
        .ok_or_else(|| Error::Deploy("the stack is not running: cargo dev starts it".to_owned()))
}

/// Stops the stack of the folder, and returns whether there was one. An error says what could not be saved.
fn down(folder: &Path) -> Result<bool, Error> {
    let was = end(folder)?;
    match Saved::read(folder).filter(|_| was).and_then(|saved| saved.lost()) {
        Some(lost) => Err(Error::NotSaved { lost, log: folder.join("emulator.log") }),
        None => Ok(was),
    }
}

/// Stops the stack of the folder, waits for its end, and returns whether there was one.
fn end(folder: &Path) -> Result<bool, Error> {
    let Some(stack) = Running::now(folder) else { return Ok(false) };
    terminate(stack.pid)?;
    let ended = local::wait_until(STOP_LIMIT, || Running::now(folder).is_none().then_some(()));
    ended.map(|()| true).ok_or_else(|| Error::Deploy(format!("process {} does not end", stack.pid)))
}

fn forget(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(io("remove the stack's folder"))
    } else {
        Ok(())
    }
}

fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |why| Error::Io { what: what.to_owned(), why }
}
