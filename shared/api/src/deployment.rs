//! The settings of a deployment, and what an instance caches between requests.

use std::collections::HashMap;
use std::path::PathBuf;
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

/// The settings of a deployment and the caches of an instance.
pub struct Deployment {
    /// The issuer of access tokens.
    pub issuer: String,
    /// The currency, and the fees of an order.
    pub fees: Fees,
    /// The URL of the pictures, without a slash at the end.
    pub images: String,
    /// The base URL of the pages, without a slash at the end; `None` for the host of each request.
    pub storefront: Option<String>,
    /// The folder from which pages and their files are read at each request, for development; `None` for the
    /// embedded ones.
    pub face: Option<PathBuf>,
    /// How often somebody may ask.
    pub limits: Limits,
    /// The clock.
    pub clock: Clock,
    /// How long a page that is the same for everybody is cached; zero turns the cache off.
    pub pages_live: Duration,
    pub(crate) pages: PageCache,
    pub(crate) tally: Tally,
    keys: Mutex<KeySet>,
    /// Stores that were open, each with the time of the read.
    open: Mutex<HashMap<StoreId, Timestamp>>,
}

/// The cached key set.
#[derive(Default)]
struct KeySet {
    keys: Vec<PublicKey>,
    read_at: Option<Timestamp>,
}

/// A key set older than this is read again.
const KEYS_LIVE: Duration = Duration::from_mins(5);
/// An unknown key makes the instance read the key set again, at most once in this time: anybody can invent a
/// key id.
const KEYS_REST: Duration = Duration::from_secs(30);

/// An open store is read again after this time. A store that closes never opens again. Pages and checkouts do
/// not use this cache.
const OPEN_LIVES: Duration = Duration::from_mins(5);
/// The most cached stores. Beyond that, the cache is emptied.
const MOST_OPEN: usize = 1000;

impl Deployment {
    /// A deployment's settings.
    pub fn new(issuer: String, fees: Fees, images: String, limits: Limits, clock: Clock) -> Self {
        let (storefront, face, pages_live, pages, tally, keys, open) = Default::default();
        Self { issuer, fees, images, storefront, face, limits, clock, pages_live, pages, tally, keys, open }
    }

    /// The URL of a published picture.
    pub(crate) fn picture_url(&self, id: ImageId, rendition: Rendition) -> String {
        format!("{}/{}", self.images, public_key(id, rendition))
    }

    /// Whether a store is open, from the cache while that is fresh.
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

/// A deployment that requests share.
pub type SharedDeployment = Arc<Deployment>;
