//! The emulator's private Python environment, made once per workspace from pinned and hashed requirements.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Error, Progress, paths};

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The environment's Python, made first when it is missing or its requirements have changed.
///
/// Several processes may ask at once: a file lock lets one of them make it.
pub fn python(progress: Progress) -> Result<PathBuf, Error> {
    let (folder, home) = (paths::home().join("venv"), paths::home());
    std::fs::create_dir_all(&home).map_err(Error::io(format!("make {}", home.display())))?;
    let lock = home.join("venv.lock");
    let lock = File::create(&lock).map_err(Error::io(format!("make {}", lock.display())))?;
    lock.lock().map_err(Error::io("lock the virtual environment"))?;

    let (python, stamp) = (folder.join("bin/python"), folder.join("made-from.txt"));
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(python);
    }
    let step = progress.step("install the emulator");
    check_version()?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(Error::io("remove the old virtual environment"))?;
    }
    step.at("a virtual environment");
    make(&folder)?;
    step.at("its packages");
    install(&python)?;
    std::fs::write(&stamp, REQUIREMENTS).map_err(Error::io("mark the virtual environment as made"))?;
    step.done(&paths::shown(&folder));
    Ok(python)
}

fn check_version() -> Result<(), Error> {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 10))"])
        .output()
        .map_err(|error| Error::Python(error.to_string()))?;
    if asked.status.success() {
        return Ok(());
    }
    Err(Error::Python(format!("this one is {}", String::from_utf8_lossy(&asked.stdout).trim())))
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

fn install(python: &Path) -> Result<(), Error> {
    let installed = run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"])
        .arg(paths::own("requirements.txt")))?;
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
