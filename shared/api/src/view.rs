//! Bodies that several endpoints answer with, by area.

mod account;
mod admin;
mod cart;
mod catalogue;
mod orders;
mod stores;

pub use account::{AddressBody, SessionBody, SignedIn, Tokens, UserBody};
pub use admin::AdminOrderRow;
pub use cart::CartLines;
pub use catalogue::{
    CategoryBody, ImageBody, KeptImageBody, ListingBody, ProductPageBody, RatingBody, ReviewBody,
    SellerListingBody, StockBody, UploadBody,
};
pub use orders::{OrderBody, OrderRow, OrderView, SellerOrderBody};
pub use stores::StoreBody;
