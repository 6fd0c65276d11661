//! Reviews: what buyers say of what they have bought, and what that comes to.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrderId, ProductId, ReviewId, UserId};
use crate::orders::{OrderHead, OrderSnapshot, Status};
use crate::quantity::Stars;
use crate::text::{Comment, Name};

/// What somebody said of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Names the review; one made later sorts later.
    pub id: ReviewId,
    /// Of which product.
    pub product_id: ProductId,
    /// Who said it, as it may be shown; none once they have deleted their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// How good it is.
    pub stars: Stars,
    /// In their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// When it was said.
    pub created_at: Timestamp,
}

/// That somebody has reviewed a product: there is one a user and product, and it finds a user's reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Who.
    pub user_id: UserId,
    /// Which product.
    pub product_id: ProductId,
    /// By which review.
    pub review_id: ReviewId,
    /// For which order.
    pub order_id: OrderId,
}

/// All reviews of a product, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Which product.
    pub product_id: ProductId,
    /// How many there are.
    pub reviews: u64,
    /// Their stars together.
    pub stars: u64,
}

impl Rating {
    /// A hundred times the average, rounded half up; none of no reviews.
    pub fn hundredths(&self) -> Option<u64> {
        let doubled = u128::from(self.stars) * 200 + u128::from(self.reviews);
        let average = doubled.checked_div(u128::from(self.reviews) * 2)?;
        u64::try_from(average).ok()
    }
}

/// Whether this product has come to the buyer by this order.
pub fn has_arrived(product: ProductId, snapshot: &OrderSnapshot, head: &OrderHead) -> bool {
    let line = snapshot.lines.iter().find(|line| line.product_id == product);
    let part = line.and_then(|line| head.fulfilments.get(&line.store_id));
    part.is_some_and(|part| matches!(part.status, Status::Delivered | Status::Completed))
}

/// A person's name as everybody may see it: the first name, and what the last one begins with.
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
        // 3.125, half up.
        check(8, 25, Some(313));
        check(u64::MAX / 5, u64::MAX / 5 * 4, Some(400));
    }

    #[test]
    fn of_a_last_name_only_the_initial_is_shown() {
        let shown = |name: &str| shown_name(&name.parse().unwrap());
        assert_eq!(shown("Ann Shopper"), "Ann S.");
        assert_eq!(shown("Ann Maria  von Éber"), "Ann É.");
        assert_eq!(shown("Ann"), "Ann");
    }
}
