//! Reviews of products.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::catalogue::review::{Rating, Review, Reviewed};
use domain::ids::{ProductId, UserId};
use futures_util::future::try_join_all;

use crate::chart::{ReviewKey, ReviewedKey};
use crate::dynamo::{
    ABSENT, Entity, List, ListPosition, Read, Result, Table, Written, broken, failed, number, put, read, text,
};

/// How writing a review ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is there now.
    Now,
    /// The user has reviewed the product before.
    Before(Reviewed),
}

impl Table {
    /// Writes a review, once a user and product, and counts its stars.
    pub async fn write_review(&self, review: &Review, by: &Reviewed) -> Result<Said> {
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let first =
            self.put(by)?.condition_expression(ABSENT).return_values_on_condition_check_failure(all_old);
        let count = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Rating::key(&review.product_id).into()))
            .update_expression("SET product_id = :product ADD reviews :one, stars :stars")
            .expression_attribute_values(":product", text(review.product_id))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":stars", number(review.stars.get()));
        let count = TransactWriteItem::builder().update(count.build().map_err(broken)?).build();
        let writes = vec![put(first)?, put(self.put(review)?)?, count];
        match self.transact("a review", writes).await? {
            Written::All => Ok(Said::Now),
            Written::Refused(reasons) => {
                let before = reasons.into_iter().find_map(|reason| reason.item);
                Ok(Said::Before(read(before.ok_or_else(|| broken("a review refused without a reason"))?)?))
            }
        }
    }

    /// The review that somebody has written, as it is at this moment.
    pub async fn review_by(&self, by: &Reviewed) -> Result<Option<Review>> {
        self.get(&ReviewKey { product: by.product_id, id: by.review_id }, Read::Strong).await
    }

    /// One page of a product's reviews, newest first, after `before`; and where the next page begins, if
    /// there is one.
    pub async fn newest_reviews(
        &self,
        product: ProductId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Review>, Option<ListPosition>)> {
        let reviews = List { index: None, partitions: vec![ReviewKey::partition(product)] };
        let (rows, next) = self.newest(&reviews, before, limit).await?;
        Ok((rows.into_iter().map(read).collect::<Result<_>>()?, next))
    }

    /// Takes a user's name off their reviews, which stay. Who is cut off goes on with what is left.
    pub(crate) async fn erase_author(&self, user: UserId) -> Result<()> {
        loop {
            let reviewed = self.partition(&ReviewedKey::partition(user), Read::Strong).await?;
            if reviewed.is_empty() {
                return Ok(());
            }
            let erased = reviewed.into_iter().map(|item| async {
                let by: Reviewed = read(item)?;
                let key = Review::key(&ReviewKey { product: by.product_id, id: by.review_id });
                let update = self.client.update_item().table_name(&*self.name).set_key(Some(key.into()));
                update.update_expression("REMOVE author").send().await.map_err(failed)?;
                self.delete(by.own_key()).await
            });
            try_join_all(erased).await?;
        }
    }
}
