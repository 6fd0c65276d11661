//! Edits of the index: new files beside the old ones, and the pack that publishes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::ProductId;
use domain::search::Snapshot;
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::schema::Schema;
use tantivy::{DocSet as _, IndexWriter, TERMINATED, TantivyDocument, Term};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::files::{Files, META, Named};
use crate::index::Index;
use crate::schema::{DIGEST, ID, written};
use crate::snapshot::{FileList, Slice};

/// The memory of the writer. A batch fits in, so it becomes one segment.
const WRITER_BYTES: usize = 50_000_000;

/// So many segments of one size are merged into one. Sizes differ by this factor.
const MERGE_AT: usize = 4;

/// A merge leaves at most so many products in a segment, because it takes 3 to 5 s of a whole CPU for 64,000
/// of them, and 19 s for 256,000. Only a segment that is mostly deleted is written again whatever its size.
const MOST_MERGED: u32 = 64_000;

/// A change of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The product is to be found, as it is here.
    Put(Box<Document>),
    /// The product is not to be found.
    Remove(ProductId),
}

impl Change {
    /// The product.
    pub fn product(&self) -> ProductId {
        match self {
            Self::Put(document) => document.id,
            Self::Remove(id) => *id,
        }
    }
}

/// An edited index, and the pack that makes it known to others.
pub struct Edited {
    /// The index.
    pub index: Index,
    /// Its snapshot.
    pub snapshot: Snapshot,
    /// The bytes of its newest pack.
    pub pack: Vec<u8>,
    /// Whether segments were merged; benchmarks tell such edits apart.
    pub is_merged: bool,
}

impl Index {
    /// The index with these changes, one for each product, in a pack with this key; `None` when it has them
    /// already.
    pub fn edit(&self, changes: &[Change], pack: &str) -> Result<Option<Edited>> {
        let mut news = Vec::new();
        for change in changes {
            let wanted = match change {
                Change::Put(document) => Some(document.digest()),
                Change::Remove(_) => None,
            };
            if self.digest(change.product())? != wanted {
                news.push(change);
            }
        }
        if news.is_empty() && self.snapshot().is_some() {
            return Ok(None);
        }
        let files = Files::new(Arc::clone(self.files()));
        let index = tantivy::Index::open(files.clone())?;
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(WRITER_BYTES)
            .build();
        let mut writer: IndexWriter<TantivyDocument> = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for change in news {
            if let Some(id) = id_term(&self.schema, change.product()) {
                writer.delete_term(id);
            }
            if let Change::Put(document) = change {
                writer.add_document(written(document, &self.schema))?;
            }
        }
        writer.commit()?;
        let is_merged = merge(&index, &mut writer)?;
        writer.wait_merging_threads()?;
        self.packed(&index, &files, pack, is_merged).map(Some)
    }

    /// The digest of a product, if it is in the index.
    pub(crate) fn digest(&self, product: ProductId) -> Result<Option<u64>> {
        let Some(id) = id_term(&self.schema, product) else { return Ok(None) };
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(id.field())?;
            let Some(mut postings) = index.read_postings(&id, tantivy::schema::IndexRecordOption::Basic)?
            else {
                continue;
            };
            let mut doc = postings.doc();
            while doc != TERMINATED {
                if !segment.is_deleted(doc) {
                    return Ok(segment.fast_fields().u64(DIGEST)?.first(doc));
                }
                doc = postings.advance();
            }
        }
        Ok(None)
    }

    fn packed(&self, index: &tantivy::Index, files: &Files, pack: &str, is_merged: bool) -> Result<Edited> {
        let metas = index.searchable_segment_metas()?;
        let names = index.load_metas()?.list_segment_files();
        let mut names: Vec<_> = names.iter().filter_map(|path| path.to_str()).collect();
        names.sort_unstable();
        names.push(META);
        let (mut bytes, mut list, mut all) = (Vec::new(), BTreeMap::new(), Named::new());
        for name in names {
            // A segment that lost no product has no file of deletions.
            let Ok(file) = files.file(name) else { continue };
            let known = self.list().0.get(name).filter(|_| name != META).cloned();
            let slice = if let Some(known) = known {
                known
            } else {
                let at = length(&bytes);
                bytes.extend_from_slice(file.read_bytes()?.as_slice());
                Slice { pack: pack.to_owned(), at, bytes: length(&bytes) - at }
            };
            list.insert(name.to_owned(), slice);
            all.insert(name.to_owned(), file);
        }
        let (list, list_at) = (FileList(list), length(&bytes));
        serde_json::to_writer(&mut bytes, &list)?;
        let snapshot = Snapshot {
            pack: pack.to_owned(),
            list_at,
            pack_bytes: length(&bytes),
            bytes: list.0.values().map(|slice| slice.bytes).sum(),
            products: metas.iter().map(|meta| u64::from(meta.num_docs())).sum(),
        };
        let index = Self::open(snapshot.clone(), list, Arc::new(all), Some(self))?;
        Ok(Edited { index, snapshot, pack: bytes, is_merged })
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn id_term(schema: &Schema, product: ProductId) -> Option<Term> {
    let field = schema.get_field(ID).ok()?;
    Some(Term::from_field_bytes(field, &product.bits().to_be_bytes()))
}

/// Merges segments, so that their number stays small: about the logarithm of the number of products.
fn merge(index: &tantivy::Index, writer: &mut IndexWriter<TantivyDocument>) -> Result<bool> {
    let mut is_merged = false;
    while let Some(segments) = due(&index.searchable_segment_metas()?) {
        let done = writer.merge(&segments).wait()?;
        is_merged = true;
        if done.is_some_and(|meta| segments.contains(&meta.id())) {
            return Err(Error("a merge has left its segments".to_owned()));
        }
    }
    Ok(is_merged)
}

/// The segments to merge next: enough small ones of one size, or one that is more than half deleted.
fn due(segments: &[SegmentMeta]) -> Option<Vec<SegmentId>> {
    let decayed = segments.iter().find(|meta| meta.num_deleted_docs() > meta.num_docs());
    if let Some(decayed) = decayed {
        return Some(vec![decayed.id()]);
    }
    let factor = u32::try_from(MERGE_AT).unwrap_or(u32::MAX);
    let mut sizes: BTreeMap<u32, Vec<(u32, SegmentId)>> = BTreeMap::new();
    for meta in segments {
        sizes.entry(meta.num_docs().max(1).ilog(factor)).or_default().push((meta.num_docs(), meta.id()));
    }
    sizes.into_values().find_map(|mut same| {
        same.sort_unstable();
        let smallest = same.get(..MERGE_AT)?;
        let products: u32 = smallest.iter().map(|(products, _)| products).sum();
        (products <= MOST_MERGED).then(|| smallest.iter().map(|(_, id)| *id).collect())
    })
}
