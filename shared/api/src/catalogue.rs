//! What several endpoints do with products.

use domain::catalogue::Stocked;
use domain::ids::ProductId;
use domain::money::{Fees, Minor, Money};
use store::Store;

use crate::{Merchant, Problem, Result};

/// The price that somebody names, in minor units; 422 on `price` when it is none.
pub fn price(named: Money, fees: &Fees) -> Result<Minor> {
    let wrong = |(field, invalid)| Problem::invalid(&format!("price.{field}"), &invalid);
    named.price(fees.currency).map_err(wrong)
}

impl Merchant {
    /// A product of theirs, at this moment; 404 when there is none, or it is somebody else's.
    pub async fn product(&self, id: ProductId, store: &Store) -> Result<Stocked> {
        let found = store.product_now(id).await?;
        found
            .filter(|stocked| self.manages(stocked.product.store_id))
            .ok_or_else(|| Problem::missing("product"))
    }
}
