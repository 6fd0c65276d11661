//! How making and changing stores, categories and products ends.

/// How opening a store, making a category or making a product ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is there now.
    Now,
    /// The name, or the SKU, is taken.
    NameTaken,
    /// The user has a store already.
    SecondStore,
    /// What it refers to is not there.
    MissingReference,
    /// A category cannot have more than 20 above it.
    Misplaced,
}

/// How a change of a store, a category or a product ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited<T> {
    /// It is so now.
    Now(T),
    /// There is no such thing, or not any more.
    Missing,
    /// The name, or the SKU, is taken.
    NameTaken,
    /// What it is to refer to is not there.
    MissingReference,
    /// A category cannot be put below itself, nor have more than 20 above it.
    Misplaced,
}
