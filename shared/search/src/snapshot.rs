//! Snapshots of the index in packs.
//!
//! A pack is one object: the files that an edit has added, then the list of all files of the snapshot with
//! the pack that holds each. So an edit writes one object, and a reader that has the snapshot before reads
//! one object.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::search::Snapshot;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A pack up to this size is read as a whole, because one request costs more time than its bytes.
pub const SMALL_PACK: u64 = 1024 * 1024;

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) pack: String,
    pub(crate) at: u64,
    pub(crate) bytes: u64,
}

/// All files of a snapshot, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ByPack", into = "ByPack")]
pub struct FileList(pub(crate) BTreeMap<String, Slice>);

/// The list as it is written: by pack, the place and the bytes of each file. Every edit writes it, so no key
/// of a pack is repeated.
type ByPack = BTreeMap<String, BTreeMap<String, (u64, u64)>>;

impl From<ByPack> for FileList {
    fn from(packs: ByPack) -> Self {
        let files = packs.into_iter().flat_map(|(pack, files)| {
            let slice = move |(at, bytes)| Slice { pack: pack.clone(), at, bytes };
            files.into_iter().map(move |(name, place)| (name, slice(place)))
        });
        Self(files.collect())
    }
}

impl From<FileList> for ByPack {
    fn from(list: FileList) -> Self {
        let mut packs = Self::new();
        for (name, Slice { pack, at, bytes }) in list.0 {
            packs.entry(pack).or_default().insert(name, (at, bytes));
        }
        packs
    }
}

/// A part of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The pack's key.
    pub pack: String,
    /// The bytes.
    pub range: Range<u64>,
}

impl FileList {
    /// The list at the end of a pack, of which `bytes` begin at `from`.
    pub fn read(snapshot: &Snapshot, from: u64, bytes: &[u8]) -> Result<Self> {
        let list = usize::try_from(snapshot.list_at - from.min(snapshot.list_at)).ok();
        let list = list.and_then(|list| bytes.get(list..)).ok_or_else(|| Error("a short pack".to_owned()))?;
        Ok(serde_json::from_slice(list)?)
    }

    /// The part of the newest pack to read first: all of a small one, otherwise only the list.
    pub fn first_part(snapshot: &Snapshot) -> Part {
        let from = if snapshot.pack_bytes <= SMALL_PACK { 0 } else { snapshot.list_at };
        Part { pack: snapshot.pack.clone(), range: from..snapshot.pack_bytes }
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no files, as before the first edit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of all packs that hold a file.
    pub fn packs(&self) -> Vec<String> {
        let mut packs: Vec<_> = self.0.values().map(|slice| slice.pack.clone()).collect();
        packs.sort_unstable();
        packs.dedup();
        packs
    }
}
