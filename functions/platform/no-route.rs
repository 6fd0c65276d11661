//! `ANY $default`: unknown paths: 404, or 405 if the path has other methods.

use std::collections::BTreeMap;

use api::code::{METHOD_NOT_ALLOWED, NOT_FOUND};
use api::{Endpoint, Problem, Request, Result};
use http::header::ALLOW;
use serde::Deserialize;
use serde_json::value::RawValue;

pub const ENDPOINT: Endpoint =
    Endpoint::any("$default").problems_as_pages(face::problem).refuses(&[NOT_FOUND, METHOD_NOT_ALLOWED]);

pub fn main() {
    lambda::run(ENDPOINT, no_route);
}

/// The routes in the published contract.
#[derive(Deserialize)]
struct Contract<'a> {
    #[serde(borrow)]
    paths: BTreeMap<&'a str, BTreeMap<&'a str, &'a RawValue>>,
}

/// The gateway's own answer would have another form than all other errors.
pub async fn no_route((): &(), request: Request) -> Result {
    let contract: Contract = serde_json::from_str(include_str!("openapi.json")).map_err(Problem::internal)?;
    let methods =
        contract.paths.iter().find(|(route, _)| fits(route, &request.path)).map(|(_, methods)| methods);
    let Some(methods) = methods else { return Err(Problem::missing("route")) };

    let allowed: Vec<_> = methods.keys().flat_map(|method| with_head(method)).collect();
    let allowed = allowed.join(", ");
    let detail = format!("{} is not among the methods of this path: {allowed}.", request.method);
    Err(Problem::new(METHOD_NOT_ALLOWED, detail).header(ALLOW, allowed))
}

/// A method as `Allow` names it. GET comes with HEAD, which the contract does not list.
fn with_head(method: &str) -> impl Iterator<Item = String> {
    let head = (method == "get").then(|| "HEAD".to_owned());
    std::iter::once(method.to_uppercase()).chain(head)
}

/// Whether a path matches a route, as `/products/prd_1` matches `/products/{id}`.
fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(part, given): (&&str, &&str)| part == given || (part.starts_with('{') && !given.is_empty());
    route.len() == path.len() && route.iter().zip(&path).all(same)
}
