//! Deploys the template. `deploy.py` does this with Amazon's own translator and SDK.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::{Error, Progress, REGION, paths};

/// The input of a deployment.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) template: &'a Path,
    pub(crate) stack: &'a str,
    pub(crate) region: &'static str,
    pub(crate) endpoint: &'a str,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) program: &'a Path,
}

/// The result of a deployment.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Deployed {
    /// Physical ids of the HTTP APIs, by logical id.
    pub apis: BTreeMap<String, String>,
    /// The functions, by their name.
    pub functions: BTreeMap<String, Function>,
    /// Physical ids of all resources, by logical id: table names, queue URLs, secret addresses.
    pub resources: BTreeMap<String, String>,
    /// The template's outputs.
    pub outputs: BTreeMap<String, String>,
    /// Every parameter's value.
    pub parameters: BTreeMap<String, String>,
}

/// A deployed function.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Function {
    /// Its logical id in the template.
    pub logical_id: String,
    /// Its physical name, by which it is invoked.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The variables that the template gives it, resolved.
    pub environment: BTreeMap<String, String>,
}

/// Deploys or updates. Resources that have not changed are left alone.
pub(crate) fn run(python: &Path, request: &Request<'_>, progress: Progress) -> Result<Deployed, Error> {
    let step = progress.step("deploy the template");
    let mut child = Command::new(python)
        .arg("-I")
        .arg(paths::own("deploy.py"))
        // The developer's own AWS settings and proxies must have no effect.
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io("start the deployment"))?;
    if let Some(mut input) = child.stdin.take() {
        let request = serde_json::to_vec(request).map_err(Error::ask("the deployment"))?;
        input.write_all(&request).map_err(Error::io("start the deployment"))?;
    }
    let mut last = String::new();
    for line in
        child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok)
    {
        if !line.starts_with('{') {
            step.at(&line);
        }
        last = line;
    }
    let ended = child.wait_with_output().map_err(Error::io("wait for the deployment"))?;
    if !ended.status.success() {
        return Err(Error::Deploy(String::from_utf8_lossy(&ended.stderr).trim().to_owned()));
    }
    let deployed: Deployed = serde_json::from_str(&last).map_err(Error::ask("the deployment's answer"))?;
    let (functions, resources) = (deployed.functions.len(), deployed.resources.len());
    step.done(&format!("{functions} functions, {resources} resources, {REGION}"));
    Ok(deployed)
}
