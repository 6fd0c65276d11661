//! Secrets in Secrets Manager: their versions, and the staging labels that say which one is current.

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder;

use crate::Unavailable;

/// The label of the current version.
pub const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation is making.
pub const PENDING: &str = "AWSPENDING";
/// The label of the version before the current one.
pub const PREVIOUS: &str = "AWSPREVIOUS";

/// One secret.
pub struct Vault {
    client: Client,
    secret: String,
}

/// The staging labels of the versions.
#[derive(Debug)]
pub struct Versions(HashMap<String, Vec<String>>);

impl Versions {
    /// Whether a version carries this label.
    pub fn has(&self, version: &str, label: &str) -> bool {
        self.0.get(version).is_some_and(|labels| labels.iter().any(|known| known == label))
    }

    /// The version that carries this label.
    fn with(&self, label: &str) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|version| self.has(version, label))
    }
}

impl Vault {
    /// The secret of this ARN.
    pub fn new(client: Client, secret: String) -> Self {
        Self { client, secret }
    }

    /// The value of the version with this label; `None` if there is none.
    pub async fn labelled(&self, label: &str) -> Result<Option<String>, Unavailable> {
        self.value(self.client.get_secret_value().version_stage(label)).await
    }

    /// The value of a version; `None` if it has no value yet.
    pub async fn version(&self, version: &str) -> Result<Option<String>, Unavailable> {
        self.value(self.client.get_secret_value().version_id(version)).await
    }

    async fn value(&self, get: GetSecretValueFluentBuilder) -> Result<Option<String>, Unavailable> {
        let error = match get.secret_id(&self.secret).send().await {
            Ok(found) => return Ok(found.secret_string),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(unavailable(DisplayErrorContext(error))),
        }
    }

    /// All versions with labels.
    pub async fn versions(&self) -> Result<Versions, Unavailable> {
        let described = self.client.describe_secret().secret_id(&self.secret).send().await;
        let described = described.map_err(|error| unavailable(DisplayErrorContext(error)))?;
        Ok(Versions(described.version_ids_to_stages.unwrap_or_default()))
    }

    /// Gives a pending version its value. The value of a version never changes; another value is refused.
    pub async fn put_pending(&self, version: &str, value: String) -> Result<(), Unavailable> {
        let put = self.client.put_secret_value().secret_id(&self.secret).client_request_token(version);
        let put = put.version_stages(PENDING).secret_string(value).send().await;
        put.map_err(|error| unavailable(DisplayErrorContext(error))).map(drop)
    }

    /// Makes a version current, unless another one became current since `seen` was read. The version that was
    /// current becomes the previous one.
    pub async fn make_current(&self, version: &str, seen: &Versions) -> Result<(), Unavailable> {
        let update = self.client.update_secret_version_stage().secret_id(&self.secret).version_stage(CURRENT);
        let update = update.move_to_version_id(version);
        let update = update.set_remove_from_version_id(seen.with(CURRENT).map(str::to_owned)).send().await;
        update.map_err(|error| unavailable(DisplayErrorContext(error))).map(drop)
    }
}

fn unavailable(cause: impl ToString) -> Unavailable {
    Unavailable::new("Secrets Manager", cause)
}
