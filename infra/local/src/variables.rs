//! The functions' variables for other tools, so that a function that is run by hand finds the running stack.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Deployed, Error, REGION};

type Variables = BTreeMap<String, String>;

/// The variables with which AWS SDKs find the stack. The emulator treats the key `test` as its root.
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

/// Writes `env.sh`, to be sourced before `cargo lambda watch`, into the stack's folder.
pub(crate) fn write(folder: &Path, endpoint: &str, deployed: &Deployed) -> Result<(), Error> {
    let mut together = connection(endpoint);
    for function in deployed.functions.values() {
        together.extend(function.environment.clone());
    }
    let mut shell = String::new();
    for (name, value) in &together {
        let _ = writeln!(shell, "export {name}='{}'", value.replace('\'', r"'\''"));
    }
    let path = folder.join("env.sh");
    std::fs::write(&path, shell).map_err(Error::io(format!("write {}", path.display())))
}

/// The variables of each function by its logical id, as JSON for `sam local --env-vars`.
pub(crate) fn by_function(endpoint: &str, deployed: &Deployed) -> Result<Vec<u8>, Error> {
    let functions = deployed.functions.values().map(|function| {
        let mut own = connection(endpoint);
        own.extend(function.environment.clone());
        (&function.logical_id, own)
    });
    let functions: BTreeMap<_, _> = functions.collect();
    serde_json::to_vec_pretty(&functions).map_err(Error::ask("the variables"))
}
