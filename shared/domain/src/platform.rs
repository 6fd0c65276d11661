//! What the whole shop needs, whatever it sells.

pub mod window;
