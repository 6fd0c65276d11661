//! The parties of an order, and what each may see.

use domain::Invalid;
use domain::ids::{OrderId, StoreId};
use domain::invalid::REQUIRED;
use domain::orders::OrderHead;
use domain::stores::Mode;
use table::{Order, Table};

use super::roles::{Buyer, Merchant};
use crate::contract::code::INVALID_TRANSITION;
use crate::contract::{Problem, Reply, Result};
use crate::view::{OrderBody, OrderView, SellerOrderBody};

/// The caller's role towards an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The buyer.
    Buyer,
    /// The seller of a part.
    Seller(StoreId),
    /// An administrator of the shop.
    Admin,
}

impl From<Merchant> for Party {
    /// An administrator who also has a store may move all parts.
    fn from(merchant: Merchant) -> Self {
        match merchant {
            Merchant::Seller(store) => Self::Seller(store),
            Merchant::Admin { .. } => Self::Admin,
        }
    }
}

impl Party {
    /// The signed-in user's role towards an order; 404 for an order of others. A buyer is known from the
    /// order. For others, the table is read consistently, because a token may be 15 minutes old.
    pub async fn to(order: &OrderHead, user: Buyer, table: &Table) -> Result<Self> {
        if order.shopper == user.id {
            return Ok(Self::Buyer);
        }
        let gone = || Problem::unauthenticated("no such user");
        let now = table.user_now(user.id).await?.ok_or_else(gone)?;
        if user.is_admin && now.is_admin {
            return Ok(Self::Admin);
        }
        let part = now.store_id.filter(|own| order.fulfilments.contains_key(own));
        part.map(Self::Seller).ok_or_else(|| Problem::missing("order"))
    }

    /// The part that this party moves: the `named` one, or else the only one. A seller cannot move parts of
    /// an automatic store.
    pub fn part(self, head: &OrderHead, named: Option<StoreId>) -> Result<StoreId> {
        let own = head.fulfilments.keys().copied();
        let own: Vec<_> =
            own.filter(|own| matches!(self, Self::Admin) || self == Self::Seller(*own)).collect();
        let part = match (named, own.as_slice()) {
            (_, []) => Err(Problem::missing("order")),
            (Some(named), own) if own.contains(&named) => Ok(named),
            (Some(_), _) => Err(Problem::unknown("store_id", "part of this order")),
            (None, [one]) => Ok(*one),
            (None, _) => {
                Err(Problem::invalid("store_id", &Invalid::new(REQUIRED, "says which part of the order")))
            }
        }?;
        let automatic = head.fulfilments.get(&part).is_some_and(|part| part.mode == Mode::Automatic);
        match self {
            Self::Seller(_) if automatic => {
                Err(Problem::new(INVALID_TRANSITION, "The store is automatic: the shop moves its orders."))
            }
            _ => Ok(part),
        }
    }

    /// The version of what this party sees. Events of other stores' parts do not change it for a seller.
    pub fn version(self, head: &OrderHead) -> u64 {
        match self {
            Self::Seller(store) => head.events_of(store).count() as u64,
            Self::Buyer | Self::Admin => head.version,
        }
    }

    /// The order as this party sees it, with an `ETag`.
    pub fn show(self, order: Order) -> Result {
        let version = self.version(&order.head);
        let view = match self {
            Self::Buyer | Self::Admin => OrderView::Whole(Box::new(OrderBody::whole(order))),
            Self::Seller(store) => {
                let Order { snapshot, head, contact } = order;
                let part = SellerOrderBody::of(store, &snapshot, &head, contact);
                OrderView::Part(Box::new(part.ok_or_else(|| Problem::missing("order"))?))
            }
        };
        Reply::ok(&view)?.etag(version)
    }
}

/// The order, read consistently, for its buyer or an administrator, who may decide about all of it.
pub async fn to_decide(table: &Table, user: Buyer, id: OrderId) -> Result<(Party, Order)> {
    let order = table.order_now(id).await?.ok_or_else(|| Problem::missing("order"))?;
    match Party::to(&order.head, user, table).await? {
        Party::Seller(_) => Err(Problem::missing("order")),
        party => Ok((party, order)),
    }
}
