//! What comes from outside: the pictures of sellers, and the signed events of Stripe.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use ring::hmac::{HMAC_SHA256, Key, sign};

/// A picture of one colour.
pub fn picture(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

/// A picture as a file.
pub fn file(width: u32, height: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture(width, height, colour)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A small PNG.
pub fn small_png() -> Vec<u8> {
    file(30, 20, [250, 0, 0], ImageFormat::Png)
}

/// The signature header of an event that Stripe signs at this second.
pub fn signature(at: i64, body: &str) -> String {
    let tag = sign(&Key::new(HMAC_SHA256, b"whsec_canary"), format!("{at}.{body}").as_bytes());
    tag.as_ref().iter().fold(format!("t={at},v1="), |header, byte| format!("{header}{byte:02x}"))
}
