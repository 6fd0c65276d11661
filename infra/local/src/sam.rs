//! The files that `sam local` needs to run the functions in containers against a running stack.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use elf::ElfBytes;
use elf::abi::{EM_AARCH64, EM_X86_64};
use elf::endian::AnyEndian;
use serde::Serialize;

use crate::{Error, Progress, Running, paths, variables, venv};

/// The host's address as containers see it: the gateway of Docker's default bridge. Docker Desktop has a name
/// for it.
pub const ADDRESS: &str = if cfg!(target_os = "linux") { "172.17.0.1" } else { "host.docker.internal" };

/// The glibc of Lambda's `provided.al2023` runtime.
const RUNTIME_GLIBC: Version = (2, 34);

/// Starts the one program as the function that the template's `Handler` names.
const LAUNCHER: &str = "#!/bin/sh\nexec \"${LAMBDA_TASK_ROOT:-/var/task}/program\" \"$_HANDLER\"\n";

/// A release of glibc: 2.34 is `(2, 34)`.
type Version = (u32, u32);

/// The files for `sam local`.
#[derive(Debug)]
pub struct Files {
    /// For `--template`.
    pub template: PathBuf,
    /// For `--env-vars`: the variables of each function, by its logical id.
    pub variables: PathBuf,
}

impl Files {
    /// The arguments of each `sam local` command, as a developer in the repository's root would type them.
    pub fn arguments(&self) -> String {
        let (template, variables) = (paths::shown(&self.template), paths::shown(&self.variables));
        format!("--template {template} --env-vars {variables}")
    }
}

/// The input of `sam.py`.
#[derive(Serialize)]
struct Request<'a> {
    template: &'a Path,
    code: &'a str,
    architecture: &'a str,
    connection: &'a BTreeMap<String, String>,
    functions: BTreeMap<&'a str, &'a str>,
}

/// Writes `sam.yaml`, `env.json` and `sam/`, which holds the program and its launcher, into the stack's
/// folder. `endpoint` is the emulator's URL for containers.
pub fn write(folder: &Path, stack: &Running, program: &Path, endpoint: &str) -> Result<Files, Error> {
    let architecture = fit_for_lambda(program)?;
    let connection = variables::connection(endpoint);
    let functions = stack.deployed.functions.iter();
    let request = Request {
        template: &paths::root().join("template.yaml"),
        code: "sam",
        architecture,
        connection: &connection,
        functions: functions.map(|(name, function)| (function.logical_id.as_str(), name.as_str())).collect(),
    };
    let files = Files { template: folder.join("sam.yaml"), variables: folder.join("env.json") };
    put(&files.template, &template(&request)?)?;
    put(&files.variables, &variables::by_function(endpoint, &stack.deployed)?)?;
    place(program, &folder.join("sam"))?;
    Ok(files)
}

/// Lets containers reach the emulator at the host's `address`, until this process ends. Returns the URL for
/// them. A name, such as `host.docker.internal`, needs no listener: Docker Desktop maps it to the host's
/// loopback.
pub fn open(address: &str, stack: &Running) -> Result<String, Error> {
    let port = stack.emulator_port;
    if let Ok(ip) = address.parse::<IpAddr>() {
        let listener = TcpListener::bind((ip, port)).map_err(|why| {
            let hint = match why.kind() {
                ErrorKind::AddrInUse => "is another `cargo dev sam` running?",
                _ => "is Docker running? `docker network inspect bridge` shows the gateway for --address",
            };
            Error::Io { what: format!("listen on {address}:{port} for containers ({hint})"), why }
        })?;
        crate::bridge::forward(listener, port);
    }
    Ok(format!("http://{address}:{port}"))
}

fn template(request: &Request<'_>) -> Result<Vec<u8>, Error> {
    let mut child = Command::new(venv::python(Progress::Shown)?)
        .arg("-I")
        .arg(paths::own("sam.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io("start sam.py"))?;
    if let Some(mut input) = child.stdin.take() {
        let request = serde_json::to_vec(request).map_err(Error::ask("sam.py's request"))?;
        input.write_all(&request).map_err(Error::io("write to sam.py"))?;
    }
    let ended = child.wait_with_output().map_err(Error::io("wait for sam.py"))?;
    if ended.status.success() {
        Ok(ended.stdout)
    } else {
        let why = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        Err(Error::Ask { what: "write the template for sam".to_owned(), why })
    }
}

/// Copies the program and its launcher into the folder that containers see. A link would lead out of the
/// mounted folder.
fn place(program: &Path, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(format!("make {}", folder.display())))?;
    let (copy, launcher) = (folder.join("program"), folder.join("bootstrap"));
    // Moved into place, because a container may be running the old file, which then cannot be written.
    let fresh = folder.join("program.new");
    std::fs::copy(program, &fresh).map_err(Error::io(format!("copy {}", program.display())))?;
    std::fs::rename(&fresh, &copy).map_err(Error::io(format!("replace {}", copy.display())))?;
    put(&launcher, LAUNCHER.as_bytes())?;
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&launcher, executable)
        .map_err(Error::io(format!("make {} executable", launcher.display())))
}

fn put(path: &Path, text: &[u8]) -> Result<(), Error> {
    std::fs::write(path, text).map_err(Error::io(format!("write {}", path.display())))
}

/// The architecture of a program that Lambda's runtime can start, in the template's words. Refuses any other
/// program, and says how to build a suitable one.
fn fit_for_lambda(program: &Path) -> Result<&'static str, Error> {
    let bytes = std::fs::read(program).map_err(Error::io(format!("read {}", program.display())))?;
    let unfit = |why: &str| Error::Program { program: program.to_owned(), why: why.to_owned() };
    let file =
        ElfBytes::<AnyEndian>::minimal_parse(&bytes).map_err(|_| unfit("it is not a program for Linux"))?;
    let architecture = match file.ehdr.e_machine {
        EM_X86_64 => "x86_64",
        EM_AARCH64 => "arm64",
        _ => return Err(unfit("it is neither for x86_64 nor for arm64")),
    };
    let newest = newest_glibc(&file).map_err(|error| unfit(&error.to_string()))?;
    refusal(newest).map_or(Ok(architecture), |why| Err(unfit(&why)))
}

/// Why the runtime cannot start a program that needs this glibc; `None` if it can.
fn refusal(needed: Version) -> Option<String> {
    let ((major, minor), (has_major, has_minor)) = (needed, RUNTIME_GLIBC);
    (needed > RUNTIME_GLIBC)
        .then(|| format!("it needs glibc {major}.{minor}, the runtime has {has_major}.{has_minor}"))
}

/// The newest glibc release that a symbol of the program needs; 0.0 for a statically linked program.
fn newest_glibc(file: &ElfBytes<'_, AnyEndian>) -> Result<Version, elf::ParseError> {
    let mut newest = (0, 0);
    let (Some((symbols, _)), Some(versions)) = (file.dynamic_symbol_table()?, file.symbol_version_table()?)
    else {
        return Ok(newest);
    };
    for index in 0..symbols.len() {
        let wanted = versions.get_requirement(index)?;
        newest = newest.max(wanted.and_then(|wanted| glibc(wanted.name)).unwrap_or_default());
    }
    Ok(newest)
}

/// Reads `GLIBC_2.34` or `GLIBC_2.2.5`.
fn glibc(name: &str) -> Option<Version> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_releases_are_compared_as_numbers() {
        assert!(glibc("GLIBC_2.4") < glibc("GLIBC_2.34"));
        assert_eq!(glibc("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc("GLIBC_PRIVATE"), None);
        assert_eq!(glibc("GCC_3.0"), None);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn the_glibc_that_a_program_needs_is_read_from_its_symbols() {
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let newest = newest_glibc(&ElfBytes::minimal_parse(&this).unwrap()).unwrap();
        // Rust's standard library itself needs 2.17.
        assert!(((2, 17)..(3, 0)).contains(&newest), "{newest:?}");
    }

    #[test]
    fn a_program_is_refused_when_it_needs_a_newer_glibc_than_the_runtime_has() {
        assert_eq!(refusal((2, 34)), None);
        let refused = refusal((2, 36)).unwrap_or_default();
        assert_eq!(refused, "it needs glibc 2.36, the runtime has 2.34");
        assert!(refusal((3, 0)).is_some());
    }

    #[test]
    fn a_file_that_is_not_a_linux_program_is_refused() {
        let script = paths::root().join(".ci/run");
        let refused = fit_for_lambda(&script).unwrap_err().to_string();
        assert!(refused.contains("it is not a program for Linux"), "{refused}");
    }
}
