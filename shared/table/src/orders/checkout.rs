//! Checkout: one transaction makes the order, takes the stock and empties the cart, or does nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, TransactWriteItem};
use domain::cart::{Short, Shortage};
use domain::catalogue::Stock;
use domain::ids::{OrderId, VariantId};
use domain::money::Minor;
use domain::orders::checkout::NewOrder;
use domain::orders::{Change, OrderContact, OrderHead, OrderLine, OrderSnapshot};
use domain::text::Reason;

use super::order::{Order, gone};
use crate::chart::Pointer;
use crate::dynamo::{
    ABSENT, Entity, Error, Item, Read, Result, Table, Written, number, refused, text, until_won,
};

/// How a checkout ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Checkout {
    /// The order is placed.
    Placed,
    /// An earlier request under the same key has placed the order.
    Exists,
    /// The cart has changed since it was read. Nothing was written.
    CartChanged,
    /// These products cannot be sold in that number. Nothing was written.
    Short(Short),
    /// A price has changed since it was read. Nothing was written.
    Repriced,
}

/// The first items of the transaction, before the pointers.
const ORDER_ITEMS: usize = 3;

impl Table {
    /// Places an order. After a lost answer a read of the order decides.
    pub async fn check_out_order(&self, new: &NewOrder) -> Result<Checkout> {
        let (writes, stock) = self.checkout_writes(new)?;
        let first_stock = writes.len() - stock.len();
        match self.transact("checkout", writes).await {
            Ok(Written::All) => Ok(Checkout::Placed),
            Ok(Written::Refused(reasons)) => Ok(judge(&reasons, &stock, first_stock, new.cart.is_some())),
            Err(Error::Unavailable(cause)) => match self.order_exists(new.snapshot.id).await? {
                true => Ok(Checkout::Exists),
                false => Err(Error::Unavailable(cause)),
            },
            Err(error) => Err(error),
        }
    }

    /// The writes, in the order in which [`judge`] reads the reasons: snapshot, contact, head, pointers, the
    /// cart, then the stock of each variant.
    fn checkout_writes(&self, new: &NewOrder) -> Result<(Vec<TransactWriteItem>, Vec<Taking>)> {
        let NewOrder { snapshot, contact, head, cart } = new;
        let mut writes = vec![
            self.put(snapshot).only_if(ABSENT).in_transaction()?,
            self.put(contact).in_transaction()?,
            self.put(head).in_transaction()?,
        ];
        for store in head.fulfilments.keys() {
            let pointer = Pointer { store: *store, order: head.id, placed_at: head.placed_at };
            writes.push(self.put(&pointer).in_transaction()?);
        }
        if let Some(cart) = cart {
            writes.push(self.check_out(snapshot.shopper, cart, snapshot.id)?);
        }
        let stock = takings(&snapshot.lines);
        for taking in &stock {
            writes.push(self.take(taking)?);
        }
        Ok((writes, stock))
    }

    fn take(&self, taking: &Taking) -> Result<TransactWriteItem> {
        self.update::<Stock>(&taking.variant)
            .set("on_hand = on_hand - :quantity")
            .only_if("on_hand >= :quantity AND price = :price AND sellable = :yes")
            .with(":quantity", number(taking.quantity))
            .with(":price", number(taking.price))
            .with(":yes", AttributeValue::Bool(true))
            .returning_old()
            .in_transaction()
    }

    async fn order_exists(&self, id: OrderId) -> Result<bool> {
        Ok(self.get_item(OrderSnapshot::key(&id), Read::Strong).await?.is_some())
    }

    /// Cancels an order as `decide` says, and gives its stock back, once for all callers at the same time. An
    /// order that has moved since is read and decided on again. `decide` gives none when the order cannot be
    /// cancelled. Gives the order as it is then.
    pub async fn cancel(
        &self,
        order: Order,
        reason: Option<&Reason>,
        decide: impl Fn(&OrderHead) -> Option<Change>,
    ) -> Result<Order> {
        let (id, mut seen) = (order.head.id, Some(order));
        until_won("an order that others move", async || {
            let order = match seen.take() {
                Some(order) => order,
                None => self.order_now(id).await?.ok_or_else(|| gone(id))?,
            };
            let Some(change) = decide(&order.head) else { return Ok(Some(order)) };
            let lines = &order.snapshot.lines;
            let cancelled = self.cancel_and_restock(&order.head, &change, lines, reason).await?;
            Ok(cancelled.map(|head| {
                let cancel_reason = reason.cloned();
                let contact = order.contact.map(|contact| OrderContact { cancel_reason, ..contact });
                Order { contact, head, ..order }
            }))
        })
        .await
    }

    /// Cancels an order and gives its stock back, in one transaction. None when the order has moved since
    /// `head` was read.
    pub async fn cancel_and_restock(
        &self,
        head: &OrderHead,
        change: &Change,
        lines: &[OrderLine],
        reason: Option<&Reason>,
    ) -> Result<Option<OrderHead>> {
        let after = head.after(change);
        let mut writes = vec![self.changing(head, change, &after)?.in_transaction()?];
        for taking in takings(lines) {
            let restock = self.update::<Stock>(&taking.variant).set("on_hand = on_hand + :quantity");
            writes.push(restock.with(":quantity", number(taking.quantity)).in_transaction()?);
        }
        if let Some(reason) = reason {
            writes.push(self.keep_reason(head.id, reason)?);
        }
        match self.transact("cancel", writes).await? {
            Written::All => Ok(Some(after)),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Keeps the reason beside the contact, for a transaction. The contact of an order that can be cancelled
    /// is never erased.
    fn keep_reason(&self, id: OrderId, reason: &Reason) -> Result<TransactWriteItem> {
        let keep = self.update::<OrderContact>(&id).set("cancel_reason = :reason");
        keep.with(":reason", text(reason)).in_transaction()
    }
}

/// The stock that an order takes of one variant, which may be on several lines.
struct Taking {
    variant: VariantId,
    quantity: u32,
    price: Minor,
}

fn takings(lines: &[OrderLine]) -> Vec<Taking> {
    let mut takings = BTreeMap::new();
    for line in lines {
        let taking = Taking { variant: line.variant_id(), quantity: 0, price: line.price };
        takings.entry(line.variant_id()).or_insert(taking).quantity += line.quantity;
    }
    takings.into_values().collect()
}

/// The result of a refused checkout. An existing order goes before the cart, and the cart before stock and
/// price.
fn judge(reasons: &[CancellationReason], stock: &[Taking], first_stock: usize, with_cart: bool) -> Checkout {
    let refused_at = |place: usize| reasons.get(place).is_some_and(refused);
    if refused_at(0) {
        return Checkout::Exists;
    }
    if with_cart && (ORDER_ITEMS..first_stock).any(refused_at) {
        return Checkout::CartChanged;
    }
    let mut short = Short::new();
    for (reason, taking) in reasons.iter().skip(first_stock).zip(stock).filter(|(reason, _)| refused(reason))
    {
        let left: Item = reason.item().cloned().unwrap_or_default();
        let left: Option<Stock> = serde_dynamo::from_item(left).ok();
        // When there is enough, the price has changed.
        if let Some(shortage) = Shortage::of(taking.quantity, left.as_ref()) {
            short.insert(taking.variant, shortage);
        }
    }
    if short.is_empty() { Checkout::Repriced } else { Checkout::Short(short) }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use domain::ids::{Id as _, ProductId};

    use super::*;

    const REFUSED: &str = "ConditionalCheckFailed";
    const CONFLICT: &str = "TransactionConflict";

    /// Judges a checkout of 2 units of one store's product, from a cart, by the codes of snapshot, cart and
    /// stock; 1 is left, at this price.
    #[track_caller]
    fn check(codes: [&str; 3], left: i64, expected: &Checkout) {
        let stock = Stock::new(VariantId::first_of(ProductId::from_bits(7)), left, 15_00);
        let reason = |code: &str| CancellationReason::builder().code(code);
        let [snapshot, cart, taken] = codes.map(reason);
        let none = || reason("None").build();
        let there = serde_dynamo::to_item(&stock).unwrap();
        let reasons =
            [snapshot.build(), none(), none(), none(), cart.build(), taken.set_item(Some(there)).build()];
        let taking = Taking { variant: stock.variant_id(), quantity: 2, price: 15_00 };
        assert_eq!(&judge(&reasons, &[taking], 5, true), expected);
    }

    #[test]
    fn an_existing_order_wins_over_the_cart_and_the_cart_over_stock_and_price() {
        let short =
            Checkout::Short([(VariantId::first_of(ProductId::from_bits(7)), Shortage::Left(1))].into());
        let cart_changed = Checkout::CartChanged;
        check([REFUSED, REFUSED, REFUSED], 1, &Checkout::Exists);
        check([REFUSED, "None", REFUSED], 1, &Checkout::Exists);
        check(["None", REFUSED, REFUSED], 1, &cart_changed);
        check([CONFLICT, REFUSED, REFUSED], 1, &cart_changed);
        check(["None", CONFLICT, REFUSED], 1, &short);
        check(["None", "None", REFUSED], 1, &short);
        check(["None", "None", REFUSED], 2, &Checkout::Repriced);
    }
}
