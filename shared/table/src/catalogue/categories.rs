//! Categories: a tree in one partition, to which administrators write some dozens of items in all.

use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::catalogue::Category;
use domain::ids::CategoryId;

use super::listings::Shelf;
use crate::dynamo::{Read, Result, Table, Written, number, read, refused, until_won};
use crate::stores::names::{Renamed, UniquelyNamed, renamed};

/// How making a category ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryCreated {
    /// The category is there now.
    Now,
    /// The name, or one that looks the same, is taken.
    NameTaken,
    /// The parent is not there, or is being deleted.
    MissingParent,
    /// A category cannot have more than 20 above it.
    Misplaced,
}

/// How a change of a category ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CategoryChanged {
    /// The category as it is now.
    Now(Category),
    /// There is no such category.
    Missing,
    /// The name, or one that looks the same, is taken.
    NameTaken,
    /// The new parent is not there, or is being deleted.
    MissingParent,
    /// A category cannot be below itself, nor have more than 20 above it.
    Misplaced,
}

/// The categories above a place in the tree.
enum Above {
    These(Vec<Category>),
    MissingParent,
    Misplaced,
}

/// How deleting a category ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The category is deleted.
    Now,
    /// There is no such category.
    Missing,
    /// A product or another category is in the category.
    InUse,
}

/// How long a deletion keeps new things out of a category: longer than any function runs.
const CLOSING: Duration = Duration::from_mins(1);

/// The most categories above one. Each level costs a read on the way up.
const MOST_LEVELS: usize = 20;

/// How many categories one query reads.
const PAGE: u32 = 100;

impl Table {
    /// Makes a category. Its parent, if any, must be there and have fewer than 20 above it.
    pub async fn create_category(&self, category: &Category) -> Result<CategoryCreated> {
        let category = category.clone().holding(category.name.looks(), category.version);
        let mut writes = self.take_names(&category)?;
        let names = writes.len();
        writes.push(self.put(&category).in_transaction()?);
        if let Some(parent) = category.parent_id {
            // The transaction itself checks that the parent is there.
            if let Above::Misplaced = self.way_up(category.id, parent).await? {
                return Ok(CategoryCreated::Misplaced);
            }
            writes.push(self.takes_new(parent)?);
        }
        match self.transact("create a category", writes).await? {
            Written::All => Ok(CategoryCreated::Now),
            Written::Refused(reasons) if reasons.iter().take(names).any(refused) => {
                Ok(CategoryCreated::NameTaken)
            }
            Written::Refused(_) => Ok(CategoryCreated::MissingParent),
        }
    }

    /// The categories after `after`, in the order in which they were made.
    pub async fn categories(&self, after: Option<CategoryId>, limit: u32) -> Result<Vec<Category>> {
        self.categories_as(after, limit, Read::Eventual).await
    }

    async fn categories_as(
        &self,
        after: Option<CategoryId>,
        limit: u32,
        read_as: Read,
    ) -> Result<Vec<Category>> {
        let after = after.map(|id| id.to_string());
        self.after("CATEGORIES", after.as_deref(), limit, read_as).await?.into_iter().map(read).collect()
    }

    /// Changes a category: reads it, applies `decide`, and writes the result on condition that the category
    /// and those above it are as they were read; retries when they are not. A refusal by `decide` is returned
    /// as it is.
    pub async fn change_category<E>(
        &self,
        id: CategoryId,
        decide: impl Fn(Category) -> Result<Category, E>,
    ) -> Result<Result<CategoryChanged, E>> {
        // The version whose name does not get its looks.
        let mut without_looks = None;
        until_won("categories that others change", async || {
            let Some(seen) = self.get::<Category>(&id, Read::Strong).await? else {
                return Ok(Some(Ok(CategoryChanged::Missing)));
            };
            let after = match decide(seen.clone()) {
                Ok(after) => after,
                Err(refused) => return Ok(Some(Err(refused))),
            };
            let takes_looks = without_looks != Some(seen.version);
            let names = self.change_names(&seen, &after.name, takes_looks)?;
            let after = after.holding(names.looks, seen.version + 1);
            let mut writes = vec![self.replacing(seen.version, &after)?];
            if let Some(parent) = after.parent_id.filter(|_| after.parent_id != seen.parent_id) {
                match self.way_up(id, parent).await? {
                    // None of these may be moved below this category, or be deleted, at the same time.
                    Above::These(above) => {
                        for category in above {
                            writes.push(self.unchanged(&category, category.version)?);
                        }
                    }
                    Above::MissingParent => return Ok(Some(Ok(CategoryChanged::MissingParent))),
                    Above::Misplaced => return Ok(Some(Ok(CategoryChanged::Misplaced))),
                }
            }
            let checks = writes.len();
            writes.extend(names.writes);
            let written = self.transact("change a category", writes).await?;
            let end = renamed(&written, checks, (&seen, &after), &mut without_looks);
            Ok(end.map(|end| match end {
                Renamed::Now => Ok(CategoryChanged::Now(after)),
                Renamed::NameTaken => Ok(CategoryChanged::NameTaken),
            }))
        })
        .await
    }

    /// The categories that are above `id` when it is below `parent`.
    async fn way_up(&self, id: CategoryId, parent: CategoryId) -> Result<Above> {
        let (mut above, mut next) = (Vec::new(), Some(parent));
        while let Some(up) = next {
            if up == id || above.len() == MOST_LEVELS {
                return Ok(Above::Misplaced);
            }
            let category: Option<Category> = self.get(&up, Read::Strong).await?;
            let Some(category) = category.filter(|category| up != parent || !category.is_closing(self.now()))
            else {
                return Ok(Above::MissingParent);
            };
            next = category.parent_id;
            above.push(category);
        }
        Ok(Above::These(above))
    }

    /// Deletes an empty category.
    ///
    /// Nothing new gets in once the category is marked as closing, so a query that finds it empty after that
    /// stays true. The deletion has the version that the mark leaves as its condition. A process that dies
    /// before the deletion leaves a mark that expires; a repeat need not wait for that.
    pub async fn delete_category(&self, id: CategoryId) -> Result<Removed> {
        until_won("a category that others change", async || {
            let Some(seen) = self.get::<Category>(&id, Read::Strong).await? else {
                return Ok(Some(Removed::Missing));
            };
            // First without a mark, so that a refused deletion leaves the category as it was.
            if self.is_in_use(id).await? {
                return Ok(Some(Removed::InUse));
            }
            let closing_until = Some(self.now() + CLOSING);
            let marked = Category { closing_until, version: seen.version + 1, ..seen };
            if !self.replace(marked.version - 1, &marked).await? {
                return Ok(None);
            }
            if self.is_in_use(id).await? {
                let open = Category { closing_until: None, version: marked.version + 1, ..marked };
                self.replace(open.version - 1, &open).await?;
                return Ok(Some(Removed::InUse));
            }
            let first = self.forget(&marked, marked.version)?;
            let writes = [first].into_iter().chain(self.free_names(&marked)?).collect();
            let written = self.transact("delete a category", writes).await?;
            Ok(matches!(written, Written::All).then_some(Removed::Now))
        })
        .await
    }

    /// Whether a product, shown or not, or another category is in a category.
    async fn is_in_use(&self, id: CategoryId) -> Result<bool> {
        let (products, children) =
            tokio::try_join!(self.is_any_in(Shelf::Category(id)), self.has_children(id))?;
        Ok(products || children)
    }

    async fn has_children(&self, id: CategoryId) -> Result<bool> {
        let mut after = None;
        loop {
            let page = self.categories_as(after, PAGE, Read::Strong).await?;
            if page.iter().any(|category| category.parent_id == Some(id)) {
                return Ok(true);
            }
            after = match page.last() {
                Some(last) if page.len() == PAGE as usize => Some(last.id),
                _ => return Ok(false),
            };
        }
    }

    /// A category must be there and not be closing, for a transaction.
    pub(crate) fn takes_new(&self, id: CategoryId) -> Result<TransactWriteItem> {
        self.check::<Category>(&id)
            .only_if("attribute_exists(pk)")
            .only_if("(attribute_not_exists(closing_until) OR closing_until < :now)")
            .with(":now", number(self.now().millis()))
            .in_transaction()
    }
}
