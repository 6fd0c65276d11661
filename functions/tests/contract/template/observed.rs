//! What functions do while the tests run: the calls that they make, and the variables that they ask for.
//!
//! A call that the template does not allow stops its test. With the variable `OBSERVED_CALLS` nothing is
//! stopped: everything is written into that folder. `cargo template` does this with the test that makes every
//! call, `promises::policies`, and writes the template from the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use serde::{Deserialize, Serialize};
use testkit::CallInfo;

use super::{grants, written};
use crate::tree;

/// The variable with the folder for observations.
pub const FOLDER: &str = "OBSERVED_CALLS";

/// What to do about a call or a variable that the template lacks.
const REMEDY: &str = "`cargo template` writes what functions do in promises/policies.rs: do it there too. \
    Until then, run a test with OBSERVED_CALLS=target/observed-once.";

static INTO: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "this is how the command asks for it")]
    std::env::var(FOLDER).ok().map(PathBuf::from)
});

/// The folder for observations, if one was given.
pub fn folder() -> Option<PathBuf> {
    INTO.clone()
}

static SEEN: Mutex<BTreeMap<String, Observed>> = Mutex::new(BTreeMap::new());

/// The observations of one function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Observed {
    /// The grants that its role needs.
    pub grants: BTreeSet<String>,
    /// The variables that it asked for and that the template has, including those for all functions.
    pub variables: BTreeSet<String>,
}

/// The caller's name of a function's sandbox providers, which use its role.
pub fn sandbox_of(function: &str) -> String {
    format!("{SANDBOX}{function}")
}

const SANDBOX: &str = "sandbox of ";

/// Whether a sandbox provider made the call, not the function itself.
pub fn is_sandbox(call: &CallInfo) -> bool {
    call.caller.starts_with(SANDBOX)
}

/// The function whose role a call uses.
pub fn caller(call: &CallInfo) -> &str {
    call.caller.trim_start_matches(SANDBOX)
}

/// Records a call that is about to be made.
pub fn call(call: &CallInfo) {
    let function = caller(call);
    if INTO.is_some() {
        let mut seen = SEEN.lock().unwrap();
        let seen = seen.entry(function.to_owned()).or_default();
        return seen.grants.extend(grants::of_call(call));
    }
    let Some(allowed) = grants::ALLOWED.get(function) else { return };
    // A test may give a function the name of a secret that the template does not have.
    let is_ours = |grant: &String| match grant.split_once(" on ") {
        Some((action, secret)) if action.starts_with("secretsmanager:") => {
            written::logical_id(secret).is_some()
        }
        _ => true,
    };
    for grant in grants::of_call(call).filter(is_ours) {
        assert!(
            allowed.contains(&grant),
            "{function} needs {grant}, which its role does not allow. {REMEDY}"
        );
    }
}

/// Records that a function has asked for a variable.
pub fn variable(function: &str, name: &str) {
    if INTO.is_some() {
        let mut seen = SEEN.lock().unwrap();
        seen.entry(function.to_owned()).or_default().variables.insert(name.to_owned());
        return;
    }
    let Some(own) = COMMITTED.get(function) else { return };
    assert!(
        own.variables.contains(name) || super::is_global(name),
        "{function} asks for {name}, which the template does not give it. {REMEDY}"
    );
}

/// Writes the observations of this program, if that was asked for.
pub fn keep() {
    if let Some(folder) = &*INTO {
        let seen = SEEN.lock().unwrap();
        std::fs::create_dir_all(folder).unwrap();
        let file = folder.join(format!("{}.json", std::process::id()));
        std::fs::write(file, serde_json::to_string(&*seen).unwrap()).unwrap();
    }
}

/// The observations of all programs that wrote into a folder, by function.
pub fn read(folder: &Path) -> BTreeMap<String, Observed> {
    let mut all = BTreeMap::<String, Observed>::new();
    for file in std::fs::read_dir(folder).into_iter().flatten() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for (function, seen) in serde_json::from_str::<BTreeMap<String, Observed>>(&text).unwrap() {
            let known = all.entry(function).or_default();
            known.grants.extend(seen.grants);
            known.variables.extend(seen.variables);
        }
    }
    all
}

/// What the committed template allows functions.
pub static COMMITTED: LazyLock<BTreeMap<String, Observed>> = LazyLock::new(|| {
    let functions = tree::resources("AWS::Serverless::Function").into_iter().map(|(_, function)| {
        let name = super::binary(&function);
        let variables = function["Environment"]["Variables"].as_object().into_iter().flatten();
        let variables = variables.map(|(variable, _)| variable.clone()).collect();
        let grants = grants::ALLOWED.get(&name).cloned().unwrap_or_default();
        (name, Observed { grants, variables })
    });
    functions.collect()
});
