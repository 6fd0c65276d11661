//! `GET /face/{version}/{file}`: a file that pages load.

use api::code::NOT_FOUND;
use api::{Encoding, Endpoint, Problem, Reply, Request, Result};
use http::header::CACHE_CONTROL;

pub const ENDPOINT: Endpoint = Endpoint::file("/face/{version}/{file}").refuses(&[NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, asset);
}

/// The version changes with the files, so a file of this version never changes. A page that is older than a
/// deployment gets the present files, and no cache keeps them under the old version.
pub async fn asset((): &(), request: Request) -> Result {
    let param = |name: &str| request.params.get(name).map(String::as_str).unwrap_or_default();
    let file = match &request.deployment.face {
        Some(folder) => face::file_in(folder, param("file")),
        None => face::file(param("file"), Encoding::accepted(&request.headers)),
    };
    let (media_type, encoded) = file.ok_or_else(|| Problem::missing("file"))?;
    let reply = Reply::bytes(media_type, encoded)?;
    match param("version") == face::VERSION {
        true => reply.header(CACHE_CONTROL, "public, max-age=31536000, immutable"),
        false => Ok(reply),
    }
}
