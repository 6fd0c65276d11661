//! Resources as the outside sees them: the bodies that several endpoints answer with.

use domain::Timestamp;
use domain::account::User;
use domain::account::address::{Address, SavedAddress};
use domain::cart::Cart;
use domain::catalogue::image::{Album, Rendition};
use domain::catalogue::{Category, Listing, Mode, SellerStore, Stocked};
use domain::ids::{AddressId, CategoryId, OrderId, ProductId, StoreId, UserId};
use domain::money::{Currency, Fees, Minor, Money};
use domain::orders::debt::overdue;
use domain::orders::{
    Event, Fulfilment, Happened, OrderContact, OrderHead, OrderLine, OrderSnapshot, PaymentStatus, Status,
};
use domain::quantity::Quantity;
use domain::text::{Brand, Description, Email, Name, PaymentMethod, Reason, Sku};
use serde::Serialize;
use store::Order;

use crate::image::{ImageBody, public_url};
use crate::{Schema, Site};

/// A user, to themself.
#[derive(Serialize, Schema)]
pub struct UserBody {
    id: UserId,
    name: Name,
    email: Email,
    /// Whether they have followed a link that was sent there.
    email_verified: bool,
    /// The address that takes over once they have followed the link that was sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_email: Option<Email>,
    roles: Vec<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a user may do; roles add up.
#[derive(Serialize, Schema)]
#[serde(rename_all = "snake_case")]
enum Role {
    Buyer,
    Seller,
    Admin,
}

impl UserBody {
    /// The user's body.
    pub fn of(user: &User) -> Self {
        let roles =
            [Some(Role::Buyer), user.store_id.map(|_| Role::Seller), user.is_admin.then_some(Role::Admin)];
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified,
            pending_email: user.pending_email.clone(),
            roles: roles.into_iter().flatten().collect(),
            store_id: user.store_id,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// An address, to its owner.
#[derive(Serialize, Schema)]
pub struct AddressBody {
    id: AddressId,
    #[serde(flatten)]
    address: Address,
    is_default_shipping: bool,
    is_default_billing: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<SavedAddress> for AddressBody {
    fn from(saved: SavedAddress) -> Self {
        let SavedAddress {
            id,
            address,
            is_default_shipping,
            is_default_billing,
            created_at,
            updated_at,
            version: _,
        } = saved;
        Self { id, address, is_default_shipping, is_default_billing, created_at, updated_at }
    }
}

/// A store, to everybody.
#[derive(Serialize, Schema)]
pub struct StoreBody {
    id: StoreId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    fulfilment: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<ImageBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl StoreBody {
    /// The same with its logo, if it has one.
    pub fn with_logo(self, logos: &Album, site: &Site) -> Self {
        Self { logo: ImageBody::all_of(logos, site).pop(), ..self }
    }
}

impl From<SellerStore> for StoreBody {
    fn from(store: SellerStore) -> Self {
        let SellerStore { id, name, description, fulfilment, created_at, updated_at, .. } = store;
        Self { id, name, description, fulfilment, logo: None, created_at, updated_at }
    }
}

/// A category, to everybody.
#[derive(Serialize, Schema)]
pub struct CategoryBody {
    id: CategoryId,
    name: Name,
    /// The category above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<CategoryId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Category> for CategoryBody {
    fn from(category: Category) -> Self {
        let Category { id, name, parent_id, created_at, updated_at, .. } = category;
        Self { id, name, parent_id, created_at, updated_at }
    }
}

/// A product on its own page.
#[derive(Serialize, Schema)]
pub struct ProductBody {
    id: ProductId,
    store_id: StoreId,
    category_id: CategoryId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    sku: Sku,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<Brand>,
    price: Money,
    is_active: bool,
    in_stock: bool,
    /// How many can be bought at this moment.
    available: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ProductBody {
    /// The product's body.
    pub fn of(stocked: Stocked, fees: &Fees) -> Self {
        let available = stocked.available();
        let Stocked { product, .. } = stocked;
        Self {
            id: product.id,
            store_id: product.store_id,
            category_id: product.category_id,
            name: product.name,
            description: product.description,
            sku: product.sku,
            brand: product.brand,
            price: fees.money(product.price),
            is_active: product.is_active,
            in_stock: available > 0,
            available,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// A product in a list.
#[derive(Serialize, Schema)]
pub struct ListingBody {
    id: ProductId,
    store_id: StoreId,
    category_id: CategoryId,
    name: Name,
    price: Money,
    in_stock: bool,
    /// The URL of its first picture, at most 200 pixels a side.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ListingBody {
    /// The row's body.
    pub fn of(row: Listing, site: &Site) -> Self {
        let Listing { id, store_id, category_id, name, in_stock, created_at, updated_at, .. } = row;
        let price = site.fees.money(row.price);
        let thumbnail = row.image.map(|image| public_url(image, Rendition::Small, site));
        Self { id, store_id, category_id, name, price, in_stock, thumbnail, created_at, updated_at }
    }
}

/// A product in the list of who sells it.
#[derive(Serialize, Schema)]
pub struct SellerListingBody {
    #[serde(flatten)]
    row: ListingBody,
    /// Whether everybody sees it.
    is_active: bool,
}

impl SellerListingBody {
    /// The row's body.
    pub fn of(row: Listing, site: &Site) -> Self {
        let is_active = row.is_active;
        Self { row: ListingBody::of(row, site), is_active }
    }
}

/// What is in a cart, after a change of it.
#[derive(Serialize, Schema)]
pub struct CartLines {
    items: Vec<CartItem>,
    version: u64,
}

#[derive(Serialize, Schema)]
struct CartItem {
    product_id: ProductId,
    quantity: Quantity,
}

impl From<Cart> for CartLines {
    fn from(cart: Cart) -> Self {
        let items = cart.lines.into_iter();
        let items = items.map(|(product_id, line)| CartItem { product_id, quantity: line.quantity });
        Self { items: items.collect(), version: cart.version }
    }
}

/// An order, to its buyer.
#[derive(Serialize, Schema)]
pub struct OrderBody {
    id: OrderId,
    /// For people; the id is what names the order.
    number: String,
    status: Status,
    payment_status: PaymentStatus,
    payment_method: PaymentMethod,
    /// Only while the money waits for the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<WaitingPayment>,
    lines: Vec<OrderLineBody>,
    subtotal: Money,
    discount: Money,
    tax: Money,
    shipping: Money,
    total: Money,
    fulfilments: Vec<FulfilmentBody>,
    timeline: Vec<EventBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    /// What was said when the order was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<Reason>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A payment that waits for the buyer.
#[derive(Serialize, Schema)]
struct WaitingPayment {
    next_action: NextAction,
}

/// Where the buyer's client learns what to do.
#[derive(Serialize, Schema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum NextAction {
    /// Ask at `url`, which tells only the buyer.
    Authenticate {
        /// A path of this API.
        url: String,
    },
}

impl WaitingPayment {
    fn of(head: &OrderHead) -> Option<Self> {
        let next_action = NextAction::Authenticate { url: format!("/api/v1/orders/{}/payment", head.id) };
        head.needs_buyer().then_some(Self { next_action })
    }
}

/// An order in a list.
#[derive(Serialize, Schema)]
pub struct OrderRow {
    id: OrderId,
    /// For people; the id is what names the order.
    number: String,
    status: Status,
    payment_status: PaymentStatus,
    total: Money,
    /// How many lines it has.
    line_count: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl OrderRow {
    /// The order's row.
    pub fn of(head: &OrderHead) -> Self {
        Self {
            id: head.id,
            number: head.id.number(head.placed_at),
            status: head.status(),
            payment_status: head.payment.status,
            total: head.summary.total,
            line_count: head.summary.lines,
            created_at: head.placed_at,
            updated_at: head.updated_at(),
        }
    }
}

/// An order in the list of an administrator.
#[derive(Serialize, Schema)]
pub struct AdminOrderRow {
    #[serde(flatten)]
    row: OrderRow,
    /// Why somebody has to look at it, if somebody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<OverdueBody>,
}

/// What an order owes for too long.
#[derive(Serialize, Schema)]
struct OverdueBody {
    since: Timestamp,
    /// `payment`, `settlement`, `packing`, `shipping`, `label`, `handover`, `delivery`, `mail`: the order is stuck with it and
    /// waits for a redrive. `seller`: its seller has to move it by hand.
    debt: &'static str,
    /// Whose part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    /// How often it was reminded in vain since it last moved.
    attempts: u32,
}

impl AdminOrderRow {
    /// The order's row, as it is now.
    pub fn of(head: &OrderHead, now: Timestamp) -> Self {
        let overdue = overdue(head, now).map(|(debt, since)| OverdueBody {
            since,
            debt: debt.kind(),
            store_id: debt.store(),
            attempts: head.attempts,
        });
        Self { row: OrderRow::of(head), overdue }
    }
}

/// An order, to a seller: their own part of it, and nothing of anybody else's.
#[derive(Serialize, Schema)]
pub struct SellerOrderBody {
    id: OrderId,
    /// For people; the id is what names the order.
    number: String,
    /// Where the seller's own part stands.
    status: Status,
    lines: Vec<OrderLineBody>,
    /// For the seller's own lines, before discount, tax and shipping.
    subtotal: Money,
    fulfilment: FulfilmentBody,
    timeline: Vec<EventBody>,
    /// While the parcel is still to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl SellerOrderBody {
    /// This store's part of the order; none when it has no part in it.
    pub fn of(
        store: StoreId,
        snapshot: &OrderSnapshot,
        head: &OrderHead,
        contact: Option<OrderContact>,
    ) -> Option<Self> {
        let part = head.fulfilments.get(&store)?;
        let own: Vec<_> = snapshot.lines.iter().filter(|line| line.store_id == store).collect();
        let subtotal = own.iter().map(|line| line.total()).fold(0, Minor::saturating_add);
        Some(Self {
            id: snapshot.id,
            number: snapshot.number.clone(),
            status: part.status,
            lines: own.into_iter().map(|line| OrderLineBody::of(line, snapshot.currency)).collect(),
            subtotal: Money { amount: subtotal, currency: snapshot.currency },
            fulfilment: FulfilmentBody::of(store, part),
            timeline: head.events_of(store).map(|event| EventBody::of(head, event)).collect(),
            shipping_address: contact.filter(|_| part.is_to_ship()).map(|contact| contact.shipping_address),
            created_at: snapshot.placed_at,
            updated_at: head.moved_at(store),
        })
    }
}

impl SellerOrderBody {
    /// Whether the seller's own part stands here.
    pub fn stands(&self, status: Status) -> bool {
        self.status == status
    }
}

/// An order, to whom it concerns.
#[derive(Serialize, Schema)]
#[serde(untagged)]
pub enum OrderView {
    /// To its buyer and to an administrator.
    Whole(Box<OrderBody>),
    /// To a seller who has a part in it.
    Part(Box<SellerOrderBody>),
}

#[derive(Serialize, Schema)]
struct OrderLineBody {
    product_id: ProductId,
    store_id: StoreId,
    sku: Sku,
    name: Name,
    price: Money,
    quantity: u32,
    total: Money,
}

impl OrderLineBody {
    fn of(line: &OrderLine, currency: Currency) -> Self {
        let money = |amount| Money { amount, currency };
        Self {
            product_id: line.product_id,
            store_id: line.store_id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            price: money(line.price),
            quantity: line.quantity,
            total: money(line.total()),
        }
    }
}

#[derive(Serialize, Schema)]
struct FulfilmentBody {
    store_id: StoreId,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery: Option<Timestamp>,
}

impl FulfilmentBody {
    fn of(store_id: StoreId, part: &Fulfilment) -> Self {
        Self {
            store_id,
            status: part.status,
            tracking_number: part.tracking_number.clone(),
            estimated_delivery: part.estimate,
        }
    }
}

#[derive(Serialize, Schema)]
struct EventBody {
    at: Timestamp,
    event: Happened,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
}

impl EventBody {
    fn of(head: &OrderHead, event: &Event) -> Self {
        Self { at: event.at, event: event.to, store_id: head.store_of(event) }
    }
}

impl OrderBody {
    /// The order as it was placed: from its snapshot alone, so that every repeat of the request gets the same.
    pub fn as_placed(snapshot: &OrderSnapshot) -> Self {
        Self::of(snapshot, &OrderHead::new(snapshot, &[].into()), None)
    }

    /// The order as it stands, with all that is known of it.
    pub fn whole(order: Order) -> Self {
        Self::of(&order.snapshot, &order.head, order.contact)
    }

    /// The order as it stands.
    pub fn of(snapshot: &OrderSnapshot, head: &OrderHead, contact: Option<OrderContact>) -> Self {
        let money = |amount| Money { amount, currency: snapshot.currency };
        let (addresses, cancel_reason) = contact
            .map(|contact| ((contact.shipping_address, contact.billing_address), contact.cancel_reason))
            .unzip();
        let (shipping_address, billing_address) = addresses.unzip();
        Self {
            id: snapshot.id,
            number: snapshot.number.clone(),
            status: head.status(),
            payment_status: head.payment.status,
            payment_method: snapshot.payment_method.clone(),
            payment: WaitingPayment::of(head),
            lines: snapshot.lines.iter().map(|line| OrderLineBody::of(line, snapshot.currency)).collect(),
            subtotal: money(snapshot.totals.subtotal),
            discount: money(snapshot.totals.discount),
            tax: money(snapshot.totals.tax),
            shipping: money(snapshot.totals.shipping),
            total: money(snapshot.totals.total),
            fulfilments: head.fulfilments.iter().map(|(id, part)| FulfilmentBody::of(*id, part)).collect(),
            timeline: head.timeline.iter().map(|event| EventBody::of(head, event)).collect(),
            shipping_address,
            billing_address,
            cancel_reason: cancel_reason.flatten(),
            created_at: snapshot.placed_at,
            updated_at: head.updated_at(),
        }
    }
}
