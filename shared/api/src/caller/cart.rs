//! The caller's cart: that of the signed-in user, or else that of the caller's cart token.

use domain::ids::UserId;
use http::{HeaderName, header};
use table::{CartKey, Table};

use super::session::MOST_COOKIES;
use crate::contract::{Problem, Reply, Result};
use crate::request::Request;
use crate::token;

/// 32 bytes in base64url.
const CART_TOKEN: usize = 43;

/// Whether a text may be the token of a cart.
fn is_sane(token: &&str) -> bool {
    token.len() == CART_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn anonymous(token: &str) -> CartKey {
    CartKey::Anonymous(token::hash(token))
}

impl Request {
    /// The key of the signed-in user's cart, or else of the cart of the caller's token. `None` when the
    /// caller has neither. A bad access token is answered with 401; the caller does not become anonymous.
    pub async fn cart_key(&self, table: &Table) -> Result<Option<CartKey>> {
        if self.bearer()?.is_some() {
            return Ok(Some(CartKey::User(self.buyer(table).await?.id)));
        }
        self.anonymous_cart(table).await
    }

    /// The anonymous cart of the caller's token, also for a signed-in user. Native clients send the token in
    /// a header, browsers in a cookie. A browser may also send cookies of other sites on the same domain: of
    /// several cookies, the first counts whose cart exists, or else the first.
    async fn anonymous_cart(&self, table: &Table) -> Result<Option<CartKey>> {
        if let Some(token) = self.header("x-cart-token").filter(is_sane) {
            return Ok(Some(anonymous(token)));
        }
        let mut carts: Vec<CartKey> = Vec::new();
        for cart in self.cookies("cart").filter(is_sane).map(anonymous) {
            if !carts.contains(&cart) && carts.len() < MOST_COOKIES {
                carts.push(cart);
            }
        }
        if carts.len() > 1 {
            for cart in &carts {
                if table.cart(cart).await?.is_some() {
                    return Ok(Some(cart.clone()));
                }
            }
        }
        Ok(carts.into_iter().next())
    }

    /// Moves the lines of the caller's anonymous cart into their own cart. A failure is logged and does not
    /// stop the login; the next login tries again.
    pub async fn merge_cart(&self, table: &Table, user: UserId) -> Merged {
        let merged = match self.anonymous_cart(table).await {
            Ok(None) => return Merged(false),
            Ok(Some(cart)) => table.merge_carts(&cart, user).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        if let Err(Problem { cause, .. }) = &merged {
            tracing::warn!(cause, "an anonymous cart was not merged");
        }
        Merged(merged.is_ok())
    }
}

/// A new anonymous cart and its token: 256 random bits. Callers cannot choose a token, because anybody who
/// knows a shopper's token beforehand would share the cart.
pub fn new_cart() -> Result<(CartKey, String)> {
    let token = token::base64(&table::random::<32>()?);
    Ok((anonymous(&token), token))
}

impl Reply {
    /// Adds the token of a new anonymous cart to the answer: as a cookie for browsers, as a header for native
    /// clients.
    pub fn cart_token(self, token: &str) -> Result {
        self.cart_cookie(token)?.header(HeaderName::from_static("x-cart-token"), token)
    }

    /// The answer to a change of the caller's cart. Each change extends the life of an anonymous cart and its
    /// cookie to thirty days.
    pub fn keeping_cart(self, request: &Request, cart: &CartKey) -> Result {
        match request.cookies("cart").find(|token| anonymous(token) == *cart) {
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
