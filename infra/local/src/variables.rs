//! The functions' variables for other tools, so that a function run by hand finds the running stack.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::{Deployed, Error, REGION};

type Variables = BTreeMap<String, String>;

/// What every AWS SDK needs to find the stack. The emulator takes the key `test` for its root.
pub(crate) fn connection(endpoint: &str) -> Variables {
    let pairs = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Writes `env.json`, for `sam local --env-vars`, and `env.sh`, to be sourced before `cargo lambda watch`, into the
/// stack's folder. Returns the path of the second.
pub(crate) fn write(folder: &Path, endpoint: &str, deployed: &Deployed) -> Result<PathBuf, Error> {
    let mut by_function = BTreeMap::new();
    let mut together = connection(endpoint);
    for function in deployed.functions.values() {
        let mut own = connection(endpoint);
        own.extend(function.environment.clone());
        together.extend(function.environment.clone());
        by_function.insert(&function.logical_id, own);
    }
    let json = serde_json::to_string_pretty(&by_function).map_err(Error::ask("the variables"))?;
    let mut shell = String::new();
    for (name, value) in &together {
        let _ = writeln!(shell, "export {name}='{}'", value.replace('\'', r"'\''"));
    }
    let (for_sam, for_shell) = (folder.join("env.json"), folder.join("env.sh"));
    for (path, text) in [(&for_sam, json), (&for_shell, shell)] {
        std::fs::write(path, text).map_err(Error::io(format!("write {}", path.display())))?;
    }
    Ok(for_shell)
}
