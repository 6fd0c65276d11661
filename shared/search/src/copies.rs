//! The snapshots that an instance holds, and their way from and to the bucket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::search::Snapshot;
use futures_util::future::try_join_all;
use providers::Packs;
use table::random;

use crate::edit::{Change, Edited};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::index::Index;
use crate::schema::VERSION;
use crate::snapshot::{FileList, Part};

/// How many parts are read at the same time.
const AT_ONCE: usize = 4;

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The bucket did not answer, or the pack was deleted meanwhile.
    #[error(transparent)]
    Bucket(#[from] providers::Unavailable),
    /// The table did not answer.
    #[error(transparent)]
    Table(#[from] table::Error),
    /// The files are not readable.
    #[error(transparent)]
    Index(#[from] Error),
}

/// The snapshots that an instance holds: the one that it searches or edits, and one that is being built.
pub struct Copies {
    packs: Packs,
    held: Mutex<Vec<Arc<Index>>>,
}

/// Younger packs are kept, because an edit that is not published yet may need them.
const KEPT: Duration = Duration::from_hours(1);

/// The most snapshots that are held.
const MOST_HELD: usize = 2;

impl Copies {
    /// No snapshots yet.
    pub fn new(packs: Packs) -> Self {
        Self { packs, held: Mutex::default() }
    }

    /// A snapshot, opened; without one, an index that has no products. Only files that no held snapshot has
    /// are read.
    pub async fn open(&self, snapshot: Option<&Snapshot>) -> Result<Arc<Index>, Failed> {
        let Some(snapshot) = snapshot else { return Ok(Arc::new(Index::empty()?)) };
        if let Some(held) = self.held().into_iter().find(|held| held.snapshot() == Some(snapshot)) {
            return Ok(held);
        }
        let first = self.read(FileList::first_part(snapshot)).await?.1;
        let list = FileList::read(snapshot, FileList::first_part(snapshot).range.start, &first)?;
        // Without a file in common it is another index, which is held beside this one.
        let shares = |held: Arc<Index>| Some((held.shares(&list), held)).filter(|(files, _)| *files > 0);
        let known = self.held().into_iter().filter_map(shares).max_by_key(|(files, _)| *files);
        let known = known.map(|(_, held)| held);
        let mut incoming = Incoming::new(snapshot.clone(), first, known.as_deref())?;
        for parts in incoming.lacking().chunks(AT_ONCE) {
            for (part, bytes) in try_join_all(parts.iter().cloned().map(|part| self.read(part))).await? {
                incoming.add(part, bytes);
            }
        }
        let index = Arc::new(incoming.open(known.as_deref())?);
        self.hold(Arc::clone(&index), known.as_ref());
        Ok(index)
    }

    async fn read(&self, part: Part) -> Result<(Part, Vec<u8>), Failed> {
        let bytes = self.packs.get(&part.pack, part.range.clone()).await?;
        Ok((part, bytes))
    }

    /// Changes a snapshot, and writes the pack of the new one, which is not yet in the table. `None` if
    /// nothing changes.
    pub async fn edit(
        &self,
        snapshot: Option<&Snapshot>,
        changes: &[Change],
    ) -> Result<Option<Snapshot>, Failed> {
        let before = self.open(snapshot).await?;
        let name = u128::from_be_bytes(random()?);
        let pack = format!("{}{name:032x}", prefix());
        let Some(edited) = before.edit(changes, &pack)? else { return Ok(None) };
        let Edited { index, snapshot, pack, is_merged: _ } = edited;
        self.packs.put(&snapshot.pack, pack).await?;
        self.hold(Arc::new(index), Some(&before));
        Ok(Some(snapshot))
    }

    /// Deletes packs that none of these snapshots needs: those of merged segments, and of edits that were
    /// never published. A reader that is still at an older snapshot looks again.
    pub async fn delete_unused(&self, needed: &[&Snapshot], now: Timestamp) -> Result<(), Failed> {
        let mut packs = Vec::new();
        for snapshot in needed {
            packs.extend(self.open(Some(snapshot)).await?.list().packs());
        }
        let old = self.packs.older_than(KEPT, now, &prefix()).await?;
        Ok(self.packs.delete(old.into_iter().filter(|pack| !packs.contains(pack))).await?)
    }

    fn held(&self) -> Vec<Arc<Index>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Holds a snapshot in the place of the one that it followed, or of the oldest.
    fn hold(&self, index: Arc<Index>, before: Option<&Arc<Index>>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = before {
            held.retain(|one| !Arc::ptr_eq(one, before));
        }
        held.push(index);
        let surplus = held.len().saturating_sub(MOST_HELD);
        held.drain(..surplus);
    }
}

/// How the keys of the packs of this release begin.
fn prefix() -> String {
    format!("packs/{VERSION}/")
}
