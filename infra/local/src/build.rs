//! Builds the functions with cargo, as one program.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{Error, Progress, Step, paths};

/// One line of cargo's messages; only artifacts are used.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
    #[serde(default)]
    fresh: bool,
    manifest_path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Variables that `cargo run` sets for this program. A build script that watches one of them, as ring's does,
/// would see a change: `cargo dev` and `cargo test` in turn would each rebuild ring and everything that
/// depends on it.
const OURS: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Builds the one program of all functions, and the command `shop` beside it. Returns the program's path.
///
/// Linking a binary for each function took 333 s of a first start of 351 s; this program takes 19 s.
pub fn program(progress: Progress) -> Result<PathBuf, Error> {
    built(
        progress.step("build the functions"),
        "functions/development",
        &["--bin", "development", "--bin", "shop"],
    )
}

/// Builds the command `shop` alone; returns its path.
pub fn shop(progress: Progress) -> Result<PathBuf, Error> {
    built(progress.step("build the command"), "infra/cli", &["--bin", "shop"])
}

/// Builds binaries. Returns the path of the package's binary.
fn built(step: Step, package: &str, binaries: &[&str]) -> Result<PathBuf, Error> {
    let mut cargo = Command::new("cargo");
    for name in OURS {
        cargo.env_remove(name);
    }
    let mut cargo = cargo
        // Selects the whole workspace, as `cargo test` does. With fewer packages the dependencies would have
        // other features, and all of them would be built a second time.
        .args([
            "build",
            "--workspace",
            "--features",
            "development/run",
            "--message-format=json-render-diagnostics",
        ])
        .args(binaries)
        .current_dir(paths::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io("start cargo"))?;
    // Read in another thread; otherwise a long warning would fill the pipe and stop cargo.
    let said = cargo.stderr.take().map(|mut words| {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = words.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        })
    });

    let manifest = paths::root().join(package).join("Cargo.toml");
    let (mut program, mut built) = (None, 0);
    for line in
        cargo.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok)
    {
        let Ok(message) = serde_json::from_str::<Message>(&line) else { continue };
        if message.reason != "compiler-artifact" {
            continue;
        }
        if !message.fresh {
            built += 1;
            step.at(format!(
                "{built} built, now after {}",
                message.target.map(|target| target.name).unwrap_or_default()
            ));
        }
        if message.manifest_path.is_some_and(|path| path == manifest) {
            program = program.or(message.executable);
        }
    }
    let status = cargo.wait().map_err(Error::io("wait for cargo"))?;
    let said = said.and_then(|reader| reader.join().ok()).unwrap_or_default();
    match program {
        Some(program) if status.success() => {
            step.done(&paths::shown(&program));
            Ok(program)
        }
        _ => Err(Error::Build(said.trim_end().to_owned())),
    }
}
