//! Rotation of the signing secret. Secrets Manager calls four steps every 30 days, and may repeat each of
//! them.

use std::time::Duration;

use api::token::{KEY_RETIREMENT, Signer};
use lambda::{Retry, Rotation, Rotator, Step};
use providers::{Vault, vault};
use table::Table;

/// The secret is replaced every 30 days.
pub const TRIGGER: Rotator = Rotator { secret: "SigningSecret", days: 30, timeout: Duration::from_mins(1) };

pub fn main() {
    lambda::run(TRIGGER, rotate_signing_secret);
}

/// Each step first looks at what was already done. So it can be interrupted anywhere and repeated, even by
/// several at once.
pub async fn rotate_signing_secret(
    (table, vault): &(Table, Vault),
    Rotation { step, version }: Rotation,
) -> Result<(), Retry> {
    let versions = vault.versions().await?;
    let is_current = versions.has(&version, vault::CURRENT);
    if !is_current && !versions.has(&version, vault::PENDING) {
        return Err(Retry::Missing("pending version of the signing secret"));
    }
    let Some(secret) = vault.version(&version).await? else {
        return match step {
            Step::Create => Ok(vault.put_pending(&version, new_secret()?).await?),
            _ => Err(Retry::Missing("value of this version of the signing secret")),
        };
    };
    let known = table.key_set().await?;
    let signer = Signer::of(&secret, None, &known, table.now())?;
    match step {
        Step::Create => Ok(()),
        Step::Set => Ok(signer.publish(&known, table).await?),
        // An empty set means that nobody has signed yet, and Secrets Manager only tests the function.
        Step::Test if known.is_empty() || signer.is_verified_by(&known, table.now()) => Ok(()),
        Step::Test => Err(Retry::Missing("key of the new secret in the key set")),
        Step::Finish => {
            // The key is published first, because a late repeat of another rotation may have let it expire.
            signer.publish(&known, table).await?;
            if !is_current {
                vault.make_current(&version, &versions).await?;
            }
            Ok(table.retire_keys_but(&signer.public_key().kid, KEY_RETIREMENT).await?)
        }
    }
}

/// 64 random letters and digits, like the first secret that the template made. Of 1,024 random bytes about
/// 248 are letters or digits.
fn new_secret() -> table::Result<String> {
    let random = table::random::<1024>()?.into_iter().map(char::from);
    Ok(random.filter(char::is_ascii_alphanumeric).take(64).collect())
}
