//! Carts.
//!
//! A cart is one item whose lines are attributes of their own, so that adding is one write without a read before it:
//! `q#<product>` is the quantity, `p#<product>` the price and the store, and `products` the set of what is in it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::Timestamp;
use domain::cart::{Cart, CartLine, Lines, MOST_LINES, merged};
use domain::catalogue::Product;
use domain::ids::{CartId, OrderId, ProductId, UserId};
use domain::quantity::Quantity;
use serde::{Deserialize, Serialize};

use crate::entity::Key;
use crate::item::{ABSENT, Item, Read, Written, broken, number, text, value};
use crate::{Backoff, Error, Result, Store, failed, lost};

/// Whose cart: a signed-in user's, or that of whoever holds a secret token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartKey {
    /// A signed-in user's.
    User(UserId),
    /// An anonymous one, by the hash of its token: reading the table gives nobody a cart.
    Anonymous(String),
}

/// How adding to a cart ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Added {
    /// The cart as it is now.
    Now(Cart),
    /// It would hold more than 99 of the product.
    TooMany,
    /// It would hold more than 50 products.
    Full,
}

/// An anonymous cart lives this long after its last change, in seconds.
const ANONYMOUS_LIFE: i64 = 30 * 24 * 3600;

#[derive(Serialize, Deserialize)]
struct AtAdd {
    price: i64,
    store: domain::ids::StoreId,
}

#[derive(Serialize, Deserialize)]
struct LastOrder {
    id: OrderId,
    at: Timestamp,
}

impl Store {
    /// The cart as it stands; none when there never was one, or when an anonymous one has lived out its time.
    pub async fn cart(&self, key: &CartKey) -> Result<Option<Cart>> {
        let item = self.get_item(Key::cart(key), Read::Strong).await?;
        item.filter(|item| self.alive(item)).map(|item| cart(&item)).transpose()
    }

    /// TTL deletes late, so whoever reads looks at the time.
    fn alive(&self, item: &Item) -> bool {
        item.get("expires_at").and_then(number_of).is_none_or(|at| at > i128::from(self.now().seconds()))
    }

    /// Puts more of a product into a cart: one write, with the limits as its condition.
    pub async fn add_to_cart(&self, key: &CartKey, product: &Product, quantity: Quantity) -> Result<Added> {
        let mut backoff = Backoff::new();
        // Names this add, so that the SDK's own retry after a lost answer does not add twice.
        let nonce: CartId = self.secret_id()?;
        loop {
            let error = match self.try_add(key, product, quantity, nonce).await {
                Ok(item) => return Ok(Added::Now(cart(&item)?)),
                Err(error) => error,
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error()
            else {
                return Err(failed(error));
            };
            let seen = refused.item().cloned().unwrap_or_default();
            if seen.get("last_add") == Some(&text(nonce)) {
                return Ok(Added::Now(cart(&seen)?));
            }
            if self.alive(&seen) {
                let held = seen.get(&format!("q#{}", product.id)).and_then(number_of);
                return Ok(if held.is_some() { Added::TooMany } else { Added::Full });
            }
            self.bury(key, &seen).await?;
            backoff.wait("a cart that has expired").await?;
        }
    }

    async fn try_add(
        &self,
        key: &CartKey,
        product: &Product,
        quantity: Quantity,
        nonce: CartId,
    ) -> std::result::Result<Item, SdkError<UpdateItemError, aws_sdk_dynamodb::config::http::HttpResponse>>
    {
        let at_add = value(&AtAdd { price: product.price, store: product.store_id });
        let update = self.client.update_item().table_name(&*self.table).set_key(Some(Key::cart(key).into()));
        let mut update = update
            .expression_attribute_names("#quantity", format!("q#{}", product.id))
            .expression_attribute_names("#line", format!("p#{}", product.id))
            .expression_attribute_values(":more", number(quantity.get()))
            .expression_attribute_values(":room", number(Quantity::MOST - quantity.get()))
            .expression_attribute_values(":line", at_add.map_err(SdkError::construction_failure)?)
            .expression_attribute_values(":product", AttributeValue::Ss(vec![product.id.to_string()]))
            .expression_attribute_values(":most", number(MOST_LINES as u64))
            // Random too, so it serves as the id of a cart whose life begins with this add.
            .expression_attribute_values(":nonce", text(nonce))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(self.now().seconds()));
        let mut set =
            "#line = :line, cart_id = if_not_exists(cart_id, :nonce), last_add = :nonce, v = :one".to_owned();
        if let CartKey::Anonymous(_) = key {
            set.push_str(", expires_at = :expires");
            update =
                update.expression_attribute_values(":expires", number(self.now().seconds() + ANONYMOUS_LIFE));
        }
        let updated = update
            .update_expression(format!("SET {set} ADD #quantity :more, version :one, products :product"))
            .condition_expression(
                "(attribute_not_exists(expires_at) OR expires_at > :now) AND \
                 (attribute_not_exists(last_add) OR last_add <> :nonce) AND (#quantity <= :room OR \
                 (attribute_not_exists(#quantity) AND (attribute_not_exists(products) OR size(products) < :most)))",
            )
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await?;
        Ok(updated.attributes.unwrap_or_default())
    }

    /// Deletes a cart that TTL has not come round to.
    async fn bury(&self, key: &CartKey, seen: &Item) -> Result<()> {
        let delete = self.client.delete_item().table_name(&*self.table).set_key(Some(Key::cart(key).into()));
        let expired = seen.get("expires_at").cloned().unwrap_or(AttributeValue::Null(true));
        let delete = delete
            .condition_expression("expires_at = :expired")
            .expression_attribute_values(":expired", expired);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if lost(&error) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Moves what is in an anonymous cart into a user's own: the anonymous one is gone then, and its token opens nothing.
    /// All of it happens in one transaction, so a repeat finds nothing left to move.
    pub async fn merge_carts(&self, anonymous: &CartKey, user: UserId) -> Result<()> {
        let own = CartKey::User(user);
        let mut backoff = Backoff::new();
        loop {
            let (theirs, mine) = tokio::try_join!(
                self.get_item(Key::cart(anonymous), Read::Strong),
                self.get_item(Key::cart(&own), Read::Strong),
            )?;
            let Some(theirs) = theirs.filter(|item| self.alive(item)) else { return Ok(()) };
            let other = cart(&theirs)?;
            let ids: Vec<_> = other.lines.keys().copied().collect();
            let (products, _) = self.products_and_stores(&ids, &[]).await?;
            let left: BTreeMap<_, _> =
                products.iter().map(|stocked| (stocked.product.id, stocked.available())).collect();
            let lines = mine.as_ref().map(cart).transpose()?.map(|cart| cart.lines).unwrap_or_default();
            let lines = merged(&lines, &other.lines, |id| left.get(&id).copied().unwrap_or_default());
            let writes = vec![self.drop_cart(anonymous, &other)?, self.fill(&own, mine, &lines)?];
            match self.transact("merge carts", writes).await? {
                Written::All => return Ok(()),
                Written::Refused(_) => backoff.wait("two carts").await?,
            }
        }
    }

    /// Deletes a cart that is as it was read, for a transaction.
    fn drop_cart(&self, key: &CartKey, seen: &Cart) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(Key::cart(key).into()))
            .condition_expression("cart_id = :id AND version = :version")
            .expression_attribute_values(":id", text(seen.id))
            .expression_attribute_values(":version", number(seen.version));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(broken)?).build())
    }

    /// Gives a cart these lines, for a transaction; refused when it has changed since it was `seen`.
    fn fill(&self, key: &CartKey, seen: Option<Item>, lines: &Lines) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&*self.table);
        let (put, mut item) = match seen {
            None => (put.condition_expression(ABSENT), Item::from(Key::cart(key))),
            Some(item) => {
                let Cart { id, version, .. } = cart(&item)?;
                let put = put
                    .condition_expression("cart_id = :id AND version = :version")
                    .expression_attribute_values(":id", text(id))
                    .expression_attribute_values(":version", number(version));
                (put, item)
            }
        };
        let version = item.get("version").and_then(number_of).unwrap_or_default();
        item.insert("version".to_owned(), number(version + 1));
        item.insert("v".to_owned(), number(1));
        if !item.contains_key("cart_id") {
            item.insert("cart_id".to_owned(), text(self.secret_id::<CartId>()?));
        }
        for (product, CartLine { quantity, store_id, price_at_add }) in lines {
            item.insert(format!("q#{product}"), number(quantity.get()));
            item.insert(format!("p#{product}"), value(&AtAdd { price: *price_at_add, store: *store_id })?);
        }
        let products = lines.keys().map(ToString::to_string).collect();
        item.insert("products".to_owned(), AttributeValue::Ss(products));
        Ok(TransactWriteItem::builder().put(put.set_item(Some(item)).build().map_err(broken)?).build())
    }

    /// Empties the cart that became an order, for a transaction; refused when it has changed since it was priced.
    pub(crate) fn check_out(&self, user: UserId, seen: &Cart, order: OrderId) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::cart(&CartKey::User(user)));
        item.insert("cart_id".to_owned(), text(self.secret_id::<CartId>()?));
        item.insert("version".to_owned(), number(seen.version + 1));
        item.insert("last_order".to_owned(), value(&LastOrder { id: order, at: self.now() })?);
        item.insert("v".to_owned(), number(1));
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("cart_id = :id AND version = :version")
            .expression_attribute_values(":id", text(seen.id))
            .expression_attribute_values(":version", number(seen.version));
        Ok(TransactWriteItem::builder().put(put.build().map_err(broken)?).build())
    }
}

fn number_of(value: &AttributeValue) -> Option<i128> {
    value.as_n().ok()?.parse().ok()
}

/// Reads a cart from its item.
fn cart(item: &Item) -> Result<Cart> {
    let missing = |name: &str| Error::Broken(format!("a cart without {name}"));
    let text_of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let number_at = |name: &str| item.get(name).and_then(number_of).ok_or_else(|| missing(name));
    let mut lines = BTreeMap::new();
    for (name, at_add) in item {
        let Some(product) = name.strip_prefix("p#") else { continue };
        let AtAdd { price, store } = serde_dynamo::from_attribute_value(at_add.clone()).map_err(broken)?;
        let quantity = i64::try_from(number_at(&format!("q#{product}"))?).map_err(broken)?;
        lines.insert(
            product.parse::<ProductId>().map_err(broken)?,
            CartLine { quantity: quantity.try_into().map_err(broken)?, store_id: store, price_at_add: price },
        );
    }
    let last_order = item.get("last_order").cloned().map(serde_dynamo::from_attribute_value::<_, LastOrder>);
    Ok(Cart {
        id: text_of("cart_id").ok_or_else(|| missing("cart_id"))?.parse().map_err(broken)?,
        version: u64::try_from(number_at("version")?).map_err(broken)?,
        lines,
        last_order: last_order.transpose().map_err(broken)?.map(|last| (last.id, last.at)),
    })
}
