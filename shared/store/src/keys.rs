//! The public keys that verify access tokens.

use std::time::Duration;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::item::{Read, number, read};
use crate::{Result, Store, failed, lost};

/// One key of the key set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Names the key: the `kid` of tokens.
    pub kid: String,
    /// The Ed25519 public key, in base64url without padding (RFC 8037).
    pub x: String,
    /// From when on tokens are signed with it: by then every verifier has fetched it.
    pub active_from: Timestamp,
    /// Until when it verifies, in seconds since 1970: the table's TTL. None for a key that may still sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl PublicKey {
    /// Whether it still verifies; TTL deletes an expired key up to days later.
    pub fn verifies_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now.seconds() < end)
    }
}

impl Store {
    /// All keys that verify tokens now. Read strongly: it is asked once in minutes, and right after a new key.
    pub async fn key_set(&self) -> Result<Vec<PublicKey>> {
        let mut keys: Vec<PublicKey> =
            self.partition("KEYS", Read::Strong).await?.into_iter().map(read).collect::<Result<_>>()?;
        keys.retain(|key| key.verifies_at(self.now()));
        Ok(keys)
    }

    /// Adds a key, unless it is there already: several environments start at once with the same secret. One that was to
    /// expire stays: its secret is in force again.
    pub async fn publish_key(&self, key: &PublicKey) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(key.item()?));
        let put = put.condition_expression("attribute_not_exists(pk) OR attribute_exists(expires_at)");
        match put.send().await {
            Err(error) if !lost(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Lets every key but this one expire `after` now; those that are to expire already keep their time.
    pub async fn retire_keys_but(&self, kid: &str, after: Duration) -> Result<()> {
        let end = (self.now() + after).seconds();
        for key in self.key_set().await?.into_iter().filter(|key| key.kid != kid && key.expires_at.is_none())
        {
            let update = self.client.update_item().table_name(&*self.table);
            let update = update
                .set_key(Some(key.own_key().into()))
                .update_expression("SET expires_at = :end")
                .expression_attribute_values(":end", number(end));
            update.send().await.map_err(failed)?;
        }
        Ok(())
    }
}
