//! Renders pages from templates.

use std::path::Path;
use std::sync::LazyLock;

use api::{Problem, ProblemText, Request, Result};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::embedded::{TEMPLATES, VERSION};
use crate::filters;

/// Where a page is.
#[derive(Serialize)]
struct Place<'a> {
    /// The base of absolute links, without a slash at the end.
    base: &'a str,
    /// The path of the page.
    path: &'a str,
    /// The query string of the request.
    query: &'a str,
}

/// The embedded templates, with the texts and filters that they use.
static EMBEDDED: LazyLock<std::result::Result<Environment<'static>, String>> =
    LazyLock::new(|| embedded().map_err(|error| format!("{error:#}")));

/// The texts of the pages, in English.
const TEXTS: &str = include_str!("../texts/en.json");

/// The version in the paths of files that are read from the folder of this crate.
pub const UNVERSIONED: &str = "now";

fn embedded() -> std::result::Result<Environment<'static>, Error> {
    let mut environment = environment(TEXTS, VERSION);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// The templates and texts as they lie in the folder of this crate now.
fn in_folder(folder: &Path) -> std::result::Result<Environment<'static>, Error> {
    let unreadable = |error: std::io::Error| Error::new(ErrorKind::TemplateNotFound, error.to_string());
    let read = |path: String| std::fs::read_to_string(folder.join(path)).map_err(unreadable);
    let mut environment = environment(&read("texts/en.json".to_owned())?, UNVERSIONED);
    for (name, _) in TEMPLATES {
        environment.add_template_owned(*name, read(format!("templates/{name}"))?)?;
    }
    Ok(environment)
}

/// An environment without templates.
fn environment(texts: &str, version: &str) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.add_filter("money", filters::money);
    environment.add_filter("fill", filters::fill);
    environment.add_filter("medium", filters::medium);
    environment.add_filter("date", filters::date);
    environment.add_filter("with", filters::with);
    environment.add_filter("toggled", filters::toggled);
    environment.add_filter("without", filters::without);
    environment.add_filter("next_page", filters::next_page);
    environment.add_filter("has", filters::has);
    let texts: serde_json::Value = serde_json::from_str(texts).unwrap_or_default();
    environment.add_global("t", Value::from(Serde(&texts)));
    environment.add_global("files", Value::from_safe_string(format!("/face/{version}")));
    environment
}

/// 200 with the page of this name, from its values.
pub fn page(request: &Request, name: &str, values: impl Serialize) -> Result {
    let place = Place { base: &request.base(), path: &request.path, query: &request.query };
    let rendered = match &request.deployment.face {
        Some(folder) => in_folder(folder).and_then(|templates| render(&templates, name, &place, values)),
        None => with_embedded(name, &place, values),
    };
    request.html(rendered.map_err(|error| Problem::internal(format!("{error:#}")))?)
}

/// The page of a problem. If it cannot be rendered, its one sentence is the page.
pub fn problem(text: &ProblemText<'_>) -> String {
    let place = Place { base: "", path: "", query: "" };
    with_embedded("problem", &place, text).unwrap_or_else(|_| text.detail.to_owned())
}

fn with_embedded(name: &str, place: &Place, values: impl Serialize) -> std::result::Result<String, Error> {
    let broken = |error: &String| Error::new(ErrorKind::SyntaxError, error.clone());
    render(EMBEDDED.as_ref().map_err(broken)?, name, place, values)
}

fn render(
    templates: &Environment<'_>,
    name: &str,
    place: &Place,
    values: impl Serialize,
) -> std::result::Result<String, Error> {
    let (place, values) = (Value::from(Serde(place)), Value::from(Serde(&values)));
    templates.get_template(&format!("{name}.html"))?.render(context! { at => place, ..values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        assert_eq!(EMBEDDED.as_ref().err(), None);
    }
}
