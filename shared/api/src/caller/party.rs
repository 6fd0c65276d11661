//! As whom a caller deals with an order, and what they see of it.

use domain::Invalid;
use domain::catalogue::Mode;
use domain::ids::{OrderId, StoreId};
use domain::invalid::REQUIRED;
use domain::orders::OrderHead;
use table::{Order, Table};

use super::roles::{Buyer, Merchant};
use crate::contract::code::INVALID_TRANSITION;
use crate::contract::{Problem, Reply, Result};
use crate::view::{OrderBody, OrderView, SellerOrderBody};

/// As whom somebody deals with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Who bought.
    Buyer,
    /// Who sells a part of it.
    Seller(StoreId),
    /// Who administers the shop.
    Admin,
}

impl From<Merchant> for Party {
    /// An administrator who has a store moves the parts of all.
    fn from(merchant: Merchant) -> Self {
        match merchant {
            Merchant::Seller(store) => Self::Seller(store),
            Merchant::Admin { .. } => Self::Admin,
        }
    }
}

impl Party {
    /// As whom a signed-in user looks at an order; somebody else's order is not there. Only for who is not
    /// its buyer does the table have to say what they are at this moment: the token may be 15 minutes old.
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

    /// The part of the order that this party is to move: the one that is `named`, or else the only one there
    /// is. A seller moves nothing in a store that the shop moves by itself.
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

    /// The state of the order as this party sees it: what happens to others' parts changes nothing for a
    /// seller.
    pub fn version(self, head: &OrderHead) -> u64 {
        match self {
            Self::Seller(store) => head.events_of(store).count() as u64,
            Self::Buyer | Self::Admin => head.version,
        }
    }

    /// What this party sees of the order, with the tag of its state.
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

/// An order as it is at this moment, for somebody who may decide over all of it: its buyer or an
/// administrator.
pub async fn to_decide(table: &Table, user: Buyer, id: OrderId) -> Result<(Party, Order)> {
    let order = table.order_now(id).await?.ok_or_else(|| Problem::missing("order"))?;
    match Party::to(&order.head, user, table).await? {
        Party::Seller(_) => Err(Problem::missing("order")),
        party => Ok((party, order)),
    }
}
