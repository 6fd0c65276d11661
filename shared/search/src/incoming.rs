//! A snapshot on its way from the bucket.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use domain::search::Snapshot;
use tantivy::HasLen as _;
use tantivy::directory::FileSlice;

use crate::error::{Error, Result};
use crate::files::Named;
use crate::index::Index;
use crate::snapshot::{FileList, Part, Slice};

/// The most bytes of one request for files.
const MOST_AT_ONCE: u64 = 8 * 1024 * 1024;

/// A snapshot of which some files are still to be read.
pub struct Incoming {
    snapshot: Snapshot,
    list: FileList,
    files: Named,
    /// What was read of each pack, with its place. Files share these bytes.
    read: HashMap<String, Vec<(u64, FileSlice)>>,
}

impl Incoming {
    /// A snapshot of which `first` is the part of the newest pack that [`FileList::first_part`] names. Files
    /// that another snapshot has are taken over.
    pub fn new(snapshot: Snapshot, first: Vec<u8>, known: Option<&Index>) -> Result<Self> {
        let from = FileList::first_part(&snapshot).range.start;
        let list = FileList::read(&snapshot, from, &first)?;
        let known = known.map(|index| (index.list(), index.files()));
        let files = list.0.iter().filter_map(|(name, slice)| {
            let (old, files) = known.as_ref()?;
            let file = files.get(name).filter(|_| old.0.get(name) == Some(slice))?;
            Some((name.clone(), file.clone()))
        });
        let files = files.collect();
        let read = HashMap::from([(snapshot.pack.clone(), vec![(from, FileSlice::from(first))])]);
        Ok(Self { snapshot, list, files, read })
    }

    /// The parts that are still to be read, and then given to [`Self::add`].
    pub fn lacking(&self) -> Vec<Part> {
        let mut wanted: BTreeMap<&str, Vec<Range<u64>>> = BTreeMap::new();
        let mut slices: Vec<_> = self.list.0.iter().filter(|(name, slice)| self.lacks(name, slice)).collect();
        slices.sort_by_key(|(_, slice)| (&slice.pack, slice.at));
        for (_, Slice { pack, at, bytes }) in slices {
            let ranges = wanted.entry(pack).or_default();
            match ranges.last_mut() {
                Some(last) if last.end == *at && at + bytes - last.start <= MOST_AT_ONCE => {
                    last.end = at + bytes;
                }
                _ => ranges.push(*at..at + bytes),
            }
        }
        let parts = wanted.into_iter().flat_map(|(pack, ranges)| {
            ranges.into_iter().map(move |range| Part { pack: pack.to_owned(), range })
        });
        parts.collect()
    }

    fn lacks(&self, name: &str, slice: &Slice) -> bool {
        slice.bytes > 0 && !self.files.contains_key(name) && self.bytes(slice).is_none()
    }

    /// The bytes of a file, if they were read.
    fn bytes(&self, Slice { pack, at, bytes }: &Slice) -> Option<FileSlice> {
        let find = |(from, part): &(u64, FileSlice)| {
            let start = usize::try_from(at.checked_sub(*from)?).ok()?;
            let end = start.checked_add(usize::try_from(*bytes).ok()?)?;
            (end <= part.len()).then(|| part.slice(start..end))
        };
        self.read.get(pack)?.iter().find_map(find)
    }

    /// Adds a part that was read.
    pub fn add(&mut self, part: Part, bytes: Vec<u8>) {
        self.read.entry(part.pack).or_default().push((part.range.start, FileSlice::from(bytes)));
    }

    /// The index, when nothing is lacking.
    pub fn open(self, known: Option<&Index>) -> Result<Index> {
        let mut files = self.files.clone();
        for (name, slice) in &self.list.0 {
            if !files.contains_key(name) {
                let file = if slice.bytes == 0 { Some(FileSlice::empty()) } else { self.bytes(slice) };
                files.insert(name.clone(), file.ok_or_else(|| Error(format!("{name} was not read")))?);
            }
        }
        Index::open(self.snapshot, self.list, Arc::new(files), known)
    }
}
