//! Categories: a tree, in one partition that an administrator writes some dozens of items to, ever.

use std::time::Duration;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use domain::catalogue::Category;
use domain::ids::CategoryId;

use super::listings::Shelf;
use crate::dynamo::{Backoff, Entity, Read, Result, Table, Written, broken, number, put, read, refused};
use crate::stores::outcomes::{Edited, Opened};

/// How deleting a category ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Now,
    /// It was not there.
    Missing,
    /// A product or another category is in it.
    InUse,
}

/// How long a deletion keeps new things out of a category: longer than any function lives, so that it has
/// ended by then, or died on the way.
const CLOSING: Duration = Duration::from_mins(1);

/// How deep down a category can be put. The way up is walked by one read a level.
const MOST_LEVELS: usize = 20;

/// How many categories are looked at a time.
const PAGE: u32 = 100;

impl Table {
    /// Makes a category; its parent, if any, must be there, and not too deep down.
    pub async fn create_category(&self, category: &Category) -> Result<Opened> {
        let category = Category { look_key: Some(category.name.look_key()), ..category.clone() };
        let mut writes = self.take_names(&category)?;
        let names = writes.len();
        writes.push(put(self.put(&category)?)?);
        if let Some(parent) = category.parent_id {
            if let Edited::Misplaced = self.way_up(category.id, parent).await? {
                return Ok(Opened::Misplaced);
            }
            writes.push(self.takes_new(parent)?);
        }
        match self.transact("create a category", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.iter().take(names).any(refused) => Ok(Opened::NameTaken),
            Written::Refused(_) => Ok(Opened::MissingReference),
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

    /// Changes a category: reads it, lets `decide` work out how it is to be, and writes that unless it, or
    /// one of those above it, has changed meanwhile; else once more from the start. What `decide` refuses
    /// comes back as it is.
    pub async fn change_category<E>(
        &self,
        id: CategoryId,
        decide: impl Fn(Category) -> Result<Category, E>,
    ) -> Result<Result<Edited<Category>, E>> {
        let mut backoff = Backoff::new();
        let mut without_look = None;
        loop {
            let Some(seen) = self.get::<Category>(&id, Read::Strong).await? else {
                return Ok(Ok(Edited::Missing));
            };
            let mut after = match decide(seen.clone()) {
                Ok(after) => Category { version: seen.version + 1, ..after },
                Err(refused) => return Ok(Err(refused)),
            };
            let takes_look = without_look != Some(seen.version);
            let names = self.change_names(&seen, &after.name, takes_look)?;
            after.look_key = names.look_key;
            let mut writes = vec![self.replacing(seen.version, &after)?];
            if let Some(parent) = after.parent_id.filter(|_| after.parent_id != seen.parent_id) {
                match self.way_up(id, parent).await? {
                    // None of them may come to be below this one, or go, while it comes to be below them.
                    Edited::Now(above) => {
                        for category in above {
                            writes.push(self.unchanged(&category, category.version)?);
                        }
                    }
                    Edited::MissingReference => return Ok(Ok(Edited::MissingReference)),
                    _ => return Ok(Ok(Edited::Misplaced)),
                }
            }
            let checks = writes.len();
            writes.extend(names.writes);
            match self.transact("change a category", writes).await? {
                Written::All => return Ok(Ok(Edited::Now(after))),
                Written::Refused(reasons) if !reasons.iter().take(checks).any(refused) => {
                    if seen.name.folded() != after.name.folded() {
                        return Ok(Ok(Edited::NameTaken));
                    }
                    // A name from before, whose look another has taken: it may stay.
                    without_look = Some(seen.version);
                }
                Written::Refused(_) => backoff.wait("categories that others change").await?,
            }
        }
    }

    /// Those that are above a category once it is put below `parent`.
    async fn way_up(&self, id: CategoryId, parent: CategoryId) -> Result<Edited<Vec<Category>>> {
        let (mut above, mut next) = (Vec::new(), Some(parent));
        while let Some(up) = next {
            if up == id || above.len() == MOST_LEVELS {
                return Ok(Edited::Misplaced);
            }
            let category: Option<Category> = self.get(&up, Read::Strong).await?;
            let Some(category) = category.filter(|category| up != parent || !category.is_closing(self.now()))
            else {
                return Ok(Edited::MissingReference);
            };
            next = category.parent_id;
            above.push(category);
        }
        Ok(Edited::Now(above))
    }

    /// Deletes a category in which nothing is.
    ///
    /// Nothing new gets in once it is marked as closing, so what a look finds after that stays true. The mark
    /// is the version that it leaves; the deletion has it as its condition. Who dies on the way leaves a mark
    /// that runs out, and may be repeated before.
    pub async fn delete_category(&self, id: CategoryId) -> Result<Removed> {
        let mut backoff = Backoff::new();
        loop {
            let Some(seen) = self.get::<Category>(&id, Read::Strong).await? else {
                return Ok(Removed::Missing);
            };
            // First without a mark: who asks in vain leaves the category as it was.
            if self.is_in_use(id).await? {
                return Ok(Removed::InUse);
            }
            let closing_until = Some(self.now() + CLOSING);
            let marked = Category { closing_until, version: seen.version + 1, ..seen };
            if self.replace(marked.version - 1, &marked).await? {
                if self.is_in_use(id).await? {
                    let open = Category { closing_until: None, version: marked.version + 1, ..marked };
                    self.replace(open.version - 1, &open).await?;
                    return Ok(Removed::InUse);
                }
                let first = self.forget(&marked, marked.version)?;
                let writes = [first].into_iter().chain(self.free_names(&marked)?).collect();
                if let Written::All = self.transact("delete a category", writes).await? {
                    return Ok(Removed::Now);
                }
            }
            backoff.wait("a category that others change").await?;
        }
    }

    /// Whether a product, shown or not, or another category is in it.
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

    /// A category must be there and take new things, for a transaction.
    pub(crate) fn takes_new(&self, id: CategoryId) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&*self.name)
            .set_key(Some(Category::key(&id).into()))
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(closing_until) OR closing_until < :now)",
            )
            .expression_attribute_values(":now", number(self.now().millis()));
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(broken)?).build())
    }
}
