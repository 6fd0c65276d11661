//! The area catalogue.

pub mod albums;
pub mod catalogue;
pub mod images;
pub mod listings;
pub mod reviews;
pub mod stock;
pub mod thumbnails;
