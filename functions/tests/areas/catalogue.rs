//! The area catalogue.

pub mod albums;
pub mod images;
pub mod listings;
pub mod products;
pub mod reviews;
pub mod stock;
pub mod thumbnails;
pub mod variants;
