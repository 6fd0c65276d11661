//! The index that an instance searches, kept up to date between requests.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::search::SearchIndex;
use domain::{Clock, Timestamp};
use table::Table;
use tokio::sync::Mutex;

use crate::categories::Categories;
use crate::copies::{Copies, Failed};
use crate::index::Index;
use crate::schema::VERSION;

/// An index that was compared with the table less than this ago is searched as it is.
const FRESH: Duration = Duration::from_secs(2);

/// How long a request waits for a newer snapshot. One edit is one read of the table and one of the bucket,
/// together some 30 ms.
const WAIT: Duration = Duration::from_millis(50);

/// How long a request waits for a snapshot that an earlier request did not get.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// What searches read, or why they cannot.
#[derive(Clone)]
pub enum Latest {
    /// The index.
    Index(Arc<Index>),
    /// No index was built yet.
    None,
}

/// What a look at the table has found.
#[derive(Clone)]
struct Look {
    latest: Latest,
    /// Whether an index of this release's form has to be built.
    is_missing: bool,
    /// The version of the item. An eventually consistent read may find an older one than the read before.
    version: u64,
}

type Loading = Pin<Box<dyn Future<Output = Result<Look, Failed>> + Send>>;

/// The tree of categories is read again after this time.
const CATEGORIES_LIVE: Duration = Duration::from_secs(5);

/// The most categories that are read.
const MOST_CATEGORIES: u32 = 2_000;

/// The index that an instance searches.
///
/// A frozen instance runs nothing between two requests, so nothing is read in the background. A request that
/// finds the last look too old looks again, and waits for [`WAIT`]. What is not there by then stays on its
/// way, and the next request goes on with it; until then the index before is searched.
pub struct Searcher {
    table: Table,
    copies: Arc<Copies>,
    clock: Clock,
    state: Mutex<State>,
    categories: Mutex<Option<(Timestamp, Arc<Categories>)>>,
}

#[derive(Default)]
struct State {
    look: Option<Look>,
    looked_at: Option<Timestamp>,
    loading: Option<Loading>,
}

impl Searcher {
    /// A searcher that has read nothing yet.
    pub fn new(table: Table, copies: Copies, clock: Clock) -> Self {
        Self { table, copies: Arc::new(copies), clock, state: Mutex::default(), categories: Mutex::default() }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The tree of categories, at most 5 seconds old.
    pub async fn categories(&self) -> table::Result<Arc<Categories>> {
        let (mut held, now) = (self.categories.lock().await, self.clock.now());
        if let Some((_, tree)) = held.as_ref().filter(|(at, _)| now.since(*at) < CATEGORIES_LIVE) {
            return Ok(Arc::clone(tree));
        }
        let tree = Arc::new(Categories::new(&self.table.categories(None, MOST_CATEGORIES).await?));
        *held = Some((now, Arc::clone(&tree)));
        Ok(tree)
    }

    /// The index to search now, and whether one of this release's form has to be built.
    pub async fn latest(&self) -> Result<(Latest, bool), Failed> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let is_fresh = state.looked_at.is_some_and(|at| now.since(at) < FRESH);
        let is_late = state.loading.is_some();
        if let Some(look) = state.look.as_ref().filter(|_| is_fresh && !is_late) {
            return Ok((look.latest.clone(), look.is_missing));
        }
        let mut loading = match state.loading.take() {
            Some(loading) => loading,
            None => Box::pin(load(self.table.clone(), Arc::clone(&self.copies))),
        };
        state.looked_at = Some(now);
        let loaded = if state.look.is_none() {
            Some(loading.as_mut().await)
        } else {
            let wait = if is_late { LONG_WAIT } else { WAIT };
            tokio::time::timeout(wait, loading.as_mut()).await.ok()
        };
        let look = match (loaded, state.look.clone()) {
            (Some(Ok(look)), before) => before.filter(|before| before.version > look.version).unwrap_or(look),
            (Some(Err(error)), None) => return Err(error),
            (Some(Err(error)), Some(before)) => {
                tracing::warn!(%error, "the index before is searched, because the newest one cannot be read");
                before
            }
            (None, before) => {
                state.loading = Some(loading);
                before.unwrap_or(Look { latest: Latest::None, is_missing: false, version: 0 })
            }
        };
        state.look = Some(look.clone());
        Ok((look.latest, look.is_missing))
    }
}

/// The newest snapshot, of this release's form or else of the form before.
async fn load(table: Table, copies: Arc<Copies>) -> Result<Look, Failed> {
    let found = table.search_index(VERSION).await?;
    let (is_missing, version) = (found.is_none(), found.as_ref().map_or(0, |index| index.version));
    let live = |index: Option<SearchIndex>| index.and_then(|index| index.live);
    let snapshot = match live(found) {
        Some(snapshot) => Some(snapshot),
        None => live(table.search_index(VERSION - 1).await?),
    };
    let latest = match snapshot {
        Some(snapshot) => Latest::Index(copies.open(Some(&snapshot)).await?),
        None => Latest::None,
    };
    Ok(Look { latest, is_missing, version })
}
