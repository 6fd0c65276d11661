//! `POST /orders`: check out the cart, or buy the given items.

use std::collections::BTreeMap;
use std::time::Duration;

use api::cart::Item;
use api::catalogue::variant_required;
use api::code::{
    CART_CHANGED, CART_EMPTY, IDEMPOTENCY_KEY_REUSED, MALFORMED, NO_LONGER_SOLD, OUT_OF_STOCK,
    TOO_MANY_STORES, TOTAL_TOO_LARGE, TRY_AGAIN, UNAUTHENTICATED, VALIDATION_ERROR,
};
use api::view::OrderBody;
use api::{Buyer, Endpoint, Fault, Problem, Reply, Request, Result, Schema, Who, token};
use domain::Invalid;
use domain::account::User;
use domain::account::address::{Address, AddressBook, NewAddress};
use domain::cart::{Cart, MOST_STORES, Short, Shortage};
use domain::catalogue::Stocked;
use domain::ids::{AddressId, OrderId, ProductId, UserId, VariantId};
use domain::invalid::{INVALID, REQUIRED};
use domain::messages::TakePayment;
use domain::money::{Fees, Money, Overflow};
use domain::orders::checkout::{self, Addresses, NoAddress, Refusal, Wanted};
use domain::orders::{OrderSnapshot, Status};
use domain::quantity::Quantity;
use domain::text::{IdempotencyKey, PaymentMethod};
use http::{HeaderName, header};
use lambda::{CheckoutSwitch, Switch};
use providers::Queue;
use serde::{Deserialize, Serialize};
use table::{CartKey, Checkout, LineName, Table};

pub const ENDPOINT: Endpoint =
    Endpoint::post("/api/v1/orders").who(Who::Buyer).takes::<Purchase>().answers::<OrderBody>(201).refuses(
        &[
            MALFORMED,
            UNAUTHENTICATED,
            VALIDATION_ERROR,
            IDEMPOTENCY_KEY_REUSED,
            CART_EMPTY,
            CART_CHANGED,
            NO_LONGER_SOLD,
            OUT_OF_STOCK,
            TOO_MANY_STORES,
            TOTAL_TOO_LARGE,
        ],
    );

pub fn main() {
    lambda::run(ENDPOINT, place_order);
}

/// A purchase of the cart, or of the given items.
#[derive(Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    { "properties": { "shipping_address_id": { "type": "null" } } },
    { "properties": { "shipping_address": { "type": "null" } } },
]))]
pub struct Purchase {
    /// One of the buyer's saved addresses. Without this and `shipping_address`, the order goes to the default
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address_id: Option<AddressId>,
    /// An address that is not saved.
    shipping_address: Option<NewAddress>,
    /// By default the buyer's default billing address, or the shipping address when there is none.
    billing_address: Option<NewAddress>,
    payment_method: PaymentMethod,
    /// The total that the buyer was shown. Another total is refused with `CART_CHANGED`.
    expected_total: Option<Money>,
    /// The items to buy instead of the cart, at most 99 of a variant. They require the header
    /// `Idempotency-Key`.
    #[schemars(length(min = 1, max = domain::cart::MOST_LINES))]
    items: Option<Vec<Item>>,
}

/// A repeat of an attempt that placed an order gets that order again, whatever has happened to the cart and
/// the stock since.
pub async fn place_order(
    (table, payments, CheckoutSwitch(switch)): &(Table, Queue<TakePayment>, CheckoutSwitch),
    request: Request,
) -> Result {
    let attempt = Attempt::of(&request, request.buyer(table).await?)?;
    let placed = match attempt.order_of_key(table).await? {
        Some(order) => Placed { order, is_repeat: true },
        None if *switch == Switch::Off => return Err(closed()),
        None => attempt.place(table, &request.deployment.fees).await?,
    };
    // A repeat publishes too, because the first attempt may have ended before it published. If this message
    // is lost, the sweeper finds the order overdue and publishes again.
    payments.try_send(TakePayment { order: placed.order.id }).await;
    placed.reply()
}

/// One attempt of a buyer to purchase something.
struct Attempt {
    buyer: UserId,
    purchase: Purchase,
    /// What the items of the request name; none for the cart.
    items: Option<Vec<(LineName, Quantity)>>,
    shipping: Option<Address>,
    billing: Option<Address>,
    key: Option<IdempotencyKey>,
    request_hash: String,
}

impl Attempt {
    /// Checks everything that needs no reads.
    fn of(request: &Request, Buyer { id: buyer, .. }: Buyer) -> Result<Self> {
        let purchase: Purchase = request.json()?;
        if purchase.shipping_address_id.is_some() && purchase.shipping_address.is_some() {
            let both = Invalid::new(INVALID, "cannot be given together with shipping_address");
            return Err(Problem::invalid("shipping_address_id", &both));
        }
        let mut faults = Vec::new();
        let mut checked = |field: &str, address: Option<&NewAddress>| {
            let address = address?.clone().address();
            address.map_err(|invalid| faults.push(Fault::of(format!("{field}.postal_code"), &invalid))).ok()
        };
        let shipping = checked("shipping_address", purchase.shipping_address.as_ref());
        let billing = checked("billing_address", purchase.billing_address.as_ref());
        if !faults.is_empty() {
            return Err(Problem::validation(faults));
        }
        let key = request.idempotency_key()?;
        if key.is_none() && purchase.items.is_some() {
            // Without a key, a lost answer would make the buyer buy the items twice.
            return Err(Problem::new(MALFORMED, "With items, the header Idempotency-Key is required."));
        }
        let named = |(number, item): (usize, &Item)| Ok((item.name(&item_field(number))?, item.quantity));
        let items = purchase.items.as_ref();
        let items = items.map(|items| items.iter().enumerate().map(named).collect::<Result<_>>());
        let items = items.transpose()?;
        let request_hash = token::hash(serde_json::to_string(&purchase).map_err(Problem::internal)?);
        Ok(Self { buyer, purchase, items, shipping, billing, key, request_hash })
    }

    /// The order that was placed under the attempt's key.
    async fn order_of_key(&self, table: &Table) -> Result<Option<OrderSnapshot>> {
        let Some(key) = &self.key else { return Ok(None) };
        match table.order_snapshot(OrderId::of_key(self.buyer, key)).await? {
            Some(order) if order.request_hash != self.request_hash => {
                Err(Problem::new(IDEMPOTENCY_KEY_REUSED, "This key has placed another order."))
            }
            order => Ok(order),
        }
    }

    /// Places the order. When the shop's state refuses it, perhaps an earlier try of this very attempt has
    /// changed that state: a double click, or a lost answer. Then its order is the answer.
    async fn place(&self, table: &Table, fees: &Fees) -> Result<Placed> {
        let (customer, cart) = tokio::try_join!(self.customer(table), self.cart(table))?;
        match self.try_to_place(table, fees, customer, cart.as_ref()).await? {
            Ok(order) => Ok(Placed { order, is_repeat: false }),
            Err(refusal) => match self.earlier_order(table, cart.as_ref()).await? {
                Some(order) => Ok(Placed { order, is_repeat: true }),
                None => Err(refusal),
            },
        }
    }

    /// Prices the order and writes it. When a price changes between the two, both are done again.
    async fn try_to_place(
        &self,
        table: &Table,
        fees: &Fees,
        (buyer, book): (User, AddressBook),
        cart: Option<&Cart>,
    ) -> Result<Result<OrderSnapshot, Problem>> {
        let Some(wanted) = self.wanted(cart, &BTreeMap::new())? else {
            return Ok(Err(refused(&Refusal::CartEmpty, &[])));
        };
        let saved = self.purchase.shipping_address_id;
        let addresses = Addresses::choose(&book, self.shipping.as_ref(), saved, self.billing.as_ref());
        let mut purchase = checkout::Purchase {
            id: self.order_id(cart)?,
            buyer,
            addresses: addresses.map_err(no_address)?,
            payment_method: self.purchase.payment_method.clone(),
            request_hash: self.request_hash.clone(),
            expected_total: self.purchase.expected_total,
            wanted,
            cart: cart.cloned(),
        };
        let (mut offers, mut stores) = table.offers(&purchase.wanted, cart).await?;
        let only = self.only_variants(table, &offers).await?;
        if !only.is_empty() {
            purchase.wanted = self.wanted(cart, &only)?.unwrap_or_default();
            (offers, stores) = table.offers(&purchase.wanted, cart).await?;
        }
        for _ in 0..MOST_PRICINGS {
            let new = match purchase.order(&offers, &stores, fees, table.now()) {
                Ok(new) => new,
                Err(refusal) => return Ok(Err(refused(&refusal, &offers))),
            };
            let refusal = match table.check_out_order(&new).await? {
                Checkout::Placed => return Ok(Ok(new.snapshot)),
                Checkout::Repriced => {
                    (offers, stores) = table.offers(&purchase.wanted, cart).await?;
                    continue;
                }
                Checkout::Short(short) => Refusal::Short(short),
                Checkout::CartChanged | Checkout::Exists => Refusal::Changed,
            };
            return Ok(Err(refused(&refusal, &offers)));
        }
        Err(Problem::try_again("the prices keep changing"))
    }

    /// The buyer with the saved addresses. The read is consistent where the order may go to one of them: it
    /// must not go to an address that the buyer has just replaced.
    async fn customer(&self, table: &Table) -> Result<(User, AddressBook)> {
        let customer = match self.shipping {
            Some(_) => table.user_with_addresses(self.buyer).await?,
            None => table.user_with_addresses_now(self.buyer).await?,
        };
        customer.ok_or_else(|| Problem::unauthenticated("no such user"))
    }

    /// The buyer's cart; none where the request names the items.
    async fn cart(&self, table: &Table) -> Result<Option<Cart>> {
        match self.purchase.items {
            Some(_) => Ok(None),
            None => Ok(table.cart(&CartKey::User(self.buyer)).await?),
        }
    }

    /// What to buy; none when the cart is empty. A product that an item names is its `only` variant, which is
    /// the first one of a plain product.
    fn wanted(&self, cart: Option<&Cart>, only: &BTreeMap<ProductId, VariantId>) -> Result<Option<Wanted>> {
        let Some(items) = &self.items else { return Ok(cart.and_then(checkout::wanted_of)) };
        let variant = |name| match name {
            LineName::Variant(variant) => variant,
            LineName::Product(id) => only.get(&id).copied().unwrap_or(VariantId::first_of(id)),
        };
        let items: Vec<_> = items.iter().map(|(name, quantity)| (variant(*name), *quantity)).collect();
        checkout::wanted_items(&items).map(Some).map_err(|invalid| Problem::invalid("items", &invalid))
    }

    /// The only variant of each product with options that an item names; 422 when it has several. A plain
    /// product needs no more reads.
    async fn only_variants(
        &self,
        table: &Table,
        offers: &[Stocked],
    ) -> Result<BTreeMap<ProductId, VariantId>> {
        let mut only = BTreeMap::new();
        for (number, (name, _)) in self.items.iter().flatten().enumerate() {
            let LineName::Product(id) = name else { continue };
            let has_options = |Stocked { product, .. }: &Stocked| {
                product.id == *id && product.is_active && !product.options.is_empty()
            };
            if !only.contains_key(id) && offers.iter().any(has_options) {
                let found = table.product(*id).await?.and_then(|found| found.only_id());
                only.insert(*id, found.ok_or_else(|| variant_required(&item_field(number)))?);
            }
        }
        Ok(only)
    }

    fn order_id(&self, cart: Option<&Cart>) -> Result<OrderId> {
        match (&self.key, cart) {
            (Some(key), _) => Ok(OrderId::of_key(self.buyer, key)),
            (None, Some(cart)) => Ok(OrderId::of_cart(self.buyer, cart.id, cart.version)),
            (None, None) => Err(Problem::internal("an order with neither key nor cart")),
        }
    }

    /// The order that an earlier try of this attempt has placed: under the attempt's key, from this cart, or,
    /// when the cart is empty, the order that the cart became in the last ten minutes.
    async fn earlier_order(&self, table: &Table, cart: Option<&Cart>) -> Result<Option<OrderSnapshot>> {
        if self.key.is_some() {
            return self.order_of_key(table).await;
        }
        let Some(cart) = cart else { return Ok(None) };
        let id = if cart.lines.is_empty() {
            let is_recent = |at| table.now().since(at) < REMEMBERED;
            let Some((id, _)) = cart.last_order.filter(|(_, at)| is_recent(*at)) else { return Ok(None) };
            // A buyer who has cancelled that order does not ask for it.
            if table.order_head(id).await?.is_none_or(|head| head.status() == Status::Cancelled) {
                return Ok(None);
            }
            id
        } else {
            OrderId::of_cart(self.buyer, cart.id, cart.version)
        };
        let order = table.order_snapshot(id).await?;
        Ok(order.filter(|order| order.request_hash == self.request_hash))
    }
}

/// How often an order is priced while its prices keep changing.
const MOST_PRICINGS: usize = 4;

/// A cart remembers for this long which order it became.
const REMEMBERED: Duration = Duration::from_mins(10);

struct Placed {
    order: OrderSnapshot,
    is_repeat: bool,
}

impl Placed {
    fn reply(&self) -> Result {
        let location = format!("/api/v1/orders/{}", self.order.id);
        let reply = Reply::created(&OrderBody::as_placed(&self.order), &location)?;
        match self.is_repeat {
            true => reply.header(HeaderName::from_static("idempotent-replayed"), "true"),
            false => Ok(reply),
        }
    }
}

fn closed() -> Problem {
    let detail = "The shop takes no orders at the moment. The cart stays as it is.";
    Problem::new(TRY_AGAIN, detail).header(header::RETRY_AFTER, "60")
}

fn no_address(reason: NoAddress) -> Problem {
    match reason {
        NoAddress::Unknown => Problem::unknown("shipping_address_id", "address"),
        NoAddress::NoDefault => {
            Problem::invalid("shipping_address", &Invalid::new(REQUIRED, "there is no default address"))
        }
    }
}

/// The field of the item with this number that names what to buy.
fn item_field(number: usize) -> String {
    format!("items[{number}].variant_id")
}

fn refused(refusal: &Refusal, offers: &[Stocked]) -> Problem {
    match refusal {
        Refusal::CartEmpty => Problem::new(CART_EMPTY, "There is nothing in the cart."),
        Refusal::Changed => {
            Problem::new(CART_CHANGED, "The cart or a price has changed. Look at the cart again.")
        }
        Refusal::Short(short) => cannot_be_sold(short, offers),
        Refusal::TooManyStores => {
            Problem::new(TOO_MANY_STORES, format!("An order has at most {MOST_STORES} stores."))
        }
        Refusal::TooLarge => Problem::new(TOTAL_TOO_LARGE, Overflow.to_string()),
    }
}

/// Names each product or variant that cannot be sold, with the reason. One that is no longer sold has to
/// leave the cart; of the others the buyer may take fewer.
fn cannot_be_sold(short: &Short, offers: &[Stocked]) -> Problem {
    let has_options = |id: &VariantId| {
        offers.iter().any(|offer| offer.variant_id() == *id && !offer.product.options.is_empty())
    };
    let fault = |(id, shortage): (&VariantId, &Shortage)| {
        let named = !id.place.is_first() || has_options(id);
        let field = if named { id.to_string() } else { id.product.to_string() };
        let (code, message) = match shortage {
            Shortage::NotSold => (NO_LONGER_SOLD, "no longer sold".to_owned()),
            Shortage::Left(..=0) => (OUT_OF_STOCK, "sold out".to_owned()),
            Shortage::Left(left) => (OUT_OF_STOCK, format!("only {left} left")),
        };
        Fault { code: code.name, field: Some(field), message }
    };
    let problem = match short.values().all(|shortage| *shortage == Shortage::NotSold) {
        true => Problem::new(NO_LONGER_SOLD, "Some of it is no longer sold."),
        false => Problem::new(OUT_OF_STOCK, "Some of it cannot be sold in that number."),
    };
    Problem { errors: short.iter().map(fault).collect(), ..problem }
}
