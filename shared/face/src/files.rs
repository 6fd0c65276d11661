//! Files that pages load: scripts, styles, icons.

use std::path::Path;

use api::{Encoded, Encoding};
use bytes::Bytes;

use crate::embedded::FILES;

/// A file's media type.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The embedded file of this name in an encoding, with its media type.
pub fn file(name: &str, encoding: Encoding) -> Option<(&'static str, Encoded)> {
    let found = FILES.iter().find(|file| file.name == name)?;
    let bytes = match encoding {
        Encoding::Brotli => found.br,
        Encoding::Gzip => found.gz,
        Encoding::Identity => found.plain,
    };
    Some((media_type(found.name), Encoded { encoding, bytes: Bytes::from_static(bytes) }))
}

/// The file as it lies in the folder of this crate now, for development.
pub fn file_in(folder: &Path, name: &str) -> Option<(&'static str, Encoded)> {
    let known = FILES.iter().find(|file| file.name == name)?.name;
    let bytes = match known {
        "texts.js" => {
            let texts = std::fs::read_to_string(folder.join("texts/en.json")).ok()?;
            format!("export default {texts};\n").into_bytes()
        }
        name => {
            let (own, vendored) = (folder.join("files").join(name), folder.join("files/vendor").join(name));
            std::fs::read(own).or_else(|_| std::fs::read(vendored)).ok()?
        }
    };
    Some((media_type(known), Encoded { encoding: Encoding::Identity, bytes: bytes.into() }))
}
