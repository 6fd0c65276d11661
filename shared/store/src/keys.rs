//! The public keys that verify access tokens.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::item::{ABSENT, Read, read};
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
}

impl Store {
    /// All keys that tokens may be signed with. Read strongly: it is asked once in minutes, and right after a new key.
    pub async fn key_set(&self) -> Result<Vec<PublicKey>> {
        self.partition("KEYS", Read::Strong).await?.into_iter().map(read).collect()
    }

    /// Adds a key, unless it is there already: several environments start at once with the same secret.
    pub async fn publish_key(&self, key: &PublicKey) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(key.item()?));
        match put.condition_expression(ABSENT).send().await {
            Err(error) if !lost(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }
}
