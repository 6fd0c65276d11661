//! Private Python environments. Each is made once for a checkout, from pinned and hashed requirements.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Error, Progress, paths};

/// A set of packages.
struct Packages {
    /// The folder's name.
    folder: &'static str,
    /// What it is for.
    what: &'static str,
    /// The least minor version of Python 3.
    python: u32,
    /// Files of requirements and their texts, installed one after the other.
    requirements: &'static [(&'static str, &'static str)],
}

const EMULATOR: Packages = Packages {
    folder: "venv",
    what: "install the emulator",
    python: 10,
    requirements: &[("requirements.txt", include_str!("../requirements.txt"))],
};

const STRIPE: Packages = Packages {
    folder: "venv-stripe",
    what: "install localstripe",
    python: 10,
    requirements: &[
        ("localstripe-build.txt", include_str!("../localstripe-build.txt")),
        ("localstripe.txt", include_str!("../localstripe.txt")),
    ],
};

const FUZZER: Packages = Packages {
    folder: "venv-fuzz",
    what: "install the fuzzer",
    python: 11,
    requirements: &[("fuzz.txt", include_str!("../fuzz.txt"))],
};

/// The Python of the emulator's environment. The environment is made first if it is missing, or if its
/// requirements or its path have changed.
pub fn python(progress: Progress) -> Result<PathBuf, Error> {
    made(&EMULATOR, progress)
}

/// Checks that this machine can make the emulator's environment, before a build that takes minutes.
pub fn check() -> Result<(), Error> {
    check_version(&EMULATOR)?;
    let modules = run(Command::new("python3").args(["-c", "import ensurepip, venv"]))?;
    if modules.status.success() { Ok(()) } else { Err(Error::VenvModule) }
}

/// The Python of localstripe's environment.
pub(crate) fn stripe(progress: Progress) -> Result<PathBuf, Error> {
    made(&STRIPE, progress)
}

/// The Python of the environment of the contract's fuzzer.
pub fn fuzzer(progress: Progress) -> Result<PathBuf, Error> {
    made(&FUZZER, progress)
}

/// Makes an environment. Several processes may ask at once; a file lock lets one of them do it.
fn made(packages: &Packages, progress: Progress) -> Result<PathBuf, Error> {
    let (folder, home) = (paths::home().join(packages.folder), paths::home());
    let requirements = packages.requirements.iter().map(|(_, text)| *text);
    // Its scripts hold the path: in a renamed or copied checkout they would start the old one's Python.
    let made_from: String = [&*folder.to_string_lossy(), "\n"].into_iter().chain(requirements).collect();
    std::fs::create_dir_all(&home).map_err(Error::io(format!("make {}", home.display())))?;
    let lock = home.join(format!("{}.lock", packages.folder));
    let lock = File::create(&lock).map_err(Error::io(format!("make {}", lock.display())))?;
    lock.lock().map_err(Error::io("lock the virtual environment"))?;

    let (python, stamp) = (folder.join("bin/python"), folder.join("made-from.txt"));
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|made| made == made_from) {
        return Ok(python);
    }
    let step = progress.step(packages.what);
    check_version(packages)?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(Error::io("remove the old virtual environment"))?;
    }
    step.at("a virtual environment");
    make(&folder)?;
    step.at("its packages");
    for (file, _) in packages.requirements {
        install(&python, file)?;
    }
    std::fs::write(&stamp, made_from).map_err(Error::io("mark the virtual environment as made"))?;
    step.done(&paths::shown(&folder));
    Ok(python)
}

fn check_version(Packages { python: minor, what, .. }: &Packages) -> Result<(), Error> {
    let asked =
        "import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, int(sys.argv[1])))";
    let asked = Command::new("python3")
        .args(["-c", asked, &minor.to_string()])
        .output()
        .map_err(|error| Error::Python(error.to_string()))?;
    if asked.status.success() {
        return Ok(());
    }
    let version = String::from_utf8_lossy(&asked.stdout);
    Err(Error::Python(format!("this one is {}, and 3.{minor} is needed to {what}", version.trim())))
}

fn make(folder: &Path) -> Result<(), Error> {
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    if made.status.success() {
        return Ok(());
    }
    let said = words(&made);
    if said.contains("ensurepip") || said.contains("No module named venv") {
        return Err(Error::VenvModule);
    }
    Err(Error::Python(last_line(&said)))
}

/// Packages that have to be built are built by installed packages: pip would fetch a builder without checking
/// hashes.
fn install(python: &Path, file: &str) -> Result<(), Error> {
    let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let installed = run(Command::new(python)
        .args(quietly)
        .args(["--no-build-isolation", "--require-hashes", "-r"])
        .arg(paths::own(file)))?;
    if installed.status.success() { Ok(()) } else { Err(Error::Pip(last_line(&words(&installed)))) }
}

fn run(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|error| Error::Python(error.to_string()))
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn last_line(text: &str) -> String {
    text.trim().lines().next_back().unwrap_or("it says nothing").trim().to_owned()
}
