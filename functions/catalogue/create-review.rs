//! `POST /products/{id}/reviews`: review a product that the caller has bought.

use api::code::{ALREADY_REVIEWED, NOT_FOUND, NOT_PURCHASED, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::ReviewBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::catalogue::review::{Review, Reviewed, has_arrived, shown_name};
use domain::ids::{OrderId, ProductId};
use domain::quantity::Stars;
use domain::text::Comment;
use futures_util::future::try_join3;
use serde::Deserialize;
use table::{Said, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products/{id}/reviews")
    .who(Who::Buyer)
    .takes::<NewReview>()
    .answers::<ReviewBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, NOT_PURCHASED, ALREADY_REVIEWED]);

pub fn main() {
    lambda::run(ENDPOINT, create_review);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// The order that brought the product.
    order_id: OrderId,
    rating: Stars,
    comment: Option<Comment>,
}

/// A buyer can review a product once. Sending the same review again gets the first answer, because that may
/// have been lost. An order of somebody else, like a missing one, is refused as not bought.
pub async fn create_review(table: &Table, request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    let product: ProductId = request.param("id", "product")?;
    let NewReview { order_id, rating, comment } = request.json()?;
    let read = try_join3(table.user_now(buyer.id), table.product(product), table.order_now(order_id));
    let (user, found, order) = read.await?;
    let user = user.ok_or_else(|| Problem::unauthenticated("no such user"))?;
    if !found.is_some_and(|found| found.product.is_active) {
        return Err(Problem::missing("product"));
    }
    let bought = order.is_some_and(|order| {
        order.head.shopper == buyer.id && has_arrived(product, &order.snapshot, &order.head)
    });
    if !bought {
        return Err(Problem::new(NOT_PURCHASED, "Only products that were delivered can be reviewed."));
    }

    let author = Some(shown_name(&user.name));
    let (id, created_at) = (table.new_id()?, table.now());
    let review = Review { id, product_id: product, author, stars: rating, comment, created_at };
    let by = Reviewed { user_id: buyer.id, product_id: product, review_id: id, order_id };
    let said = match table.write_review(&review, &by).await? {
        Said::Now => review,
        Said::Before(before) => {
            let same = |said: &Review| {
                before.order_id == order_id && said.stars == review.stars && said.comment == review.comment
            };
            let said = table.review_by(&before).await?.filter(same);
            said.ok_or_else(|| Problem::new(ALREADY_REVIEWED, "You have reviewed this product before."))?
        }
    };
    Reply::created(&ReviewBody::from(said), &format!("/api/v1/products/{product}/reviews"))
}
