//! What several endpoints do with products.

use domain::Timestamp;
use domain::catalogue::{Movement, Stock, Stocked};
use domain::ids::{MovementId, ProductId};
use domain::money::{Fees, Minor, Price};
use domain::text::Reason;
use serde::Serialize;
use store::Store;

use crate::{Merchant, Problem, Result, Schema};

/// The price that somebody names, in minor units; 422 on `price.currency` when it is in another currency.
pub fn price(named: Price, fees: &Fees) -> Result<Minor> {
    named.minor(fees.currency).map_err(|invalid| Problem::invalid("price.currency", &invalid))
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

/// How many there are of a product, to who sells it.
#[derive(Serialize, Schema)]
pub struct StockBody {
    product_id: ProductId,
    on_hand: i64,
    movements: Vec<MovementBody>,
}

/// A change of a stock by its seller.
#[derive(Serialize, Schema)]
struct MovementBody {
    id: MovementId,
    /// How many more there are by it.
    delta: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    created_at: Timestamp,
}

impl StockBody {
    /// The stock, with these of its movements.
    pub fn of(stock: &Stock, movements: Vec<Movement>) -> Self {
        let movements = movements.into_iter().map(|movement| {
            let Movement { id, delta, reason, at, .. } = movement;
            MovementBody { id, delta, reason, created_at: at }
        });
        Self { product_id: stock.product_id, on_hand: stock.on_hand, movements: movements.collect() }
    }
}
