//! All functions in one program. Its only argument names the function that the process runs.
//!
//! In a deployment each function is a binary of its own. Linking 84 of them takes minutes, so the local stack
//! and the tests over HTTP run this one. Each emulated function still has its own process, role, name and log
//! lines.

#[path = "../lib.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod functions;

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    if let Some(main) = functions::main_of(&name) {
        main();
        return ExitCode::SUCCESS;
    }
    #[expect(clippy::print_stderr, reason = "no function has started, so there is no log yet")]
    {
        eprintln!("error: there is no function {name:?}: give one of functions/Cargo.toml");
    }
    ExitCode::FAILURE
}
