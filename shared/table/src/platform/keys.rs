//! The public keys that verify access tokens.

use std::time::Duration;

use crate::chart::PublicKey;
use crate::dynamo::{Entity, Read, Result, Table, failed, lost, number, read};

impl Table {
    /// All keys that verify tokens now. Read strongly: it is asked once in minutes, and right after a new
    /// key.
    pub async fn key_set(&self) -> Result<Vec<PublicKey>> {
        let mut keys: Vec<PublicKey> =
            self.partition("KEYS", Read::Strong).await?.into_iter().map(read).collect::<Result<_>>()?;
        keys.retain(|key| key.verifies_at(self.now()));
        Ok(keys)
    }

    /// Adds a key, unless it is there already: several environments start at once with the same secret. One
    /// that was to expire stays: its secret is in force again.
    pub async fn publish_key(&self, key: &PublicKey) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.name).set_item(Some(key.item()?));
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
            let update = self.client.update_item().table_name(&*self.name);
            let update = update
                .set_key(Some(key.own_key().into()))
                .update_expression("SET expires_at = :end")
                .expression_attribute_values(":end", number(end));
            update.send().await.map_err(failed)?;
        }
        Ok(())
    }
}
