//! The caller's cart: their own when they are signed in, else that of a token that they hold.

use domain::ids::UserId;
use http::{HeaderName, header};
use table::{CartKey, Table};

use crate::contract::{Reply, Result};
use crate::request::Request;
use crate::token;

/// 32 bytes in base64url.
const CART_TOKEN: usize = 43;

impl Request {
    /// The caller's cart, if they can have one already: the signed-in user's, or that of the token that they
    /// hold. A bad bearer is 401, never "anonymous".
    pub async fn cart_key(&self, table: &Table) -> Result<Option<CartKey>> {
        if self.bearer()?.is_some() {
            return Ok(Some(CartKey::User(self.buyer(table).await?.id)));
        }
        Ok(self.anonymous_cart())
    }

    /// The anonymous cart that the caller has, whether they are signed in or not.
    pub fn anonymous_cart(&self) -> Option<CartKey> {
        self.cart_token().map(|token| CartKey::Anonymous(token::hash(token)))
    }

    /// The capability for an anonymous cart: a header for native clients, a cookie for browsers.
    fn cart_token(&self) -> Option<&str> {
        let sane =
            |token: &&str| token.len() == CART_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
        self.header("x-cart-token").filter(sane).or_else(|| self.cookies("cart").find(sane))
    }

    /// The cookie by which the caller holds the anonymous cart that they have; none when they are signed in.
    fn cart_cookie(&self) -> Option<&str> {
        let signed_in = self.headers.contains_key(http::header::AUTHORIZATION);
        self.cart_token().filter(|token| !signed_in && self.cookies("cart").any(|cookie| cookie == *token))
    }

    /// Moves what is in the caller's anonymous cart, if they have one, into their own. Nobody is kept from
    /// signing in by a cart: where it fails the next time does it.
    pub async fn merge_cart(&self, table: &Table, user: UserId) -> Merged {
        let Some(cart) = self.anonymous_cart() else { return Merged(false) };
        let merged = table.merge_carts(&cart, user).await;
        if let Err(cause) = &merged {
            tracing::warn!(%cause, "an anonymous cart was not merged");
        }
        Merged(merged.is_ok())
    }
}

/// A new anonymous cart, and the token that opens it: 256 random bits. Nobody but us chooses one, for whoever
/// knows a shopper's token before they do shares their cart.
pub fn new_cart() -> Result<(CartKey, String)> {
    let token = token::base64(&table::random::<32>()?);
    Ok((CartKey::Anonymous(token::hash(&token)), token))
}

impl Reply {
    /// Hands the token of a new anonymous cart over, both ways: a cookie for browsers, a header for native
    /// clients.
    pub fn cart_token(self, token: &str) -> Result {
        self.cart_cookie(token)?.header(HeaderName::from_static("x-cart-token"), token)
    }

    /// The answer to a change of the caller's cart. The thirty days of an anonymous one begin anew with it,
    /// and so do those of the cookie by which a browser holds it.
    pub fn keeping_cart(self, request: &Request) -> Result {
        match request.cart_cookie() {
            Some(token) => self.cart_cookie(token),
            None => Ok(self),
        }
    }

    fn cart_cookie(self, token: &str) -> Result {
        let cookie = format!("cart={token}; HttpOnly; Secure; SameSite=Lax; Path=/api/v1; Max-Age=2592000");
        self.header(header::SET_COOKIE, &cookie)
    }

    /// Takes the cookie of an anonymous cart back, whose lines are in the user's own cart now.
    pub fn no_cart_cookie(self) -> Result {
        self.header(header::SET_COOKIE, "cart=; HttpOnly; Secure; SameSite=Lax; Path=/api/v1; Max-Age=0")
    }
}

/// Whether an anonymous cart has gone into the user's own.
#[must_use]
pub struct Merged(bool);

impl Merged {
    /// The answer, with the anonymous cart's cookie taken back.
    pub fn told(self, reply: Reply) -> Result {
        if self.0 { reply.no_cart_cookie() } else { Ok(reply) }
    }
}
