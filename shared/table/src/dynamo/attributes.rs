//! Items and the attributes that they are made of.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::error::{Error, Result};

/// An item in the form of the SDK.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Text as an attribute.
pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number as an attribute.
pub(crate) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// A value as an attribute.
pub(crate) fn value<T: serde::Serialize>(value: &T) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value).map_err(|error| Error::Broken(error.to_string()))
}
