//! Products: their stock, images and reviews, the lists that they are in, and the categories.

pub(crate) mod categories;
pub(crate) mod images;
pub(crate) mod in_stock;
pub(crate) mod listings;
pub(crate) mod product_page;
pub(crate) mod products;
pub(crate) mod reviews;
pub(crate) mod stock;
