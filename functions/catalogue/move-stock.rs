//! `POST /products/{id}/stock`: add units to a stock, take some out, or set the number.

use api::catalogue::variant_of;
use api::code::{
    FORBIDDEN, IDEMPOTENCY_KEY_REUSED, MALFORMED, NOT_FOUND, OUT_OF_STOCK, STOCK_CHANGED, UNAUTHENTICATED,
    VALIDATION_ERROR,
};
use api::view::StockBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who, token};
use domain::Invalid;
use domain::catalogue::StockChange;
use domain::ids::{MovementId, ProductId, VariantId};
use domain::invalid::{INVALID, OUT_OF_RANGE, REQUIRED};
use domain::quantity::{Delta, OnHand};
use domain::text::Reason;
use http::HeaderName;
use serde::{Deserialize, Serialize};
use table::{Moved, StockMove, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products/{id}/stock")
    .who(Who::SellerOrAdmin)
    .takes::<NewMovement>()
    .answers::<StockBody>(200)
    .refuses(&[
        MALFORMED,
        VALIDATION_ERROR,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        OUT_OF_STOCK,
        STOCK_CHANGED,
        IDEMPOTENCY_KEY_REUSED,
    ]);

pub fn main() {
    lambda::run(ENDPOINT, move_stock);
}

/// Either `delta`, or `on_hand` with `expected`.
#[derive(Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {
        "properties": {
            "delta": { "type": "integer" }, "on_hand": { "type": "null" },
            "expected": { "type": "null" },
        },
        "required": ["delta"],
    },
    {
        "properties": {
            "delta": { "type": "null" }, "on_hand": { "type": "integer" },
            "expected": { "type": "integer" },
        },
        "required": ["on_hand", "expected"],
    },
]))]
pub struct NewMovement {
    /// The change in units: added or, if negative, taken out.
    delta: Option<Delta>,
    /// The new number of units on hand.
    on_hand: Option<OnHand>,
    /// The number of units that the caller expects to be on hand now.
    expected: Option<OnHand>,
    reason: Option<Reason>,
    /// The variant. Required where the product has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<VariantId>,
}

/// The answer has the movement that was made. A repeat with the same `Idempotency-Key` makes none and gets
/// the first movement. Without a key, a `delta` that is sent twice counts twice.
pub async fn move_stock(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let id: ProductId = request.param("id", "product")?;
    let wanted: NewMovement = request.json()?;
    let change = wanted.change()?;
    let hash = token::hash(serde_json::to_string(&wanted).map_err(Problem::internal)?);
    // A request that names no variant keeps its id, whatever variants the product gets later.
    let named = wanted.variant_id.unwrap_or(VariantId::first_of(id));
    let repeatable = request.idempotency_key()?.map(|key| (MovementId::of(named, &key), hash));
    let found = merchant.product(id, table).await?;
    let moved = match (variant_of(&found, wanted.variant_id), repeatable) {
        (Ok(stock), repeatable) => {
            let (variant, reason) = (stock.variant_id(), wanted.reason);
            table.move_stock(&StockMove { variant, change, reason, repeatable }).await?
        }
        // The variant may have gone since an earlier try.
        (Err(problem), Some((id, hash))) => table.moved_before(id, &hash).await?.ok_or(problem)?,
        (Err(problem), None) => return Err(problem),
    };
    let (movement, replayed) = match moved {
        Moved::Now(movement) => (movement, false),
        Moved::Before(movement) => (movement, true),
        Moved::KeyReused => {
            return Err(Problem::new(IDEMPOTENCY_KEY_REUSED, "This key was used for another movement."));
        }
        Moved::Refused(on_hand) => return Err(refused(change, on_hand)),
    };
    let stock = table.stock_now(movement.variant_id()).await?;
    let stock = stock.ok_or_else(|| Problem::missing("variant"))?;
    let reply = Reply::ok(&StockBody::of(&stock, vec![movement]))?;
    match replayed {
        true => reply.header(HeaderName::from_static("idempotent-replayed"), "true"),
        false => Ok(reply),
    }
}

impl NewMovement {
    fn change(&self) -> Result<StockChange> {
        let bad = |field, code, message: &str| Err(Problem::invalid(field, &Invalid::new(code, message)));
        match (self.delta, self.on_hand, self.expected) {
            (Some(delta), None, None) => Ok(StockChange::By(delta.get())),
            (None, Some(on_hand), Some(expected)) => {
                Ok(StockChange::To { on_hand: on_hand.get().into(), expected: expected.get().into() })
            }
            (Some(_), ..) => bad("delta", INVALID, "cannot be given together with on_hand or expected"),
            (None, Some(_), None) => bad("expected", REQUIRED, "is needed with on_hand"),
            (None, None, Some(_)) => bad("on_hand", REQUIRED, "is needed with expected"),
            (None, None, None) => bad("delta", REQUIRED, "is needed, or on_hand with expected"),
        }
    }
}

fn refused(change: StockChange, on_hand: i64) -> Problem {
    match change {
        StockChange::To { .. } => Problem::new(STOCK_CHANGED, format!("There are {on_hand} on hand.")),
        StockChange::By(..0) => Problem::new(OUT_OF_STOCK, format!("There are only {on_hand} on hand.")),
        StockChange::By(_) => {
            let room = format!("must leave at most {} on hand", OnHand::MOST);
            Problem::invalid("delta", &Invalid::new(OUT_OF_RANGE, room))
        }
    }
}
