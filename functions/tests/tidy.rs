//! Tests of the code base itself: things that belong together are there together, and each forgotten piece is
//! named.

mod arrows;
mod build;
mod cloud;
mod documents;
mod names;
mod source;
mod style;
