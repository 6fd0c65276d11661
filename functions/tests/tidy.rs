//! The code base itself is tested: what belongs together is there together, and each forgotten piece is
//! named.

mod arrows;
mod build;
mod cloud;
mod documents;
mod names;
mod source;
mod style;
