//! The pages for people.

mod pages;
