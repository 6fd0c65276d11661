//! Carriers of parcels.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use domain::ids::{OrderId, StoreId};

use crate::Unavailable;

/// A label for a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The carrier's number of the parcel.
    pub tracking_number: String,
    /// When the carrier expects to deliver.
    pub estimate: Timestamp,
}

/// A carrier.
#[async_trait(?Send)]
pub trait Provider {
    /// Buys the label for one store's part of an order. Repeats get the same label, which is bought once.
    async fn buy_label(&self, order: OrderId, store: StoreId, now: Timestamp) -> Result<Label, Unavailable>;
}

/// The deployment's carrier.
pub type Carrier = Box<dyn Provider>;

const DAY: Duration = Duration::from_hours(24);

/// The same time, `days` business days later; Saturdays and Sundays do not count.
pub fn business_days_after(from: Timestamp, days: u32) -> Timestamp {
    let mut at = from;
    let mut left = days;
    while left > 0 {
        at = at + DAY;
        // 1 January 1970 was a Thursday, so days 2 and 3 of each week from it are Saturday and Sunday.
        let weekday = (at.seconds() / (24 * 3600)) % 7;
        left -= u32::from(weekday != 2 && weekday != 3);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekend_days_are_not_business_days() {
        let friday: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(business_days_after(friday, 1).to_string(), "2026-11-23T12:00:00.000Z");
        assert_eq!(business_days_after(friday, 6).to_string(), "2026-11-30T12:00:00.000Z");
        assert_eq!(business_days_after(friday, 0), friday);
    }
}
