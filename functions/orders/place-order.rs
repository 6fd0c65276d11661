//! `POST /orders`: check out the cart, or buy the given items.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::code::{
    CART_CHANGED, CART_EMPTY, IDEMPOTENCY_KEY_REUSED, MALFORMED, NO_LONGER_SOLD, OUT_OF_STOCK,
    TOO_MANY_STORES, TOTAL_TOO_LARGE, TRY_AGAIN, UNAUTHENTICATED, VALIDATION_ERROR,
};
use api::view::OrderBody;
use api::{Buyer, Endpoint, Fault, Problem, Reply, Request, Result, Schema, Who, token};
use domain::Invalid;
use domain::account::User;
use domain::account::address::{Address, AddressBook, NewAddress, Purpose};
use domain::cart::{Cart, MOST_LINES, MOST_STORES, Short, Shortage, order_lines};
use domain::catalogue::Store;
use domain::ids::{AddressId, OrderId, ProductId};
use domain::invalid::{INVALID, OUT_OF_RANGE, REQUIRED, TOO_LONG, TOO_SHORT};
use domain::messages::TakePayment;
use domain::money::{Fees, Money};
use domain::orders::{Attempt, OrderContact, OrderHead, OrderLine, OrderSnapshot, Status};
use domain::quantity::Quantity;
use domain::text::{IdempotencyKey, PaymentMethod};
use http::{HeaderName, header};
use lambda::{CheckoutSwitch, Switch};
use providers::Queue;
use serde::{Deserialize, Serialize};
use table::{CartKey, Checkout, NewOrder, Refusal, Table};

/// The contract.
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

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, place_order);
}

/// What to buy, and how.
#[derive(Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    { "properties": { "shipping_address_id": { "type": "null" } } },
    { "properties": { "shipping_address": { "type": "null" } } },
]))]
pub struct Purchase {
    /// One of the buyer's own addresses. Left out together with `shipping_address`, it is their default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address_id: Option<AddressId>,
    /// Any other address.
    shipping_address: Option<NewAddress>,
    /// Left out, it is the buyer's default one, or the shipping address where they have none.
    billing_address: Option<NewAddress>,
    payment_method: PaymentMethod,
    /// What the buyer was shown; another total is refused.
    expected_total: Option<Money>,
    /// What to buy, instead of the cart: at most 99 of a product. With items the header `Idempotency-Key` is
    /// required.
    #[schemars(length(min = 1, max = MOST_LINES))]
    items: Option<Vec<Item>>,
}

/// How many of what.
#[derive(Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    product_id: ProductId,
    quantity: Quantity,
}

/// A repeat of an attempt that placed an order gets that order again, whatever has become of cart and stock
/// since.
pub async fn place_order(
    (table, payments, CheckoutSwitch(switch)): &(Table, Queue<TakePayment>, CheckoutSwitch),
    request: Request,
) -> Result {
    let buyer = request.buyer(table).await?;
    let purchase: Purchase = request.json()?;
    if purchase.shipping_address_id.is_some() && purchase.shipping_address.is_some() {
        let both = Invalid::new(INVALID, "cannot be given together with shipping_address");
        return Err(Problem::invalid("shipping_address_id", &both));
    }
    let addresses = Addresses::of(&purchase)?;
    let key = idempotency_key(&request, &purchase)?;
    let request_hash = token::hash(&serde_json::to_string(&purchase).map_err(Problem::internal)?);
    let (fees, tried) = (request.deployment.fees, Cell::default());
    let attempt = Attempted { table, buyer, fees, purchase, addresses, key, request_hash, tried };

    let (order, replayed) = match attempt.by_key().await? {
        Some(order) => (order, true),
        None if *switch == Switch::Off => return Err(closed()),
        None => match attempt.place().await {
            Ok(placed) => placed,
            // The state refuses, but perhaps because this very attempt has changed it: a double click, or a
            // lost answer.
            Err(refused) if refused.code.status == 409 => (attempt.earlier().await?.ok_or(refused)?, true),
            Err(problem) => return Err(problem),
        },
    };
    // For a repeat too: the first may have died before it could publish. Lost, it is found overdue and
    // published again.
    payments.try_send(TakePayment { order: order.id }).await;
    placed(&order, replayed)
}

fn placed(order: &OrderSnapshot, replayed: bool) -> Result {
    let reply = Reply::created(&OrderBody::as_placed(order), &format!("/api/v1/orders/{}", order.id))?;
    match replayed {
        true => reply.header(HeaderName::from_static("idempotent-replayed"), "true"),
        false => Ok(reply),
    }
}

/// The caller's name for this attempt; without it, given items could be bought twice by a lost answer.
fn idempotency_key(request: &Request, purchase: &Purchase) -> Result<Option<IdempotencyKey>> {
    match request.idempotency_key()? {
        None if purchase.items.is_some() => {
            Err(Problem::new(MALFORMED, "With items, the header Idempotency-Key is required."))
        }
        key => Ok(key),
    }
}

/// A cart remembers for this long which order it became.
const REMEMBERED: Duration = Duration::from_mins(10);

/// The addresses of the request.
struct Addresses {
    shipping: Option<Address>,
    billing: Option<Address>,
}

impl Addresses {
    /// Refuses each that has no postal code where its country needs one.
    fn of(purchase: &Purchase) -> Result<Self> {
        let mut faults = Vec::new();
        let mut given = |field: &str, address: Option<&NewAddress>| {
            let address = address?.clone().address();
            address.map_err(|invalid| faults.push(Fault::of(format!("{field}.postal_code"), &invalid))).ok()
        };
        let shipping = given("shipping_address", purchase.shipping_address.as_ref());
        let billing = given("billing_address", purchase.billing_address.as_ref());
        match faults.is_empty() {
            true => Ok(Self { shipping, billing }),
            false => Err(Problem::validation(faults)),
        }
    }
}

struct Attempted<'a> {
    table: &'a Table,
    buyer: Buyer,
    fees: Fees,
    purchase: Purchase,
    addresses: Addresses,
    key: Option<IdempotencyKey>,
    request_hash: String,
    /// Under which identity the order was last tried to be placed.
    tried: Cell<Option<OrderId>>,
}

impl Attempted<'_> {
    /// The order that was placed under this key.
    async fn by_key(&self) -> Result<Option<OrderSnapshot>> {
        let Some(key) = &self.key else { return Ok(None) };
        let order = self.table.order_snapshot(OrderId::of(self.buyer.id, &Attempt::Key(key))).await?;
        match order {
            Some(order) if order.request_hash != self.request_hash => {
                Err(Problem::new(IDEMPOTENCY_KEY_REUSED, "This key has placed another order."))
            }
            order => Ok(order),
        }
    }

    /// The order that an earlier try of this very attempt has placed: under the identity that was tried, or,
    /// where the cart was empty so that none was, the order that the cart has just become.
    async fn earlier(&self) -> Result<Option<OrderSnapshot>> {
        if self.key.is_some() {
            return self.by_key().await;
        }
        let mut tried = self.tried.get();
        if tried.is_none() {
            let cart = self.table.cart(&CartKey::User(self.buyer.id)).await?;
            let fresh = |at| self.table.now().since(at) < REMEMBERED;
            tried = cart.and_then(|cart| cart.last_order).filter(|(_, at)| fresh(*at)).map(|(id, _)| id);
            // Who has called it off since does not mean that one.
            if let Some(id) = tried
                && self.table.order_head(id).await?.is_some_and(|head| head.status() == Status::Cancelled)
            {
                tried = None;
            }
        }
        match tried {
            Some(id) => self.same(id).await,
            None => Ok(None),
        }
    }

    /// The order with this id, if this very request was what placed it.
    async fn same(&self, id: OrderId) -> Result<Option<OrderSnapshot>> {
        let order = self.table.order_snapshot(id).await?;
        Ok(order.filter(|order| order.request_hash == self.request_hash))
    }

    /// Prices and places the order; when a price has changed in between, once more from the start. True with
    /// an order that an earlier try has placed meanwhile.
    async fn place(&self) -> Result<(OrderSnapshot, bool)> {
        for _ in 0..4 {
            let new = self.price().await?;
            match self.table.check_out_order(&new).await? {
                Checkout::Placed => return Ok((new.snapshot, false)),
                Checkout::Exists => {
                    let there = self.same(new.snapshot.id).await?;
                    return Ok((there.ok_or_else(changed)?, true));
                }
                Checkout::Refused(Refusal::CartMoved) => return Err(changed()),
                Checkout::Refused(Refusal::Short(short)) => return Err(out_of_stock(&short)),
                Checkout::Refused(Refusal::Repriced) => {}
            }
        }
        Err(Problem::try_again("the prices keep changing"))
    }

    async fn price(&self) -> Result<NewOrder> {
        let (customer, cart) = tokio::join!(self.customer(), self.cart());
        let ((user, book), cart) = (customer?, cart?);
        // First, for an empty cart may mean a repeat, and a repeat is answered whatever has become of the
        // address.
        let wanted = self.wanted(cart.as_ref())?;
        let shipping_address = self.shipping_address(&book)?;
        let id = OrderId::of(self.buyer.id, &self.identity(cart.as_ref())?);
        self.tried.set(Some(id));
        let (lines, stores) = self.lines(&wanted, cart.as_ref()).await?;
        let totals = self.fees.totals(lines.iter().map(|line| (line.price, line.quantity)));
        let totals = totals.map_err(|error| Problem::new(TOTAL_TOO_LARGE, error.to_string()))?;
        if self.purchase.expected_total.is_some_and(|expected| expected != self.fees.money(totals.total)) {
            return Err(changed());
        }

        let now = self.table.now();
        let snapshot = OrderSnapshot {
            id,
            number: id.number(now),
            shopper: self.buyer.id,
            placed_at: now,
            lines,
            totals,
            currency: self.fees.currency,
            payment_method: self.purchase.payment_method.clone(),
            request_hash: self.request_hash.clone(),
        };
        let contact = OrderContact {
            id,
            email: user.email,
            name: user.name,
            billing_address: self.billing_address(&book).unwrap_or_else(|| shipping_address.clone()),
            shipping_address,
            cancel_reason: None,
        };
        let modes = stores.into_iter().map(|store| (store.id, store.fulfilment)).collect();
        Ok(NewOrder { head: OrderHead::new(&snapshot, &modes), snapshot, contact, cart })
    }

    /// The cart that is being checked out; none when items are given.
    async fn cart(&self) -> Result<Option<Cart>> {
        match self.purchase.items {
            Some(_) => Ok(None),
            None => Ok(self.table.cart(&CartKey::User(self.buyer.id)).await?),
        }
    }

    /// The buyer, with the addresses that they keep. Where the parcel goes to one of these, they are read as
    /// they are at this moment: it must not go to where its buyer lived a moment ago.
    async fn customer(&self) -> Result<(User, AddressBook)> {
        let customer = match self.purchase.shipping_address {
            Some(_) => self.table.user_with_addresses(self.buyer.id).await?,
            None => self.table.user_with_addresses_now(self.buyer.id).await?,
        };
        customer.ok_or_else(|| Problem::unauthenticated("no such user"))
    }

    /// Where it goes: the request's address, or the one that it names, or the buyer's default.
    fn shipping_address(&self, book: &AddressBook) -> Result<Address> {
        if let Some(address) = &self.addresses.shipping {
            return Ok(address.clone());
        }
        let (saved, refused) = match self.purchase.shipping_address_id {
            Some(id) => (book.get(id), Problem::unknown("shipping_address_id", "address")),
            None => (
                book.default_for(Purpose::Shipping),
                Problem::invalid("shipping_address", &Invalid::new(REQUIRED, "there is no default address")),
            ),
        };
        saved.map(|saved| saved.address).ok_or(refused)
    }

    /// Who is billed: the request's address, or the buyer's default.
    fn billing_address(&self, book: &AddressBook) -> Option<Address> {
        let kept = || book.default_for(Purpose::Billing).map(|saved| saved.address);
        self.addresses.billing.clone().or_else(kept)
    }

    fn identity(&self, cart: Option<&Cart>) -> Result<Attempt<'_>> {
        match (&self.key, cart) {
            (Some(key), _) => Ok(Attempt::Key(key)),
            (None, Some(cart)) => Ok(Attempt::Cart(cart.id, cart.version)),
            (None, None) => Err(Problem::internal("an order with neither key nor cart")),
        }
    }

    /// How many of each product: of the given items, or of the cart.
    fn wanted(&self, cart: Option<&Cart>) -> Result<BTreeMap<ProductId, u32>> {
        let Some(items) = &self.purchase.items else {
            let lines = cart.map(|cart| &cart.lines).filter(|lines| !lines.is_empty());
            let lines = lines.ok_or_else(|| Problem::new(CART_EMPTY, "There is nothing in the cart."))?;
            return Ok(lines.iter().map(|(id, line)| (*id, line.quantity.get())).collect());
        };
        let refuse = |code, message: String| Problem::invalid("items", &Invalid::new(code, message));
        if items.is_empty() {
            return Err(refuse(TOO_SHORT, "must have at least one item".to_owned()));
        }
        let mut wanted = BTreeMap::new();
        for item in items {
            *wanted.entry(item.product_id).or_insert(0) += item.quantity.get();
        }
        if items.len() > MOST_LINES {
            return Err(refuse(TOO_LONG, format!("must have at most {MOST_LINES} items")));
        }
        if wanted.values().any(|quantity| *quantity > Quantity::MOST) {
            return Err(refuse(OUT_OF_RANGE, format!("at most {} of a product", Quantity::MOST)));
        }
        Ok(wanted)
    }

    /// The order's lines at today's prices, and their stores. A cart knows the stores, so one read brings
    /// both.
    async fn lines(
        &self,
        wanted: &BTreeMap<ProductId, u32>,
        cart: Option<&Cart>,
    ) -> Result<(Vec<OrderLine>, Vec<Store>)> {
        let ids: Vec<_> = wanted.keys().copied().collect();
        let known = cart.iter().flat_map(|cart| cart.lines.values()).map(|line| line.store_id);
        let known: BTreeSet<_> = known.collect();
        let known: Vec<_> = known.into_iter().collect();
        let (mut products, mut stores) = self.table.products_and_stores(&ids, &known).await?;
        if order_lines(wanted, &products).is_err() {
            // A cheap read may be a moment old. Nobody is told "sold out" or "no longer sold" by it.
            (products, stores) = self.table.products_and_stores_now(&ids, &known).await?;
        }
        let lines = order_lines(wanted, &products).map_err(|short| out_of_stock(&short))?;
        let sellers: BTreeSet<_> = lines.iter().map(|line| line.store_id).collect();
        if sellers.len() > MOST_STORES {
            return Err(Problem::new(TOO_MANY_STORES, format!("An order has at most {MOST_STORES} stores.")));
        }
        if cart.is_none() {
            (_, stores) =
                self.table.products_and_stores(&[], &sellers.iter().copied().collect::<Vec<_>>()).await?;
        }
        // Who moves an order's parts is decided here, once: not by a read that has not caught up with a new
        // store.
        if stores.len() < sellers.len() {
            return Err(Problem::try_again("a store is not readable yet"));
        }
        let closed: BTreeSet<_> = stores.iter().filter(|store| store.closed).map(|store| store.id).collect();
        let gone: Short = lines
            .iter()
            .filter(|line| closed.contains(&line.store_id))
            .map(|line| (line.product_id, Shortage::NotSold))
            .collect();
        if !gone.is_empty() {
            return Err(out_of_stock(&gone));
        }
        Ok((lines, stores))
    }
}

fn closed() -> Problem {
    let detail = "The shop takes no orders at the moment. The cart stays as it is.";
    Problem::new(TRY_AGAIN, detail).header(header::RETRY_AFTER, "60")
}

fn changed() -> Problem {
    Problem::new(CART_CHANGED, "The cart or a price has changed. Look at the cart again.")
}

/// Each product that cannot be sold, with the reason. What is no longer sold has to leave the cart; of the
/// rest the buyer may take fewer.
fn out_of_stock(short: &Short) -> Problem {
    let fault = |(id, shortage): (&ProductId, &Shortage)| {
        let (code, message) = match shortage {
            Shortage::NotSold => (NO_LONGER_SOLD, "no longer sold".to_owned()),
            Shortage::Left(..=0) => (OUT_OF_STOCK, "sold out".to_owned()),
            Shortage::Left(left) => (OUT_OF_STOCK, format!("only {left} left")),
        };
        Fault { code: code.name, field: Some(id.to_string()), message }
    };
    let errors = short.iter().map(fault).collect();
    let problem = match short.values().all(|shortage| *shortage == Shortage::NotSold) {
        true => Problem::new(NO_LONGER_SOLD, "Some of it is no longer sold."),
        false => Problem::new(OUT_OF_STOCK, "Some of it cannot be sold in that number."),
    };
    Problem { errors, ..problem }
}
