//! The keys of an account at Stripe.

use serde::Deserialize;

/// The secret that the operator puts into Secrets Manager, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The key for calls: `sk_…`, or `rk_…` with rights on payment intents and refunds.
    pub(super) secret_key: String,
    /// The secret with which Stripe signs its events: `whsec_…`.
    pub(super) webhook_secret: String,
    /// The previous webhook secret, while events signed with it are still accepted.
    pub(super) previous_webhook_secret: Option<String>,
}

/// The secret has the wrong form. The message says which form is right, and quotes nothing of the secret.
#[derive(Debug, thiserror::Error)]
#[error(
    "Stripe's secret must be {{\"secret_key\": \"sk_…\", \"webhook_secret\": \"whsec_…\"}}, \
     and may have \"previous_webhook_secret\""
)]
pub struct BadKeys;

impl Keys {
    /// Reads the secret.
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
    /// The secrets that may sign an event.
    pub(super) fn of_webhook(&self) -> impl Iterator<Item = &String> {
        [Some(&self.webhook_secret), self.previous_webhook_secret.as_ref()].into_iter().flatten()
    }
}
