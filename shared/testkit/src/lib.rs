//! The world that tests run in.
