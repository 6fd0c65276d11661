//! Stock, and how sellers move it.
//!
//! A product's movements have a partition of their own, so that its page stays one small read.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::catalogue::{Movement, Stock, StockChange};
use domain::ids::{MovementId, ProductId};
use domain::quantity::OnHand;
use domain::text::Reason;

use crate::chart::{Applied, MovementKey};
use crate::dynamo::{
    ABSENT, Entity, Error, List, ListPosition, Read, Result, Span, Table, Written, broken, number, put, read,
    refused,
};

/// A change of a stock that a seller wants.
#[derive(Clone, Debug)]
pub struct StockMove {
    /// Of what.
    pub product: ProductId,
    /// By how much.
    pub change: StockChange,
    /// Why.
    pub reason: Option<Reason>,
    /// What the movement is called where its caller may repeat it, and what else the request says.
    pub repeatable: Option<(MovementId, String)>,
}

/// How a change of a stock ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// It has happened.
    Now(Movement),
    /// It had happened before.
    Before(Movement),
    /// Another request has this name.
    KeyReused,
    /// The state refuses it: so many there are.
    Refused(i64),
}

impl Table {
    /// How many there are at this moment, and beside which price.
    pub async fn stock_now(&self, product: ProductId) -> Result<Option<Stock>> {
        self.get(&product, Read::Strong).await
    }

    /// Moves a stock, once, and keeps that it was moved: in one transaction.
    pub async fn move_stock(&self, wanted: &StockMove) -> Result<Moved> {
        let StockMove { product, change, reason, repeatable } = wanted;
        let id = match repeatable {
            Some((id, _)) => *id,
            None => self.new_id()?,
        };
        let (at, reason) = (self.now(), reason.clone());
        let movement = Movement { product_id: *product, id, delta: change.delta(), reason, at };
        let mut writes = vec![self.move_by(*product, *change)?, put(self.put(&movement)?)?];
        if let Some((id, request)) = repeatable {
            let applied = Applied { id: *id, product_id: *product, at, request: request.clone() };
            writes.push(put(self.put(&applied)?.condition_expression(ABSENT))?);
        }
        let reasons = match self.transact("move a stock", writes).await? {
            Written::All => return Ok(Moved::Now(movement)),
            Written::Refused(reasons) => reasons,
        };
        // What has happened has happened, whatever the stock says now.
        if let (Some((id, request)), Some(true)) = (repeatable, reasons.get(2).map(refused)) {
            return self.moved_before(*id, request).await;
        }
        let there =
            reasons.into_iter().next().and_then(|reason| reason.item).map(read::<Stock>).transpose()?;
        Ok(Moved::Refused(there.map_or(0, |stock| stock.on_hand)))
    }

    fn move_by(&self, product: ProductId, change: StockChange) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Stock::key(&product).into()))
            .update_expression("SET on_hand = on_hand + :delta, received = received + :delta")
            .expression_attribute_values(":delta", number(change.delta()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match change {
            StockChange::By(delta) if delta < 0 => update
                .condition_expression("on_hand >= :least")
                .expression_attribute_values(":least", number(-i128::from(delta))),
            StockChange::By(delta) => update
                .condition_expression("on_hand <= :room")
                .expression_attribute_values(":room", number(i64::from(OnHand::MOST).saturating_sub(delta))),
            StockChange::To { expected, .. } => update
                .condition_expression("on_hand = :expected")
                .expression_attribute_values(":expected", number(expected)),
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }

    /// What was moved under this name, if it was this very request.
    async fn moved_before(&self, id: MovementId, request: &str) -> Result<Moved> {
        let gone = || Error::Broken(format!("movement {id} is gone"));
        let applied: Applied = self.get(&id, Read::Strong).await?.ok_or_else(gone)?;
        if applied.request != request {
            return Ok(Moved::KeyReused);
        }
        let key = MovementKey { product: applied.product_id, at: applied.at, id };
        let movement: Option<Movement> = self.get(&key, Read::Strong).await?;
        movement.map(Moved::Before).ok_or_else(gone)
    }

    /// One page of the movements of a stock, newest first, and where the next page begins, if there is one.
    pub async fn newest_movements(
        &self,
        product: ProductId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Movement>, Option<ListPosition>)> {
        let list = List { index: None, partitions: vec![MovementKey::partition(product)] };
        let span = Span { after: before, read_as: Read::Strong, ..Span::default() };
        let (rows, next) = self.rows(&list, &span, limit).await?;
        Ok((rows.into_iter().map(read).collect::<Result<_>>()?, next))
    }
}
