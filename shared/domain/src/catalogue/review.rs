//! Reviews by buyers, and the rating of a product.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrderId, ProductId, ReviewId, UserId};
use crate::orders::{OrderHead, OrderSnapshot, Status};
use crate::quantity::Stars;
use crate::text::{Comment, Name};

/// A buyer's review of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Later ids sort later.
    pub id: ReviewId,
    /// The reviewed product.
    pub product_id: ProductId,
    /// The buyer's name as shown to everybody; absent once they have deleted their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Their rating.
    pub stars: Stars,
    /// Their comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Says that a user has reviewed a product. There is one for each user and product, and it leads to a user's
/// reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The reviewer.
    pub user_id: UserId,
    /// The reviewed product.
    pub product_id: ProductId,
    /// The review.
    pub review_id: ReviewId,
    /// The order that brought the product.
    pub order_id: OrderId,
}

/// The sum of all reviews of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// The rated product.
    pub product_id: ProductId,
    /// The number of reviews.
    pub reviews: u64,
    /// The sum of their stars.
    pub stars: u64,
}

impl Rating {
    /// A hundred times the average, rounded half up; `None` without reviews.
    pub fn hundredths(&self) -> Option<u64> {
        let doubled = u128::from(self.stars) * 200 + u128::from(self.reviews);
        let average = doubled.checked_div(u128::from(self.reviews) * 2)?;
        u64::try_from(average).ok()
    }
}

/// Whether this order has brought this product to the buyer.
pub fn has_arrived(product: ProductId, snapshot: &OrderSnapshot, head: &OrderHead) -> bool {
    let line = snapshot.lines.iter().find(|line| line.product_id == product);
    let part = line.and_then(|line| head.fulfilments.get(&line.store_id));
    part.is_some_and(|part| matches!(part.status, Status::Delivered | Status::Completed))
}

/// A person's public name: the first name, and the initial of the last one.
pub fn shown_name(name: &Name) -> String {
    let mut names = name.as_str().split_whitespace();
    let first = names.next().unwrap_or_default();
    match names.next_back().and_then(|last| last.chars().next()) {
        Some(initial) => format!("{first} {initial}."),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn an_average_is_exact_to_two_decimals() {
        let check = |reviews: u64, stars: u64, expected| {
            let rating = Rating { product_id: ProductId::from_bits(0), reviews, stars };
            assert_eq!(rating.hundredths(), expected, "{stars} / {reviews}");
        };
        check(0, 0, None);
        check(1, 5, Some(500));
        check(3, 13, Some(433));
        check(3, 14, Some(467));
        // 3.125 is rounded half up.
        check(8, 25, Some(313));
        check(u64::MAX / 5, u64::MAX / 5 * 4, Some(400));
    }

    #[test]
    fn only_the_initial_of_a_last_name_is_shown() {
        let shown = |name: &str| shown_name(&name.parse().unwrap());
        assert_eq!(shown("Ann Shopper"), "Ann S.");
        assert_eq!(shown("Ann Maria  von Éber"), "Ann É.");
        assert_eq!(shown("Ann"), "Ann");
    }
}
