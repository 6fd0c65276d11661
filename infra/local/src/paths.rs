//! Paths. They are found at run time: a checkout that was renamed or copied brings its built programs along,
//! and compiled-in paths would lead to the old folder.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file that marks the root of the repository.
const MARK: &str = "infra/local/emulator.py";

static ROOT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    // Cargo sets the first one for programs that it runs. Without it, the program was started by its path.
    let places = [std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from), std::env::current_dir().ok()];
    places.iter().flatten().find_map(|place| {
        // Cargo itself shows paths without symbolic links.
        let place = place.canonicalize().ok()?;
        place.ancestors().find(|folder| folder.join(MARK).is_file()).map(Path::to_owned)
    })
});

/// The root of the repository; outside of one, the current folder.
pub fn root() -> PathBuf {
    ROOT.clone().unwrap_or_else(|| PathBuf::from("."))
}

/// Whether this runs in a checkout.
pub fn in_checkout() -> bool {
    ROOT.is_some()
}

/// The folder of everything that this crate makes: the emulator's virtual environment and a folder for each
/// stack.
pub fn home() -> PathBuf {
    root().join("target/local")
}

/// A file of this crate that Python reads.
pub(crate) fn own(file: &str) -> PathBuf {
    root().join("infra/local").join(file)
}

/// A path as a developer in the repository's root would type it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
