//! Optional fields of a PATCH.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};

/// A field of a PATCH. If it is left out, the value stays as it is. Null is refused, unless `T` takes it:
/// null clears a `Named<Option<T>>`.
///
/// Its struct needs `#[serde(default)]`.
#[derive(Clone, Debug)]
pub struct Named<T>(Option<T>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Named<T> {
    /// The new value, if the field is there.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Clone> Named<T> {
    /// The new value, or else `before`.
    pub fn or(&self, before: T) -> T {
        self.0.clone().unwrap_or(before)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct("Named", Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    /// Only the reader that probes single fields calls this, for an absent field.
    fn visit_none<E>(self) -> Result<Named<T>, E> {
        Ok(Named(None))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named<T>, D::Error> {
        T::deserialize(deserializer).map(|value| Named(Some(value)))
    }
}

#[cfg(feature = "openapi")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Named<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }
}
