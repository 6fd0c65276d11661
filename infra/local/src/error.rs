//! Errors. Each is one line that names the remedy.

use std::path::PathBuf;

/// Why a local stack cannot be built, started or called.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable Python.
    #[error("Python 3.10 or newer is needed as `python3`: {0}")]
    Python(String),
    /// Debian and Ubuntu have the module in a package of its own.
    #[error("Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv)")]
    VenvModule,
    /// The emulator could not be installed.
    #[error("the emulator cannot be installed ({0}): look at your network or pip settings and run again")]
    Pip(String),
    /// The functions do not compile. The compiler's output comes first.
    #[error("{0}\nthe functions do not build: fix the error above")]
    Build(String),
    /// Another program listens on the port.
    #[error("port {0} is taken: stop what listens there or choose another with --port")]
    PortTaken(u16),
    /// The emulator ended or never answered.
    #[error("the emulator {what}; the end of {}:\n{tail}", log.display())]
    Emulator {
        /// What happened.
        what: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The emulator has ended without saving all of its state.
    #[error("stopped, but {lost}; see {}", log.display())]
    NotSaved {
        /// What is lost, since when, and why.
        lost: String,
        /// The emulator's log file.
        log: PathBuf,
    },
    /// The template or a parameter is wrong.
    #[error("{0}")]
    Deploy(String),
    /// Lambda's runtime cannot start the program.
    #[error(
        "Lambda's runtime cannot start {}: {why}\n\
         build another with `pip install cargo-lambda` and `cargo lambda build \
         --package development --features run`, then add `--program target/lambda/development/bootstrap`",
        program.display()
    )]
    Program {
        /// The program of all functions.
        program: PathBuf,
        /// What the runtime lacks.
        why: String,
    },
    /// The administrator or the demo catalogue cannot be made.
    #[error("the shop cannot be set up: {0}")]
    Shop(String),
    /// The stack does not answer, or answers with an error.
    #[error("{what}: {why}")]
    Ask {
        /// The request.
        what: String,
        /// The answer, or the reason.
        why: String,
    },
    /// Another runner runs this stack.
    #[error("the stack is running already (process {0}): `cargo dev down` stops it, --name starts another")]
    Busy(u32),
    /// The operating system refuses something.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's error.
        why: std::io::Error,
    },
}

impl Error {
    /// For `map_err`: an error of the system, with what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |why| Self::Io { what, why }
    }

    /// For `map_err`: a failed request.
    pub(crate) fn ask<E: std::fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |why| Self::Ask { what, why: why.to_string() }
    }
}
