//! Every error code of the contract, with its status.

/// An error code that clients can program against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The name in `errors[].code`, e.g. `OUT_OF_STOCK`.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The problem's `title`: the same for every occurrence (RFC 9457, section 3.1.3).
    pub title: &'static str,
}

impl Code {
    const fn new(status: u16, name: &'static str, title: &'static str) -> Self {
        Self { name, status, title }
    }

    /// The problem's `type`, e.g. `/problems/out-of-stock`.
    pub fn kind(self) -> String {
        format!("/problems/{}", self.name.to_ascii_lowercase().replace('_', "-"))
    }
}

macro_rules! codes {
    ($($status:literal $name:ident $title:literal)*) => {
        $(#[doc = $title] pub const $name: Code = Code::new($status, stringify!($name), $title);)*

        /// All of them, for the OpenAPI document.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    400 MALFORMED "The request cannot be read"
    401 UNAUTHENTICATED "Sign in first"
    403 FORBIDDEN "Not allowed"
    404 NOT_FOUND "Not found"
    405 METHOD_NOT_ALLOWED "Method not allowed"
    409 ADDRESS_LIMIT "Too many addresses"
    409 ALREADY_REVIEWED "Already reviewed"
    409 CART_CHANGED "The cart has changed"
    409 CART_EMPTY "The cart is empty"
    409 CART_FULL "The cart is full"
    409 CATEGORY_IN_USE "The category is in use"
    409 EMAIL_TAKEN "The e-mail address is taken"
    409 IMAGE_LIMIT "Too many images"
    409 INVALID_TRANSITION "Invalid status transition"
    409 LAST_ADMIN "The last administrator cannot be removed"
    409 LAST_VARIANT "The last variant cannot be removed"
    409 NAME_TAKEN "The name is taken"
    409 NO_LONGER_SOLD "No longer sold"
    409 NOT_PURCHASED "Not bought, or not delivered yet"
    409 OPEN_ORDERS "Orders are still on their way"
    409 OPTION_IN_USE "Variants use the option"
    409 OUT_OF_STOCK "Out of stock"
    409 SKU_TAKEN "The SKU is taken"
    409 STOCK_CHANGED "The stock has changed"
    409 STORE_EXISTS "You already have a store"
    409 TOO_MANY_STORES "The order has too many stores"
    409 TOO_MANY_VARIANTS "The product has too many variants"
    409 TOTAL_TOO_LARGE "The total is too large"
    409 VALUES_TAKEN "Another variant has these values"
    412 VERSION_MISMATCH "The resource has changed"
    413 TOO_LARGE "The request is too large"
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported media type"
    422 IDEMPOTENCY_KEY_REUSED "The idempotency key was used for another request"
    422 VALIDATION_ERROR "The request is not valid"
    429 RATE_LIMITED "Too many requests"
    500 INTERNAL "Something went wrong"
    503 TRY_AGAIN "Try again"
}
