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

/// What a look at the table has found.
#[derive(Clone)]
struct Look {
    /// `None` if no index was built yet.
    latest: Option<Arc<Index>>,
    /// Whether an index of this release's form has to be built.
    is_missing: bool,
    /// The version of the item. An eventually consistent read may find an older one than the read before.
    version: u64,
}

type Loading = Pin<Box<dyn Future<Output = Result<Look, Failed>> + Send>>;

/// A load that takes longer is begun again.
const GIVEN_UP: Duration = Duration::from_secs(30);

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
    /// A load that is on its way, with the time of its beginning.
    loading: Option<(Timestamp, Loading)>,
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
    pub(crate) async fn latest(&self) -> Result<(Option<Arc<Index>>, bool), Failed> {
        let mut state = self.state.lock().await;
        loop {
            let now = self.clock.now();
            let State { look, looked_at, loading } = &mut *state;
            let is_fresh = looked_at.is_some_and(|at| now.since(at) < FRESH);
            if let Some(look) = look.as_ref().filter(|_| is_fresh && loading.is_none()) {
                return Ok((look.latest.clone(), look.is_missing));
            }
            // After a freeze, the connection of a load may be dead without anybody noticing.
            let kept = loading.take().filter(|(began, _)| now.since(*began) < GIVEN_UP);
            let is_late = kept.is_some();
            let new = || (now, Box::pin(load(self.table.clone(), Arc::clone(&self.copies))) as Loading);
            let (began, work) = loading.insert(kept.unwrap_or_else(new));
            let began = *began;
            // The load stays in its place, so it goes on with the next request if this one ends first.
            let loaded = if look.is_none() {
                work.as_mut().await
            } else {
                let wait = if is_late { LONG_WAIT } else { WAIT };
                match tokio::time::timeout(wait, work.as_mut()).await {
                    Ok(loaded) => loaded,
                    Err(_) => break,
                }
            };
            // What a load has found is as old as its beginning.
            (*loading, *looked_at) = (None, Some(began));
            match (loaded, look.as_ref()) {
                (Ok(newest), Some(before)) if before.version > newest.version => {}
                (Ok(newest), _) => *look = Some(newest),
                (Err(error), None) => return Err(error),
                (Err(error), Some(_)) => {
                    tracing::warn!(%error, "the newest index cannot be read; the one before is searched");
                    *looked_at = Some(now);
                }
            }
        }
        let found = state.look.as_ref().map(|look| (look.latest.clone(), look.is_missing));
        Ok(found.unwrap_or((None, false)))
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
    let Some(snapshot) = snapshot else { return Ok(Look { latest: None, is_missing, version }) };
    let index = match copies.open(Some(&snapshot)).await {
        Ok(index) => index,
        // The item was read by an eventually consistent read, so its packs may be deleted already.
        Err(error) => match live(table.search_index_now(VERSION).await?).filter(|now| *now != snapshot) {
            Some(now) => copies.open(Some(&now)).await?,
            None => return Err(error),
        },
    };
    Ok(Look { latest: Some(index), is_missing, version })
}
