//! The caller's cart: that of the signed-in user, or else that of the caller's cart token.

use domain::ids::UserId;
use http::{HeaderName, header};
use table::{CartKey, Table};

use crate::contract::{Reply, Result};
use crate::request::Request;
use crate::token;

/// 32 bytes in base64url.
const CART_TOKEN: usize = 43;

impl Request {
    /// The key of the signed-in user's cart, or else of the cart of the caller's token. `None` when the
    /// caller has neither. A bad access token is answered with 401; the caller does not become anonymous.
    pub async fn cart_key(&self, table: &Table) -> Result<Option<CartKey>> {
        if self.bearer()?.is_some() {
            return Ok(Some(CartKey::User(self.buyer(table).await?.id)));
        }
        Ok(self.anonymous_cart())
    }

    /// The anonymous cart of the caller's token, also for a signed-in user.
    pub fn anonymous_cart(&self) -> Option<CartKey> {
        self.cart_token().map(|token| CartKey::Anonymous(token::hash(token)))
    }

    /// The token of an anonymous cart: in a header from native clients, in a cookie from browsers.
    fn cart_token(&self) -> Option<&str> {
        let sane =
            |token: &&str| token.len() == CART_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
        self.header("x-cart-token").filter(sane).or_else(|| self.cookies("cart").find(sane))
    }

    /// The cookie of the caller's anonymous cart; `None` for a signed-in user.
    fn cart_cookie(&self) -> Option<&str> {
        let signed_in = self.headers.contains_key(http::header::AUTHORIZATION);
        self.cart_token().filter(|token| !signed_in && self.cookies("cart").any(|cookie| cookie == *token))
    }

    /// Moves the lines of the caller's anonymous cart into their own cart. A failure is logged and does not
    /// stop the login; the next login tries again.
    pub async fn merge_cart(&self, table: &Table, user: UserId) -> Merged {
        let Some(cart) = self.anonymous_cart() else { return Merged(false) };
        let merged = table.merge_carts(&cart, user).await;
        if let Err(cause) = &merged {
            tracing::warn!(%cause, "an anonymous cart was not merged");
        }
        Merged(merged.is_ok())
    }
}

/// A new anonymous cart and its token: 256 random bits. Callers cannot choose a token, because anybody who
/// knows a shopper's token beforehand would share the cart.
pub fn new_cart() -> Result<(CartKey, String)> {
    let token = token::base64(&table::random::<32>()?);
    Ok((CartKey::Anonymous(token::hash(&token)), token))
}

impl Reply {
    /// Adds the token of a new anonymous cart to the answer: as a cookie for browsers, as a header for native
    /// clients.
    pub fn cart_token(self, token: &str) -> Result {
        self.cart_cookie(token)?.header(HeaderName::from_static("x-cart-token"), token)
    }

    /// The answer to a change of the caller's cart. Each change extends the life of an anonymous cart and its
    /// cookie to thirty days.
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

    /// Deletes the cookie of an anonymous cart, whose lines are now in the user's own cart.
    pub fn no_cart_cookie(self) -> Result {
        self.header(header::SET_COOKIE, "cart=; HttpOnly; Secure; SameSite=Lax; Path=/api/v1; Max-Age=0")
    }
}

/// Whether an anonymous cart was merged into the user's own.
#[must_use]
pub struct Merged(bool);

impl Merged {
    /// The answer; deletes the anonymous cart's cookie after a merge.
    pub fn told(self, reply: Reply) -> Result {
        if self.0 { reply.no_cart_cookie() } else { Ok(reply) }
    }
}
