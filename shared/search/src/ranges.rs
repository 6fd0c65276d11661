//! Ranges of prices and of ratings, for facets.

use std::sync::LazyLock;

use domain::money::MOST_PRICE;

use crate::document::hundredths;

/// The highest price.
pub(crate) fn most_price() -> u64 {
    u64::try_from(MOST_PRICE).unwrap_or(u64::MAX)
}

/// Where bands of prices begin, in ascending order; the first is 0.
pub(crate) static BANDS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    let starts = powers.flat_map(|power| [power, 2 * power, 5 * power]);
    std::iter::once(0).chain(starts.take_while(|start| *start <= most_price())).collect()
});

/// The number of the band of a price.
pub(crate) fn band(price: u64) -> u8 {
    let after = BANDS.partition_point(|start| *start <= price);
    u8::try_from(after.saturating_sub(1)).unwrap_or(u8::MAX)
}

/// The whole stars of a rating's key, 0 to 5.
pub(crate) fn stars(rating: u64) -> u8 {
    u8::try_from(hundredths(rating) / 100).unwrap_or(5).min(5)
}
