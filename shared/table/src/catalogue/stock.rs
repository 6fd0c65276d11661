//! Stock, and its movements by sellers.
//!
//! The movements of a variant have a partition of their own, so that the page of the product stays one small
//! read.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::catalogue::{Movement, Stock, StockChange};
use domain::ids::{MovementId, VariantId};
use domain::quantity::OnHand;
use domain::text::Reason;

use crate::chart::{Applied, MovementKey, VariantName};
use crate::dynamo::{ABSENT, Error, List, Page, Read, Result, Span, Table, Written, number, read, refused};

/// A change of a stock by a seller.
#[derive(Clone, Debug)]
pub struct StockMove {
    /// The variant.
    pub variant: VariantId,
    /// The change of the number.
    pub change: StockChange,
    /// The seller's reason.
    pub reason: Option<Reason>,
    /// The id of the movement under an idempotency key, and the text of the request that a repeat must equal.
    pub repeatable: Option<(MovementId, String)>,
}

/// How a change of a stock ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// The stock is moved.
    Now(Movement),
    /// An earlier request under the same key moved it.
    Before(Movement),
    /// Another request has used the key.
    KeyReused,
    /// The number in stock, which does not allow the change.
    Refused(i64),
}

impl Table {
    /// The stock of a variant, by a consistent read.
    pub async fn stock_now(&self, variant: VariantId) -> Result<Option<Stock>> {
        self.get(&variant, Read::Strong).await
    }

    /// Moves a stock and writes the movement, in one transaction; under an idempotency key at most once.
    pub async fn move_stock(&self, wanted: &StockMove) -> Result<Moved> {
        let StockMove { variant, change, reason, repeatable } = wanted;
        let VariantId { product: product_id, place } = *variant;
        let id = match repeatable {
            Some((id, _)) => *id,
            None => self.new_id()?,
        };
        let (at, reason) = (self.now(), reason.clone());
        let movement = Movement { product_id, place, id, delta: change.delta(), reason, at };
        let mut writes = vec![self.move_by(*variant, *change)?, self.put(&movement).in_transaction()?];
        if let Some((id, request)) = repeatable {
            let applied = Applied { id: *id, product_id, place, at, request: request.clone() };
            writes.push(self.put(&applied).only_if(ABSENT).in_transaction()?);
        }
        let reasons = match self.transact("move a stock", writes).await? {
            Written::All => return Ok(Moved::Now(movement)),
            Written::Refused(reasons) => reasons,
        };
        // The stock may refuse a repeat of what has happened.
        if let (Some((id, request)), Some(true)) = (repeatable, reasons.get(2).map(refused)) {
            return self.moved_before(*id, request).await?.ok_or_else(|| gone(*id));
        }
        let there =
            reasons.into_iter().next().and_then(|reason| reason.item).map(read::<Stock>).transpose()?;
        Ok(Moved::Refused(there.map_or(0, |stock| stock.on_hand)))
    }

    fn move_by(&self, variant: VariantId, change: StockChange) -> Result<TransactWriteItem> {
        let update = self
            .update::<Stock>(&variant)
            .set("on_hand = on_hand + :delta, received = received + :delta")
            .with(":delta", number(change.delta()))
            .returning_old();
        match change {
            StockChange::By(delta) if delta < 0 => {
                update.only_if("on_hand >= :least").with(":least", number(-i128::from(delta)))
            }
            StockChange::By(delta) => {
                let room = i64::from(OnHand::MOST).saturating_sub(delta);
                update.only_if("on_hand <= :room").with(":room", number(room))
            }
            StockChange::To { expected, .. } => {
                update.only_if("on_hand = :expected").with(":expected", number(expected))
            }
        }
        .in_transaction()
    }

    /// The movement that an earlier request under this id made, if the request was the same; none without an
    /// earlier request.
    pub async fn moved_before(&self, id: MovementId, request: &str) -> Result<Option<Moved>> {
        let Some(applied) = self.get::<Applied>(&id, Read::Strong).await? else { return Ok(None) };
        if applied.request != request {
            return Ok(Some(Moved::KeyReused));
        }
        let key = MovementKey { variant: VariantName(applied.variant_id()), at: applied.at, id };
        let movement: Option<Movement> = self.get(&key, Read::Strong).await?;
        movement.map(|movement| Some(Moved::Before(movement))).ok_or_else(|| gone(id))
    }

    /// One page of the movements of a stock, newest first, by a consistent read.
    pub async fn newest_movements(
        &self,
        variant: VariantId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<Movement>> {
        let list = List { index: None, partitions: vec![MovementKey::partition(variant)] };
        let span = Span { after: before, read_as: Read::Strong, ..Span::default() };
        self.rows(&list, &span, limit).await?.read(read)
    }
}

/// A movement is never deleted, so this is a bug.
fn gone(id: MovementId) -> Error {
    Error::Broken(format!("movement {id} is gone"))
}
