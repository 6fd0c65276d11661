//! Reviews, and the rating of a product.

use domain::catalogue::review::{Rating, Review};
use domain::ids::ReviewId;
use domain::quantity::Stars;
use domain::text::Comment;
use domain::{Schema, Timestamp};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A review, as shown to everybody.
#[derive(Serialize, Schema)]
pub struct ReviewBody {
    id: ReviewId,
    rating: Stars,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<Comment>,
    /// The first name, and the initial of the last one; absent once the account is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    created_at: Timestamp,
}

impl From<Review> for ReviewBody {
    fn from(review: Review) -> Self {
        let Review { id, product_id: _, author, stars, comment, created_at } = review;
        Self { id, rating: stars, comment, author, created_at }
    }
}

/// The rating of a product.
#[derive(Serialize, Schema)]
pub struct RatingBody {
    /// The number of reviews.
    count: u64,
    /// The average of their stars, to two decimals; absent without reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<Average>,
}

impl RatingBody {
    /// The rating's body. A product without a rating has no reviews.
    pub fn of(rating: Option<Rating>) -> Self {
        let average = rating.and_then(|rating| rating.hundredths()).map(Average);
        Self { count: rating.map_or(0, |rating| rating.reviews), average }
    }
}

/// Hundredths, written as a number with two decimals.
struct Average(u64);

impl Serialize for Average {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = format!("{}.{:02}", self.0 / 100, self.0 % 100);
        RawValue::from_string(number).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Average {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Average".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 1, "maximum": 5, "multipleOf": 0.01 })
    }

    fn inline_schema() -> bool {
        true
    }
}
