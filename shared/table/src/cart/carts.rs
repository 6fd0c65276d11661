//! Carts.
//!
//! A cart is one item, and each line has attributes of its own, so adding is one write without a read:
//! `q#<variant>` is the quantity, `p#<variant>` the price, the store and the name, and `products` the set of
//! the variants in the cart. The first variant of a product has the product's id there. `o#<product>` is the
//! set of the other variants of a product, so a line that is named by its product is found without a read.
//!
//! Each change leaves a random mark in the item. By the mark the SDK's own retry after a lost answer sees
//! that the change has happened, whatever other writers have changed since. `m0`, `m1` and `m2` take the
//! marks in turn, and a change empties the next one: a mark stays for [`MARK_LIFE`] at least, and there are
//! never many.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::Invalid;
use domain::cart::{Cart, CartLine, Lines, MOST_LINES, merged};
use domain::catalogue::Stocked;
use domain::ids::{CartId, OrderId, ProductId, UserId, VariantId};
use domain::quantity::Quantity;

use super::item::{
    AtAdd, LastOrder, UNCHANGED, attributes, cart, is_marked, line_of, number_of, others_of, quantity_of,
};
use crate::chart::{CartKey, VariantName};
use crate::dynamo::{
    ABSENT, Error, Item, Key, Read, Result, Table, Updates, Write, Written, number, random, shape, text,
    until_won, value,
};

/// How adding to a cart ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Added {
    /// The cart as it is now.
    Now(Cart),
    /// The cart would hold more than 99 of the variant.
    TooMany,
    /// The cart would hold more than 50 variants.
    Full,
    /// There is no such anonymous cart, or it has expired. Only [`Table::open_cart`] makes one.
    NoCart,
}

/// A line as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineName {
    /// By the variant.
    Variant(VariantId),
    /// By the product, whose only line it is.
    Product(ProductId),
}

impl FromStr for LineName {
    type Err = Invalid;

    /// Reads the id of a variant or of a product.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse().map(Self::Variant).or_else(|_| text.parse().map(Self::Product))
    }
}

/// How a change of a line ended.
#[derive(Clone, Debug, PartialEq)]
pub enum LineSet {
    /// The cart as it is now.
    Now(Cart),
    /// There is no such line.
    Missing,
    /// The cart has several variants of the product.
    Several,
}

/// An anonymous cart lives this long after its last change, in seconds.
const ANONYMOUS_LIFE: i64 = 30 * 24 * 3600;

/// How long a mark stays at least, in seconds: longer than any function runs with its retries.
const MARK_LIFE: i64 = 15;

impl Table {
    /// A cart, by a consistent read; none when there is none, or when an anonymous one has expired.
    pub async fn cart(&self, key: &CartKey) -> Result<Option<Cart>> {
        self.living(self.get_item(Key::cart(key), Read::Strong).await?.as_ref())
    }

    /// Reads a cart that has not expired. TTL deletes late, so the time is checked here.
    fn living(&self, item: Option<&Item>) -> Result<Option<Cart>> {
        let expires_at = |item: &Item| item.get("expires_at").and_then(number_of);
        let now = i128::from(self.now().seconds());
        item.filter(|item| expires_at(item).is_none_or(|at| at > now)).map(cart).transpose()
    }

    /// Adds a variant to a cart: one write, with the limits as its condition. The cart of a user is made by
    /// its first change. An anonymous cart must exist: a caller who could choose a token for another person
    /// would share that person's cart.
    pub async fn add_to_cart(&self, key: &CartKey, offer: &Stocked, quantity: Quantity) -> Result<Added> {
        let (add, mark) = self.adding(key, offer, quantity)?;
        let add = match key {
            CartKey::User(_) => add,
            CartKey::Anonymous(_) => add.only_if("attribute_exists(pk)"),
        };
        Ok(match self.send(add, &mark).await? {
            Ok(cart) => Added::Now(cart),
            Err(seen) => match self.living(seen.as_ref())? {
                None => Added::NoCart,
                Some(cart) if cart.lines.contains_key(&offer.variant_id()) => Added::TooMany,
                Some(_) => Added::Full,
            },
        })
    }

    /// Makes an anonymous cart under a new token.
    pub async fn open_cart(&self, key: &CartKey, offer: &Stocked, quantity: Quantity) -> Result<Cart> {
        let (add, mark) = self.adding(key, offer, quantity)?;
        let opened = self.send(add.only_if(ABSENT), &mark).await?;
        opened.map_err(|_| Error::Broken("the token of a new cart was there before".to_owned()))
    }

    fn adding(
        &self,
        key: &CartKey,
        offer: &Stocked,
        quantity: Quantity,
    ) -> Result<(Write<'_, Updates>, String)> {
        let (variant, product) = (offer.variant_id(), &offer.product);
        let name = Some(product.name.clone());
        let label = offer.label();
        let at_add = AtAdd { price: offer.stock.price, store: product.store_id, name, variant: label };
        let (change, mark) = self.cart_change(key)?;
        let add = change
            .set("#line = :line, cart_id = if_not_exists(cart_id, :id)")
            .add("#quantity :more, products :product")
            .only_if(
                "(#quantity <= :room OR (attribute_not_exists(#quantity) AND \
                 (attribute_not_exists(products) OR size(products) < :most)))",
            )
            .name("#quantity", quantity_of(variant))
            .name("#line", line_of(variant))
            .with(":more", number(quantity.get()))
            .with(":room", number(Quantity::MOST - quantity.get()))
            .with(":line", value(&at_add)?)
            .with(":id", text(self.secret_id::<CartId>()?))
            .with(":product", AttributeValue::Ss(vec![VariantName(variant).to_string()]))
            .with(":most", number(MOST_LINES as u64));
        let add = match variant.place.is_first() {
            true => add.set("v = if_not_exists(v, :v)").with(":v", shape(1)),
            false => add
                .set("v = :v")
                .with(":v", shape(2))
                .add("#others :product")
                .name("#others", others_of(variant.product)),
        };
        Ok((add, mark))
    }

    /// Sets the quantity of a line, or removes the line: one write. A line that is named by its product is
    /// the one of the first place; only when there is none, or another one as well, the cart decides.
    pub async fn set_in_cart(
        &self,
        key: &CartKey,
        line: LineName,
        quantity: Option<Quantity>,
    ) -> Result<LineSet> {
        let product = match line {
            LineName::Variant(variant) => return self.set_line(key, variant, quantity).await,
            LineName::Product(product) => product,
        };
        let first = VariantId::first_of(product);
        let (change, mark) = self.line_change(key, first, quantity)?;
        let change = change.only_if("attribute_not_exists(#others)").name("#others", others_of(product));
        let seen = match self.send(change, &mark).await? {
            Ok(cart) => return Ok(LineSet::Now(cart)),
            Err(seen) => self.living(seen.as_ref())?,
        };
        let lines = seen.map(|cart| cart.lines).unwrap_or_default();
        let mut of_product = lines.keys().filter(|variant| variant.product == product);
        match (of_product.next(), of_product.next()) {
            (None, _) => Ok(LineSet::Missing),
            (Some(only), None) => self.set_line(key, *only, quantity).await,
            (Some(_), Some(_)) => Ok(LineSet::Several),
        }
    }

    async fn set_line(
        &self,
        key: &CartKey,
        variant: VariantId,
        quantity: Option<Quantity>,
    ) -> Result<LineSet> {
        let (change, mark) = self.line_change(key, variant, quantity)?;
        Ok(self.send(change, &mark).await?.map_or(LineSet::Missing, LineSet::Now))
    }

    fn line_change(
        &self,
        key: &CartKey,
        variant: VariantId,
        quantity: Option<Quantity>,
    ) -> Result<(Write<'_, Updates>, String)> {
        let (change, mark) = self.cart_change(key)?;
        let change = change.only_if("attribute_exists(#quantity)").name("#quantity", quantity_of(variant));
        if let Some(quantity) = quantity {
            let change = change.set("#quantity = :quantity").with(":quantity", number(quantity.get()));
            return Ok((change, mark));
        }
        let name = VariantName(variant).to_string();
        let change = change
            .remove("#quantity, #line")
            .delete_from("products :product")
            .name("#line", line_of(variant))
            .with(":product", AttributeValue::Ss(vec![name]));
        let change = match variant.place.is_first() {
            true => change,
            false => change.delete_from("#set :product").name("#set", others_of(variant.product)),
        };
        Ok((change, mark))
    }

    /// Removes all lines of a cart. The update has to name them, so this reads first, and writes on condition
    /// that the cart is as it was read. The cart gets a new id, as after a checkout. False when the cart was
    /// empty; then nothing is written.
    pub async fn clear_cart(&self, key: &CartKey) -> Result<bool> {
        let mut seen = self.get_item(Key::cart(key), Read::Strong).await?;
        until_won("a cart that others change", async || {
            let Some(cart) = self.living(seen.as_ref())?.filter(|cart| !cart.lines.is_empty()) else {
                return Ok(Some(false));
            };
            let (lines, names) = attributes(&cart);
            let (mut clear, mark) = self.cart_change(key)?;
            for (placeholder, name) in names {
                clear = clear.name(placeholder, name);
            }
            let clear = clear
                .set("cart_id = :next, v = :v")
                .remove(format!("products, {lines}"))
                .only_if(UNCHANGED)
                .with(":next", text(self.secret_id::<CartId>()?))
                .with(":v", shape(1))
                .with(":version", number(cart.version));
            match self.send(clear, &mark).await? {
                Ok(_) => Ok(Some(true)),
                // The refusal gave the item that is there now.
                Err(now) => {
                    seen = now;
                    Ok(None)
                }
            }
        })
        .await
    }

    /// A change of a cart that has not expired, and the mark of the change. The cart is no longer the one
    /// that has become an order.
    fn cart_change(&self, key: &CartKey) -> Result<(Write<'_, Updates>, String)> {
        let now = self.now().seconds();
        let turn = now.div_euclid(MARK_LIFE);
        let marks = |turn: i64| format!("m{}", turn.rem_euclid(3));
        let mark = format!("{:x}", u64::from_be_bytes(random()?));
        let change = self
            .update_at(Key::cart(key))
            .remove("#stale, last_order")
            .add("version :one, #marks :marks")
            .only_if("(attribute_not_exists(expires_at) OR expires_at > :now)")
            .only_if("NOT contains(#marks, :mark)")
            .name("#marks", marks(turn))
            .name("#stale", marks(turn + 1))
            .with(":mark", text(&mark))
            .with(":marks", AttributeValue::Ss(vec![mark.clone()]))
            .with(":one", number(1))
            .with(":now", number(now))
            .returning_new()
            .returning_old();
        let change = match key {
            CartKey::User(_) => change,
            CartKey::Anonymous(_) => {
                change.set("expires_at = :expires").with(":expires", number(now + ANONYMOUS_LIFE))
            }
        };
        Ok((change, mark))
    }

    /// Sends a change. Gives the cart after it; or, when the condition refused the change, the item that was
    /// there. When the item has the mark, the change has happened and only its answer was lost.
    async fn send(&self, change: Write<'_, Updates>, mark: &str) -> Result<Result<Cart, Option<Item>>> {
        match change.write_and_return().await? {
            Ok(changed) => cart(&changed).map(Ok),
            Err(Some(seen)) if is_marked(&seen, mark) => cart(&seen).map(Ok),
            Err(seen) => Ok(Err(seen)),
        }
    }

    /// Moves the lines of an anonymous cart into the cart of a user. The anonymous cart has expired then, and
    /// its token opens nothing. One transaction does it all, so a repeat finds nothing to move.
    pub async fn merge_carts(&self, anonymous: &CartKey, user: UserId) -> Result<()> {
        let own = CartKey::User(user);
        until_won("two carts", async || {
            let (theirs, mine) = tokio::try_join!(
                self.get_item(Key::cart(anonymous), Read::Strong),
                self.get_item(Key::cart(&own), Read::Strong),
            )?;
            let Some(other) = self.living(theirs.as_ref())? else { return Ok(Some(())) };
            let mut writes = vec![self.expire(anonymous, &other)?];
            if !other.lines.is_empty() {
                let ids: Vec<_> = other.lines.keys().copied().collect();
                let (products, _) = self.products_and_stores(&ids, &[]).await?;
                let left: BTreeMap<_, _> =
                    products.iter().map(|stocked| (stocked.variant_id(), stocked.available())).collect();
                let lines = mine.as_ref().map(cart).transpose()?.map(|cart| cart.lines).unwrap_or_default();
                let lines = merged(&lines, &other.lines, |id| left.get(&id).copied().unwrap_or_default());
                writes.push(self.fill(&own, mine, &lines)?);
            }
            Ok(matches!(self.transact("merge carts", writes).await?, Written::All).then_some(()))
        })
        .await
    }

    /// Makes a cart expire that is as it was read, for a transaction. The item stays, because the retry of a
    /// change whose answer was lost looks for its mark there. An hour ago is past on every clock.
    fn expire(&self, key: &CartKey, seen: &Cart) -> Result<TransactWriteItem> {
        self.update_at(Key::cart(key))
            .set("expires_at = :past")
            .add("version :one")
            .only_if(UNCHANGED)
            .with(":past", number(self.now().seconds() - 3600))
            .with(":one", number(1))
            .with(":version", number(seen.version))
            .in_transaction()
    }

    /// Gives a cart these lines, for a transaction; refused when the cart has changed since it was `seen`.
    fn fill(&self, key: &CartKey, seen: Option<Item>, lines: &Lines) -> Result<TransactWriteItem> {
        let seen_version = seen.as_ref().map(cart).transpose()?.map(|cart| cart.version);
        let mut item = seen.unwrap_or_else(|| Item::from(Key::cart(key)));
        let version = item.get("version").and_then(number_of).unwrap_or_default();
        item.insert("version".to_owned(), number(version + 1));
        let others = lines.keys().filter(|variant| !variant.place.is_first());
        item.insert("v".to_owned(), shape(if others.clone().next().is_some() { 2 } else { 1 }));
        item.remove("last_order");
        let mut sets: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for variant in others {
            sets.entry(others_of(variant.product)).or_default().push(variant.to_string());
        }
        item.extend(sets.into_iter().map(|(name, others)| (name, AttributeValue::Ss(others))));
        if !item.contains_key("cart_id") {
            item.insert("cart_id".to_owned(), text(self.secret_id::<CartId>()?));
        }
        for (variant, line) in lines {
            let CartLine { quantity, store_id, price_at_add, name, variant: label } = line.clone();
            let at_add = AtAdd { price: price_at_add, store: store_id, name, variant: label };
            item.insert(quantity_of(*variant), number(quantity.get()));
            item.insert(line_of(*variant), value(&at_add)?);
        }
        // An empty set cannot be stored.
        if !lines.is_empty() {
            let products = lines.keys().map(|variant| VariantName(*variant).to_string()).collect();
            item.insert("products".to_owned(), AttributeValue::Ss(products));
        }
        let put = self.put_item(item);
        match seen_version {
            None => put.only_if(ABSENT),
            Some(version) => put.only_if(UNCHANGED).with(":version", number(version)),
        }
        .in_transaction()
    }

    /// Empties the cart that becomes an order, for a transaction; refused when the cart has changed since it
    /// was priced. Its marks stay, so that the retry of a change that went into the order does nothing.
    pub(crate) fn check_out(&self, user: UserId, seen: &Cart, order: OrderId) -> Result<TransactWriteItem> {
        let (lines, names) = attributes(seen);
        let mut empty = self.update_at(Key::cart(&CartKey::User(user)));
        for (placeholder, name) in names {
            empty = empty.name(placeholder, name);
        }
        empty
            .set("cart_id = :next, last_order = :order, v = :v")
            .remove(format!("products, {lines}"))
            .add("version :one")
            .only_if(UNCHANGED)
            .with(":next", text(self.secret_id::<CartId>()?))
            .with(":order", value(&LastOrder { id: order, at: self.now() })?)
            .with(":one", number(1))
            .with(":v", shape(1))
            .with(":version", number(seen.version))
            .in_transaction()
    }
}
