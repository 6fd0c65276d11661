//! Carts.
//!
//! A cart is one item whose lines are attributes of their own, so that adding is one write without a read
//! before it: `q#<product>` is the quantity, `p#<product>` the price, the store and the name, and `products`
//! the set of what is in it.
//!
//! Each change leaves a random mark in the item, by which the SDK's own retry after a lost answer sees that
//! it has happened, whatever others have changed since. `m0`, `m1` and `m2` take the marks in turn, and a
//! change empties the one that comes next: a mark stays for [`MARK_LIFE`] at least, and there are never many.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::cart::{Cart, CartLine, Lines, MOST_LINES, merged};
use domain::catalogue::Product;
use domain::ids::{CartId, OrderId, ProductId, UserId};
use domain::quantity::Quantity;

use super::item::{
    AtAdd, LastOrder, UNCHANGED, attributes, cart, is_marked, line_of, number_of, quantity_of,
};
use crate::chart::CartKey;
use crate::dynamo::{
    ABSENT, Backoff, Error, Item, Key, Read, Result, Table, Written, broken, failed, number, random, text,
    value,
};

/// How adding to a cart ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Added {
    /// The cart as it is now.
    Now(Cart),
    /// It would hold more than 99 of the product.
    TooMany,
    /// It would hold more than 50 products.
    Full,
    /// There is no such anonymous cart, or not any more. Only [`Table::open_cart`] makes one.
    NoCart,
}

/// An anonymous cart lives this long after its last change, in seconds.
const ANONYMOUS_LIFE: i64 = 30 * 24 * 3600;

/// How long a mark stays at least, in seconds: longer than any function lives, and with it its retries.
const MARK_LIFE: i64 = 15;

/// What a change does beside what every change does. Each part goes on with a clause of the expression.
#[derive(Default)]
struct Parts<'a> {
    /// After `SET`.
    set: &'a str,
    /// After `REMOVE`.
    remove: &'a str,
    /// After `ADD`.
    add: &'a str,
    /// The condition.
    only_if: &'a str,
}

/// The cart as a change has left it; or the item as it was when the condition refused.
type Outcome = std::result::Result<Cart, Option<Item>>;

impl Table {
    /// The cart as it stands; none when there never was one, or when an anonymous one has lived out its time.
    pub async fn cart(&self, key: &CartKey) -> Result<Option<Cart>> {
        self.living(self.get_item(Key::cart(key), Read::Strong).await?.as_ref())
    }

    /// TTL deletes late, so whoever reads looks at the time.
    fn living(&self, item: Option<&Item>) -> Result<Option<Cart>> {
        let expires_at = |item: &Item| item.get("expires_at").and_then(number_of);
        let now = i128::from(self.now().seconds());
        item.filter(|item| expires_at(item).is_none_or(|at| at > now)).map(cart).transpose()
    }

    /// Puts more of a product into a cart: one write, with the limits as its condition. A user's own cart is
    /// always there; an anonymous one has to be, or whoever chooses a token for somebody else would share
    /// their cart.
    pub async fn add_to_cart(&self, key: &CartKey, product: &Product, quantity: Quantity) -> Result<Added> {
        let there = match key {
            CartKey::User(_) => "",
            CartKey::Anonymous(_) => " AND attribute_exists(pk)",
        };
        Ok(match self.add(key, product, quantity, there).await? {
            Ok(cart) => Added::Now(cart),
            Err(seen) => match self.living(seen.as_ref())? {
                None => Added::NoCart,
                Some(cart) if cart.lines.contains_key(&product.id) => Added::TooMany,
                Some(_) => Added::Full,
            },
        })
    }

    /// Makes an anonymous cart, under a token that nobody has had before.
    pub async fn open_cart(&self, key: &CartKey, product: &Product, quantity: Quantity) -> Result<Cart> {
        let opened = self.add(key, product, quantity, " AND attribute_not_exists(pk)").await?;
        opened.map_err(|_| Error::Broken("the token of a new cart was there before".to_owned()))
    }

    async fn add(
        &self,
        key: &CartKey,
        product: &Product,
        quantity: Quantity,
        only_if: &str,
    ) -> Result<Outcome> {
        let limits = "(#quantity <= :room OR (attribute_not_exists(#quantity) AND \
                      (attribute_not_exists(products) OR size(products) < :most)))";
        let parts = Parts {
            set: ", #line = :line, cart_id = if_not_exists(cart_id, :id)",
            add: ", #quantity :more, products :product",
            only_if: &format!("{limits}{only_if}"),
            ..Parts::default()
        };
        let name = Some(product.name.clone());
        let at_add = AtAdd { price: product.price, store: product.store_id, name };
        let (change, mark) = self.cart_change(key, &parts)?;
        let change = change
            .expression_attribute_names("#quantity", quantity_of(product.id))
            .expression_attribute_names("#line", line_of(product.id))
            .expression_attribute_values(":more", number(quantity.get()))
            .expression_attribute_values(":room", number(Quantity::MOST - quantity.get()))
            .expression_attribute_values(":line", value(&at_add)?)
            .expression_attribute_values(":id", text(self.secret_id::<CartId>()?))
            .expression_attribute_values(":product", AttributeValue::Ss(vec![product.id.to_string()]))
            .expression_attribute_values(":most", number(MOST_LINES as u64));
        self.send(change, &mark).await
    }

    /// Makes a line hold so many, or takes it out: one write. None when there is no such line.
    pub async fn set_in_cart(
        &self,
        key: &CartKey,
        product: ProductId,
        quantity: Option<Quantity>,
    ) -> Result<Option<Cart>> {
        let parts = match quantity {
            Some(_) => Parts { set: ", #quantity = :quantity", ..Parts::default() },
            None => {
                Parts { remove: ", #quantity, #line", add: " DELETE products :product", ..Parts::default() }
            }
        };
        let (change, mark) =
            self.cart_change(key, &Parts { only_if: "attribute_exists(#quantity)", ..parts })?;
        let change = change.expression_attribute_names("#quantity", quantity_of(product));
        let change = match quantity {
            Some(quantity) => change.expression_attribute_values(":quantity", number(quantity.get())),
            None => change
                .expression_attribute_names("#line", line_of(product))
                .expression_attribute_values(":product", AttributeValue::Ss(vec![product.to_string()])),
        };
        Ok(self.send(change, &mark).await?.ok())
    }

    /// Takes everything out of a cart. What is taken out has to be named, so this reads before it writes, and
    /// writes on condition that the cart is as it was read. An empty cart, or none, is left alone.
    ///
    /// Another life of the cart begins, as after a checkout. False when nothing was in it.
    pub async fn clear_cart(&self, key: &CartKey) -> Result<bool> {
        let mut backoff = Backoff::new();
        let mut seen = self.get_item(Key::cart(key), Read::Strong).await?;
        loop {
            let Some(cart) = self.living(seen.as_ref())?.filter(|cart| !cart.lines.is_empty()) else {
                return Ok(false);
            };
            let (lines, names) = attributes(&cart);
            let parts = Parts {
                set: ", cart_id = :next",
                remove: &format!(", products, {lines}"),
                only_if: UNCHANGED,
                ..Parts::default()
            };
            let (mut change, mark) = self.cart_change(key, &parts)?;
            for (placeholder, name) in names {
                change = change.expression_attribute_names(placeholder, name);
            }
            let change = change
                .expression_attribute_values(":next", text(self.secret_id::<CartId>()?))
                .expression_attribute_values(":version", number(cart.version));
            match self.send(change, &mark).await? {
                Ok(_) => return Ok(true),
                // What is there now came with the refusal.
                Err(now) => seen = now,
            }
            backoff.wait("a cart that others change").await?;
        }
    }

    /// A change of a cart that is alive, and its mark. It is no longer the cart that has become an order.
    fn cart_change(&self, key: &CartKey, parts: &Parts<'_>) -> Result<(UpdateItemFluentBuilder, String)> {
        let Parts { set, remove, add, only_if } = parts;
        let now = self.now().seconds();
        let turn = now.div_euclid(MARK_LIFE);
        let marks = |turn: i64| format!("m{}", turn.rem_euclid(3));
        let mark = format!("{:x}", u64::from_be_bytes(random()?));
        let update = self.client.update_item().table_name(&*self.name).set_key(Some(Key::cart(key).into()));
        let (update, expires) = match key {
            CartKey::User(_) => (update, ""),
            CartKey::Anonymous(_) => (
                update.expression_attribute_values(":expires", number(now + ANONYMOUS_LIFE)),
                ", expires_at = :expires",
            ),
        };
        let update = update
            .update_expression(format!(
                "SET v = :one{expires}{set} REMOVE #stale, last_order{remove} \
                 ADD version :one, #marks :marks{add}"
            ))
            .condition_expression(format!(
                "(attribute_not_exists(expires_at) OR expires_at > :now) \
                 AND NOT contains(#marks, :mark) AND {only_if}"
            ))
            .expression_attribute_names("#marks", marks(turn))
            .expression_attribute_names("#stale", marks(turn + 1))
            .expression_attribute_values(":mark", text(&mark))
            .expression_attribute_values(":marks", AttributeValue::Ss(vec![mark.clone()]))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok((update, mark))
    }

    /// Sends a change. A cart that already has its mark is what it has led to: only the answer was lost.
    async fn send(&self, change: UpdateItemFluentBuilder, mark: &str) -> Result<Outcome> {
        let mut backoff = Backoff::new();
        loop {
            let error = match change.clone().send().await {
                Ok(changed) => return Ok(Ok(cart(&changed.attributes.unwrap_or_default())?)),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    return Ok(match refused.item() {
                        Some(item) if is_marked(item, mark) => Ok(cart(item)?),
                        seen => Err(seen.cloned()),
                    });
                }
                // A checkout or a merge has it in hand.
                Some(UpdateItemError::TransactionConflictException(_)) => backoff.wait("a cart").await?,
                _ => return Err(failed(error)),
            }
        }
    }

    /// Moves what is in an anonymous cart into a user's own: the anonymous one has expired then, and its
    /// token opens nothing. All of it happens in one transaction, so a repeat finds nothing left to move.
    pub async fn merge_carts(&self, anonymous: &CartKey, user: UserId) -> Result<()> {
        let own = CartKey::User(user);
        let mut backoff = Backoff::new();
        loop {
            let (theirs, mine) = tokio::try_join!(
                self.get_item(Key::cart(anonymous), Read::Strong),
                self.get_item(Key::cart(&own), Read::Strong),
            )?;
            let Some(other) = self.living(theirs.as_ref())? else { return Ok(()) };
            let mut writes = vec![self.expire(anonymous, &other)?];
            if !other.lines.is_empty() {
                let ids: Vec<_> = other.lines.keys().copied().collect();
                let (products, _) = self.products_and_stores(&ids, &[]).await?;
                let left: BTreeMap<_, _> =
                    products.iter().map(|stocked| (stocked.product.id, stocked.available())).collect();
                let lines = mine.as_ref().map(cart).transpose()?.map(|cart| cart.lines).unwrap_or_default();
                let lines = merged(&lines, &other.lines, |id| left.get(&id).copied().unwrap_or_default());
                writes.push(self.fill(&own, mine, &lines)?);
            }
            match self.transact("merge carts", writes).await? {
                Written::All => return Ok(()),
                Written::Refused(_) => backoff.wait("two carts").await?,
            }
        }
    }

    /// Ends a cart that is as it was read, for a transaction. It is not deleted, for the retry of a change
    /// whose answer was lost looks for its mark there. An hour ago is past on everybody's clock.
    fn expire(&self, key: &CartKey, seen: &Cart) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Key::cart(key).into()))
            .update_expression("SET expires_at = :past ADD version :one")
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":past", number(self.now().seconds() - 3600))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":version", number(seen.version));
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }

    /// Gives a cart these lines, for a transaction; refused when it has changed since it was `seen`.
    fn fill(&self, key: &CartKey, seen: Option<Item>, lines: &Lines) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&*self.name);
        let (put, mut item) = match seen {
            None => (put.condition_expression(ABSENT), Item::from(Key::cart(key))),
            Some(item) => {
                let version = cart(&item)?.version;
                let put = put
                    .condition_expression(UNCHANGED)
                    .expression_attribute_values(":version", number(version));
                (put, item)
            }
        };
        let version = item.get("version").and_then(number_of).unwrap_or_default();
        item.insert("version".to_owned(), number(version + 1));
        item.insert("v".to_owned(), number(1));
        item.remove("last_order");
        if !item.contains_key("cart_id") {
            item.insert("cart_id".to_owned(), text(self.secret_id::<CartId>()?));
        }
        for (product, CartLine { quantity, store_id, price_at_add, name }) in lines {
            let at_add = AtAdd { price: *price_at_add, store: *store_id, name: name.clone() };
            item.insert(quantity_of(*product), number(quantity.get()));
            item.insert(line_of(*product), value(&at_add)?);
        }
        // An empty set cannot be stored.
        if !lines.is_empty() {
            let products = lines.keys().map(ToString::to_string).collect();
            item.insert("products".to_owned(), AttributeValue::Ss(products));
        }
        Ok(TransactWriteItem::builder().put(put.set_item(Some(item)).build().map_err(broken)?).build())
    }

    /// Empties the cart that became an order, for a transaction; refused when it has changed since it was
    /// priced. Its marks stay: what was lost of a change that went into the order does not happen again after
    /// it.
    pub(crate) fn check_out(&self, user: UserId, seen: &Cart, order: OrderId) -> Result<TransactWriteItem> {
        let (lines, names) = attributes(seen);
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Key::cart(&CartKey::User(user)).into()))
            .update_expression(format!(
                "SET cart_id = :next, last_order = :order, v = :one REMOVE products, {lines} ADD version :one"
            ))
            .condition_expression(UNCHANGED)
            .set_expression_attribute_names(Some(names))
            .expression_attribute_values(":next", text(self.secret_id::<CartId>()?))
            .expression_attribute_values(":order", value(&LastOrder { id: order, at: self.now() })?)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":version", number(seen.version));
        Ok(TransactWriteItem::builder().update(update.build().map_err(broken)?).build())
    }
}
