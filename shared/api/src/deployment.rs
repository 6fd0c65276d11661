//! What every endpoint of a deployment shares: its settings, and what an instance remembers between requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::catalogue::image::{Rendition, public_key};
use domain::ids::{ImageId, StoreId};
use domain::money::Fees;
use domain::{Clock, Timestamp};
use table::{PublicKey, Table};

use crate::contract::Result;
use crate::page_cache::PageCache;
use limits::Limits;
use tally::Tally;

pub(crate) mod limits;
mod tally;

/// What every endpoint of a deployment shares.
pub struct Deployment {
    /// Who issues access tokens.
    pub issuer: String,
    /// The currency, and what an order costs beside its goods.
    pub fees: Fees,
    /// Where the pictures are, without a slash at the end.
    pub images: String,
    /// How often somebody may ask.
    pub limits: Limits,
    /// The clock.
    pub clock: Clock,
    /// For how long a page that looks the same to everybody is cached; zero turns the cache off.
    pub pages_live: Duration,
    pub(crate) pages: PageCache,
    pub(crate) tally: Tally,
    keys: Mutex<KeySet>,
    /// The stores that were open when they were last looked at, and when that was.
    open: Mutex<HashMap<StoreId, Timestamp>>,
}

/// The key set, as last read.
#[derive(Default)]
struct KeySet {
    keys: Vec<PublicKey>,
    read_at: Option<Timestamp>,
}

/// A key set older than this is read again.
const KEYS_LIVE: Duration = Duration::from_mins(5);
/// An unknown key makes the set be read again, but not more often than this: anyone can invent one.
const KEYS_REST: Duration = Duration::from_secs(30);

/// A store that was open is looked at again after this. It closes once, and for good; what is shown and sold
/// looks anew.
const OPEN_LIVES: Duration = Duration::from_mins(5);
/// The most stores that are remembered; then all are forgotten.
const MOST_OPEN: usize = 1000;

impl Deployment {
    /// A deployment's settings.
    pub fn new(issuer: String, fees: Fees, images: String, limits: Limits, clock: Clock) -> Self {
        let (pages_live, pages, tally, keys, open) = Default::default();
        Self { issuer, fees, images, limits, clock, pages_live, pages, tally, keys, open }
    }

    /// Where the world finds a picture.
    pub(crate) fn picture_url(&self, id: ImageId, rendition: Rendition) -> String {
        format!("{}/{}", self.images, public_key(id, rendition))
    }

    /// Whether a store sells, from the cache while that is fresh.
    pub async fn is_open(&self, id: StoreId, table: &Table) -> Result<bool> {
        let now = self.clock.now();
        let seen = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        if seen.is_some_and(|at| now.since(at) < OPEN_LIVES) {
            return Ok(true);
        }
        let is_open = table.is_open(id).await?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST_OPEN {
            open.clear();
        }
        if is_open {
            open.insert(id, now)
        } else {
            open.remove(&id)
        };
        Ok(is_open)
    }

    /// The key with this id, from the cache while it is fresh.
    pub(crate) async fn key(&self, kid: &str, table: &Table) -> Result<Option<PublicKey>> {
        let now = self.clock.now();
        let find =
            |keys: &[PublicKey]| keys.iter().find(|key| key.kid == kid && key.verifies_at(now)).cloned();
        let age = {
            let set = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            let age = set.read_at.map(|at| now.since(at));
            match find(&set.keys) {
                Some(key) if age.is_some_and(|age| age < KEYS_LIVE) => return Ok(Some(key)),
                _ => age,
            }
        };
        if age.is_some_and(|age| age < KEYS_REST) {
            return Ok(None);
        }
        let keys = table.key_set().await?;
        let found = find(&keys);
        let mut set = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        *set = KeySet { keys, read_at: Some(self.clock.now()) };
        Ok(found)
    }
}

/// What requests share.
pub type SharedDeployment = Arc<Deployment>;
