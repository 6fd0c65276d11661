//! The public keys that verify access tokens.

use std::time::Duration;

use crate::chart::PublicKey;
use crate::dynamo::{Entity, Read, Result, Table, number, read};

impl Table {
    /// All keys that verify tokens now. A consistent read: callers read the set once in minutes, and right
    /// after a new key.
    pub async fn key_set(&self) -> Result<Vec<PublicKey>> {
        let mut keys: Vec<PublicKey> =
            self.partition("KEYS", Read::Strong).await?.into_iter().map(read).collect::<Result<_>>()?;
        keys.retain(|key| key.verifies_at(self.now()));
        Ok(keys)
    }

    /// Adds a key unless it is there: several environments start at once with the same secret. A key that was
    /// to expire stays, because its secret is in use again.
    pub async fn publish_key(&self, key: &PublicKey) -> Result<()> {
        let put = self.put(key);
        put.only_if("attribute_not_exists(pk) OR attribute_exists(expires_at)").write().await.map(drop)
    }

    /// Makes every key but this one expire in `after`. Keys that have a time to expire keep it.
    pub async fn retire_keys_but(&self, kid: &str, after: Duration) -> Result<()> {
        let end = (self.now() + after).seconds();
        for key in self.key_set().await?.into_iter().filter(|key| key.kid != kid && key.expires_at.is_none())
        {
            self.update_at(key.own_key()).set("expires_at = :end").with(":end", number(end)).write().await?;
        }
        Ok(())
    }
}
