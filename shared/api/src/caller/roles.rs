//! The roles of callers. A [`Buyer`], [`Seller`] or [`Admin`] is a value that proves a right. It comes only
//! from a verified token and, for the latter two, a consistent read of the table.

use domain::account::User;
use domain::catalogue::assortment::Assortment;
use domain::ids::{ProductId, SessionId, StoreId, UserId};
use table::Table;

use crate::contract::{Problem, Result, code};
use crate::request::Request;
use crate::token;

/// A signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// The user.
    pub id: UserId,
    /// The session.
    pub session: SessionId,
    /// Whether the token says that they administer the shop. Writes as an administrator need an [`Admin`].
    pub is_admin: bool,
}

/// The owner of a store.
#[derive(Clone, Debug)]
pub struct Seller {
    /// The user.
    pub user: User,
    /// Their store.
    pub store: StoreId,
}

/// A caller who may change products, by a consistent read: the owner of a store, or an administrator.
#[derive(Clone, Copy, Debug)]
pub enum Merchant {
    /// The owner of this store.
    Seller(StoreId),
    /// An administrator, who may change all products.
    Admin {
        /// Their own store, if they have one.
        store: Option<StoreId>,
    },
}

impl Merchant {
    /// Their own store, if they have one.
    pub fn own_store(&self) -> Option<StoreId> {
        match self {
            Self::Seller(store) => Some(*store),
            Self::Admin { store } => *store,
        }
    }

    /// Whether they may change all products.
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::Admin { .. })
    }

    /// Whether they may change products of this store.
    pub fn manages(&self, store: StoreId) -> bool {
        self.is_admin() || self.own_store() == Some(store)
    }

    /// A product that they may change, read consistently; 404 if it does not exist or is of another store.
    pub async fn product(&self, id: ProductId, table: &Table) -> Result<Assortment> {
        let found = table.product_now(id).await?;
        found.filter(|found| self.manages(found.product.store_id)).ok_or_else(|| Problem::missing("product"))
    }
}

/// An administrator, by a consistent read.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The user.
    pub user: User,
}

impl Request {
    /// The signed-in user; 401 with one body for every cause, 429 over the limit.
    pub async fn buyer(&self, table: &Table) -> Result<Buyer> {
        let token = self.bearer()?.ok_or_else(|| Problem::unauthenticated("no token"))?;
        let unknown = || Problem::unauthenticated("no such key");
        let kid = token::key_id(token).ok_or_else(unknown)?;
        let key = self.deployment.key(&kid, table).await?.ok_or_else(unknown)?;
        let claims = token::verify(token, &key, &self.deployment.issuer, self.deployment.clock.now())
            .map_err(Problem::unauthenticated)?;
        self.count_for(claims.sub)?;
        Ok(Buyer { id: claims.sub, session: claims.sid, is_admin: claims.adm })
    }

    /// The signed-in owner of a store; 403 for other users.
    pub async fn seller(&self, table: &Table) -> Result<Seller> {
        let buyer = self.buyer(table).await?;
        let user = table.user_now(buyer.id).await?.ok_or_else(|| Problem::unauthenticated("no such user"))?;
        match user.store_id {
            Some(store) => Ok(Seller { user, store }),
            None => Err(Problem::new(code::FORBIDDEN, "Only the owner of a store can do this.")),
        }
    }

    /// The signed-in owner of a store, or an administrator by token and table; 403 for other users.
    pub async fn merchant(&self, table: &Table) -> Result<Merchant> {
        let buyer = self.buyer(table).await?;
        let user = table.user_now(buyer.id).await?.ok_or_else(|| Problem::unauthenticated("no such user"))?;
        match user.store_id {
            store if buyer.is_admin && user.is_admin => Ok(Merchant::Admin { store }),
            Some(store) => Ok(Merchant::Seller(store)),
            None => Err(Problem::new(
                code::FORBIDDEN,
                "Only the owner of a store or an administrator can do this.",
            )),
        }
    }

    /// The signed-in administrator by token and table; 403 for other users.
    pub async fn admin(&self, table: &Table) -> Result<Admin> {
        let forbidden = || Problem::new(code::FORBIDDEN, "Only an administrator can do this.");
        let buyer = self.buyer(table).await?;
        if !buyer.is_admin {
            return Err(forbidden());
        }
        let user = table.user_now(buyer.id).await?.ok_or_else(|| Problem::unauthenticated("no such user"))?;
        if user.is_admin { Ok(Admin { user }) } else { Err(forbidden()) }
    }

    /// The bearer token, if there is one. 401 for an `Authorization` header of another form.
    pub(super) fn bearer(&self) -> Result<Option<&str>> {
        if !self.headers.contains_key(http::header::AUTHORIZATION) {
            return Ok(None);
        }
        let value = self.header(http::header::AUTHORIZATION.as_str());
        let token = value
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        token
            .map(|(_, token)| Some(token.trim()))
            .ok_or_else(|| Problem::unauthenticated("not a bearer token"))
    }

    /// The store that the path names, if the caller owns it; else 404.
    pub async fn own_store(&self, table: &Table) -> Result<StoreId> {
        let seller = self.seller(table).await?;
        let id: StoreId = self.param("id", "store")?;
        if id == seller.store { Ok(id) } else { Err(Problem::missing("store")) }
    }
}
