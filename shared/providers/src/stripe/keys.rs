//! The keys of an account at Stripe.

use serde::Deserialize;

/// What the operator puts into Secrets Manager, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// What calls are signed with: `sk_…`, or `rk_…` with the rights on payment intents and refunds.
    pub(super) secret_key: String,
    /// What Stripe signs its events with: `whsec_…`.
    pub(super) webhook_secret: String,
    /// The one before, for as long as events signed by it are to be believed.
    pub(super) previous_webhook_secret: Option<String>,
}

/// Keys that do not do. It says what they should be, and nothing of what they are.
#[derive(Debug, thiserror::Error)]
#[error(
    "Stripe's secret must be {{\"secret_key\": \"sk_…\", \"webhook_secret\": \"whsec_…\"}}, \
     and may have \"previous_webhook_secret\""
)]
pub struct BadKeys;

impl Keys {
    /// Reads what is in Secrets Manager.
    pub fn read(text: &str) -> Result<Self, BadKeys> {
        let keys: Self = serde_json::from_str(text).map_err(|_| BadKeys)?;
        let begins = |value: &str, with: &[&str]| {
            let rest = with.iter().find_map(|start| value.strip_prefix(start)).unwrap_or_default();
            !rest.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let is_good = begins(&keys.secret_key, &["sk_", "rk_"])
            && keys.of_webhook().all(|secret| begins(secret, &["whsec_"]));
        is_good.then_some(keys).ok_or(BadKeys)
    }
}

impl Keys {
    /// What an event may be signed with.
    pub(super) fn of_webhook(&self) -> impl Iterator<Item = &String> {
        [Some(&self.webhook_secret), self.previous_webhook_secret.as_ref()].into_iter().flatten()
    }
}
