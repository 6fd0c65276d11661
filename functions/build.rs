//! Turns the manifest's list of functions into modules and tables. The test program calls each handler in
//! process, and the development program can run any function. So `Cargo.toml` holds the only list.
//!
//! It is the build script of both packages, `tests` and `development`.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a build script may fail loudly, and cargo talks to it so"
)]

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=../Cargo.toml");
    println!("cargo::rerun-if-changed=../build.rs");
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&package).parent().expect("the package lies under functions/");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest is there");

    let (mut modules, mut table, mut mains) = (String::new(), String::new(), String::new());
    for line in manifest.lines().filter(|line| line.trim_start().starts_with("{ name = ")) {
        let mut quoted = line.split('"').skip(1).step_by(2);
        let (name, path) = (quoted.next().expect("a name"), quoted.next().expect("a path"));
        let module = name.replace('-', "_");
        let file = root.join(path);
        let source = std::fs::read_to_string(&file).expect("the function's file is there");
        let trigger = if source.contains("pub const ENDPOINT: ") { "ENDPOINT" } else { "TRIGGER" };
        let file = relative(Path::new(&out), &file);
        writeln!(modules, "#[path = \"{}\"]\npub mod {module};", file.display()).expect("it is a string");
        writeln!(mains, "        \"{name}\" => {module}::main,").expect("it is a string");
        writeln!(table, "    visitor.function(\"{name}\", {module}::{trigger}, {module}::{module});")
            .expect("it is a string");
    }
    let code = format!(
        "{modules}\n/// Shows every function to a visitor.\n\
         #[allow(clippy::too_many_lines, reason = \"one line for each function\")]\n\
         pub fn each(visitor: &mut impl Visitor) {{\n{table}}}\n\n\
         /// The program of a function, by its name.\n\
         #[allow(clippy::too_many_lines, reason = \"one line for each function\")]\n\
         pub fn main_of(name: &str) -> Option<fn()> {{\n    Some(match name {{\n\
         {mains}        _ => return None,\n    }})\n}}\n"
    );
    std::fs::write(Path::new(&out).join("functions.rs"), code).expect("the build folder can be written");
}

/// The path from a folder to a file. Cargo does not run this script again in a checkout that was renamed or
/// copied with its `target`, so absolute paths would lead to the old checkout.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}
