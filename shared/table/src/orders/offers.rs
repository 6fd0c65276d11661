//! What a checkout prices an order from.

use std::collections::BTreeSet;

use domain::cart::{Cart, order_lines};
use domain::catalogue::Stocked;
use domain::orders::checkout::Wanted;
use domain::stores::Store;

use crate::dynamo::{Result, Table};

impl Table {
    /// The wanted products with their stock, and the stores that sell them. A cart names the stores, so one
    /// read finds both.
    ///
    /// These reads may be a moment old where all can be sold, because the write checks stock and price again.
    /// Before anything is refused, and for a store that a cheap read misses, they are consistent.
    pub async fn offers(&self, wanted: &Wanted, cart: Option<&Cart>) -> Result<(Vec<Stocked>, Vec<Store>)> {
        let ids: Vec<_> = wanted.keys().copied().collect();
        let known = cart.iter().flat_map(|cart| cart.lines.values()).map(|line| line.store_id);
        let known: Vec<_> = known.collect::<BTreeSet<_>>().into_iter().collect();
        let (mut products, mut stores) = self.products_and_stores(&ids, &known).await?;
        if order_lines(wanted, &products).is_err() {
            (products, stores) = self.products_and_stores_now(&ids, &known).await?;
        }
        if cart.is_none() {
            let sellers = missing(&products, &stores);
            (_, stores) = self.products_and_stores(&[], &sellers).await?;
        }
        let late = missing(&products, &stores);
        if !late.is_empty() {
            stores.extend(self.products_and_stores_now(&[], &late).await?.1);
        }
        Ok((products, stores))
    }
}

fn missing(products: &[Stocked], stores: &[Store]) -> Vec<domain::ids::StoreId> {
    let found: BTreeSet<_> = stores.iter().map(|store| store.id).collect();
    let sellers: BTreeSet<_> = products.iter().map(|stocked| stocked.product.store_id).collect();
    sellers.difference(&found).copied().collect()
}
