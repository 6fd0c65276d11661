//! Reviews of products.

use domain::catalogue::review::{Rating, Review, Reviewed};
use domain::ids::{ProductId, UserId};
use futures_util::future::try_join_all;

use crate::chart::{ReviewKey, ReviewedKey};
use crate::dynamo::{ABSENT, Entity, List, Page, Read, Result, Table, Written, broken, number, read, text};

/// How writing a review ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The review is there now.
    Now,
    /// The user has reviewed the product before.
    Before(Reviewed),
}

impl Table {
    /// Writes a review, at most one of a user and a product, and adds its stars to the rating.
    pub async fn write_review(&self, review: &Review, by: &Reviewed) -> Result<Said> {
        let first = self.put(by).only_if(ABSENT).returning_old();
        let count = self
            .update::<Rating>(&review.product_id)
            .set("product_id = :product")
            .add("reviews :one, stars :stars")
            .with(":product", text(review.product_id))
            .with(":one", number(1))
            .with(":stars", number(review.stars.get()));
        let writes =
            vec![first.in_transaction()?, self.put(review).in_transaction()?, count.in_transaction()?];
        match self.transact("a review", writes).await? {
            Written::All => Ok(Said::Now),
            Written::Refused(reasons) => {
                let before = reasons.into_iter().find_map(|reason| reason.item);
                Ok(Said::Before(read(before.ok_or_else(|| broken("a review refused without a reason"))?)?))
            }
        }
    }

    /// The review that a user has written, by a consistent read.
    pub async fn review_by(&self, by: &Reviewed) -> Result<Option<Review>> {
        self.get(&ReviewKey { product: by.product_id, id: by.review_id }, Read::Strong).await
    }

    /// One page of the reviews of a product, newest first, after `before`.
    pub async fn newest_reviews(
        &self,
        product: ProductId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<Review>> {
        let reviews = List { index: None, partitions: vec![ReviewKey::partition(product)] };
        self.newest(&reviews, before, limit).await?.read(read)
    }

    /// Removes the name of a user from their reviews, which stay. A repeat after a crash does the rest.
    pub(crate) async fn erase_author(&self, user: UserId) -> Result<()> {
        loop {
            let reviewed = self.partition(&ReviewedKey::partition(user), Read::Strong).await?;
            if reviewed.is_empty() {
                return Ok(());
            }
            let erased = reviewed.into_iter().map(|item| async {
                let by: Reviewed = read(item)?;
                let key = Review::key(&ReviewKey { product: by.product_id, id: by.review_id });
                self.update_at(key).remove("author").write().await?;
                self.delete(by.own_key()).write().await
            });
            try_join_all(erased).await?;
        }
    }
}
