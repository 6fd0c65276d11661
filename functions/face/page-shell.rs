//! `GET /{page}`: pages that a script fills, such as the basket.

use api::code::NOT_FOUND;
use api::{Endpoint, Problem, Request, Result};
use face::shell;

pub const ENDPOINT: Endpoint = Endpoint::page("/{page}", face::problem).refuses(&[NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, page_shell);
}

/// The page holds nothing of a person: its script asks the API.
pub async fn page_shell((): &(), request: Request) -> Result {
    let name = request.params.get("page").map(String::as_str).unwrap_or_default();
    let shell = shell::named(name).ok_or_else(|| Problem::missing("page"))?;
    face::page(&request, "shell", shell)
}
