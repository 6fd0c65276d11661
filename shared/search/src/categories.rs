//! The tree of categories as it is now. The index holds only ids, so a renamed or moved category needs no
//! new index.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::Category;
use domain::ids::CategoryId;

use crate::words::{Word, words};

/// The most levels of the tree that are followed.
const MOST_LEVELS: usize = 25;

/// All categories.
#[derive(Clone, Debug, Default)]
pub struct Categories {
    by_id: BTreeMap<CategoryId, (String, Option<CategoryId>)>,
    /// The categories whose name, or the name of one above them, has the word.
    by_word: BTreeMap<String, BTreeSet<CategoryId>>,
}

impl Categories {
    /// The tree of these categories.
    pub fn new(all: &[Category]) -> Self {
        let by_id = all.iter().map(|one| (one.id, (one.name.to_string(), one.parent_id))).collect();
        let mut tree = Self { by_id, by_word: BTreeMap::new() };
        for category in all {
            for name in tree.path(category.id) {
                for word in words(&name) {
                    tree.by_word.entry(word.stem()).or_default().insert(category.id);
                }
            }
        }
        tree
    }

    /// The name of a category.
    pub fn name(&self, id: CategoryId) -> Option<&str> {
        self.by_id.get(&id).map(|(name, _)| name.as_str())
    }

    /// The categories above one, from the top of the tree.
    pub fn above(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut above: Vec<_> = self.way_up(id).skip(1).collect();
        above.reverse();
        above
    }

    /// The categories directly below one, by name.
    pub fn children(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut children: Vec<_> = self.by_id.iter().filter(|(_, (_, parent))| *parent == Some(id)).collect();
        children.sort_by(|(_, (one, _)), (_, (other, _))| one.cmp(other));
        children.into_iter().map(|(id, _)| *id).collect()
    }

    /// The names from a category up to the top of the tree.
    fn path(&self, id: CategoryId) -> Vec<String> {
        self.way_up(id).filter_map(|id| self.name(id).map(ToOwned::to_owned)).collect()
    }

    /// A category and those above it, up to the top of the tree.
    fn way_up(&self, id: CategoryId) -> impl Iterator<Item = CategoryId> {
        let step = |id: &CategoryId| self.by_id.get(id).and_then(|(_, parent)| *parent);
        std::iter::successors(Some(id), step).take(MOST_LEVELS)
    }

    /// A category and all below it.
    pub fn below(&self, id: CategoryId) -> BTreeSet<CategoryId> {
        let mut found = BTreeSet::from([id]);
        for _ in 0..MOST_LEVELS {
            let is_below = |parent: &Option<CategoryId>| parent.is_some_and(|parent| found.contains(&parent));
            let next: BTreeSet<_> =
                self.by_id.iter().filter(|(_, (_, parent))| is_below(parent)).map(|(id, _)| *id).collect();
            if next.is_subset(&found) {
                break;
            }
            found.extend(next);
        }
        found
    }

    /// The categories that a word of a query means, or begins to mean.
    pub(crate) fn named(&self, word: &Word, is_begun: bool) -> BTreeSet<CategoryId> {
        let mut found = self.by_word.get(&word.stem()).cloned().unwrap_or_default();
        if is_begun {
            let begun = self.by_word.range(word.typed.clone()..);
            let begun = begun.take_while(|(known, _)| known.starts_with(&word.typed));
            found.extend(begun.flat_map(|(_, ids)| ids));
        }
        found
    }

    /// The categories whose own name has words that begin so, in the order of their names.
    pub(crate) fn completing(&self, typed: &[Word]) -> Vec<CategoryId> {
        let mut found: Vec<_> = self.by_id.iter().filter(|(_, (name, _))| completes(name, typed)).collect();
        found.sort_by(|(_, (one, _)), (_, (other, _))| one.len().cmp(&other.len()).then(one.cmp(other)));
        found.into_iter().map(|(id, _)| *id).collect()
    }
}

/// Whether a name has all typed words, the last one at least begun.
pub(crate) fn completes(name: &str, typed: &[Word]) -> bool {
    let name = words(name);
    let Some((last, before)) = typed.split_last() else { return false };
    let has = |wanted: &Word| name.iter().any(|word| word.stem() == wanted.stem());
    before.iter().all(has) && name.iter().any(|word| word.typed.starts_with(&last.typed))
}
