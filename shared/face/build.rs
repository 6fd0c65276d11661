//! Embeds the files that pages load, each as it is and compressed, and names their version.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a build script may fail loudly, and cargo talks to it so"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// The most bytes of a file, as it is and compressed: a Lambda answers at most 6 MB, in base64.
const MOST_PLAIN: usize = 4_000_000;
const MOST_COMPRESSED: usize = 1_500_000;

fn main() {
    for folder in ["files", "templates", "texts"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    let mut files: Vec<(String, Vec<u8>)> = read("files".as_ref());
    // Those of others, beside which their licences lie.
    let vendored = read("files/vendor".as_ref()).into_iter();
    let is_loaded = |name: &str| Path::new(name).extension().is_some_and(|of| of == "js" || of == "css");
    files.extend(vendored.filter(|(name, _)| is_loaded(name)));
    files.push(("texts.js".to_owned(), texts()));
    files.sort();

    let mut checksum = Sha256::new();
    let mut code = String::from("pub(crate) static FILES: &[File] = &[\n");
    for (name, bytes) in &files {
        checksum.update(name);
        checksum.update(bytes);
        let kinds = [("plain", bytes.clone()), ("br", brotli(bytes)), ("gz", gzip(bytes))];
        let most_compressed = kinds.iter().skip(1).map(|(_, bytes)| bytes.len()).max().unwrap_or_default();
        assert!(bytes.len() <= MOST_PLAIN && most_compressed <= MOST_COMPRESSED, "{name} is too large");
        write!(code, "    File {{ name: \"{name}\"").expect("it is a string");
        for (kind, bytes) in kinds {
            let path = out.join(format!("{name}.{kind}"));
            std::fs::write(&path, bytes).expect("the build folder can be written");
            write!(code, ", {kind}: include_bytes!(\"{name}.{kind}\")").expect("it is a string");
        }
        code += " },\n";
    }
    let mut templates = String::from("pub(crate) static TEMPLATES: &[(&str, &str)] = &[\n");
    for (name, _) in read("templates".as_ref()) {
        let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("templates");
        let text = std::fs::read_to_string(path.join(&name)).expect("a template is a text");
        checksum.update(&text);
        writeln!(templates, "    (\"{name}\", {text:?}),").expect("it is a string");
    }
    let version = checksum.finalize().iter().take(6).fold(String::new(), |mut version, byte| {
        write!(version, "{byte:02x}").expect("it is a string");
        version
    });
    code += &format!(
        "];\n\n{templates}];\n\n/// Changes with each file.\npub const VERSION: &str = \"{version}\";\n"
    );
    std::fs::write(out.join("embedded.rs"), code).expect("the build folder can be written");
}

/// The files of a folder, by name.
fn read(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let files = paths.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are ASCII").to_owned();
        (name, std::fs::read(path).expect("a file can be read"))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

/// The texts as a script module.
fn texts() -> Vec<u8> {
    let texts = std::fs::read_to_string("texts/en.json").expect("the texts are there");
    let texts: serde_json::Value = serde_json::from_str(&texts).expect("the texts are JSON");
    format!("export default {texts};\n").into_bytes()
}

/// The best quality, but not for a file of megabytes: 1.7 MB would take 11 s, and become 8 % smaller.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let quality = if bytes.len() > 1_000_000 { 9 } else { 11 };
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, quality, 22);
    writer.write_all(bytes).expect("it is written to memory");
    writer.flush().expect("it is written to memory");
    writer.into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).expect("it is written to memory");
    writer.finish().expect("it is written to memory")
}
