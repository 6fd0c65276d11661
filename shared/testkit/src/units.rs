//! Capacity units as DynamoDB bills them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde_json::Value;

/// Read and write units, of the base table and of indexes. They are exact: multiples of a half.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Read units of the base table.
    pub read_base: f64,
    /// Read units of indexes.
    pub read_index: f64,
    /// Write units of the base table.
    pub write_base: f64,
    /// Write units of indexes.
    pub write_index: f64,
}

impl Units {
    /// All read units.
    pub fn read(&self) -> f64 {
        self.read_base + self.read_index
    }

    /// All write units.
    pub fn write(&self) -> f64 {
        self.write_base + self.write_index
    }

    /// The sum of a response's `ConsumedCapacity` (one, or one for each table).
    pub(crate) fn of(response: &Value, writes: bool) -> Self {
        let consumed = match &response["ConsumedCapacity"] {
            Value::Array(tables) => tables.as_slice(),
            Value::Null => &[],
            one => std::slice::from_ref(one),
        };
        let mut units = Self::default();
        for table in consumed {
            let (read_base, write_base) = capacity(&table["Table"], writes);
            units += Self { read_base, write_base, ..Self::default() };
            for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                for index in table[kind].as_object().into_iter().flat_map(|indexes| indexes.values()) {
                    let (read_index, write_index) = capacity(index, writes);
                    units += Self { read_index, write_index, ..Self::default() };
                }
            }
        }
        units
    }
}

/// Read and write units of one table or index. Transactions report both, because the second use of a token
/// costs reads. For other calls the operation decides.
fn capacity(detail: &Value, writes: bool) -> (f64, f64) {
    let units = |field: &str| detail[field].as_f64();
    match (units("ReadCapacityUnits"), units("WriteCapacityUnits")) {
        (None, None) => {
            let units = units("CapacityUnits").unwrap_or(0.0);
            if writes { (0.0, units) } else { (units, 0.0) }
        }
        (read, write) => (read.unwrap_or(0.0), write.unwrap_or(0.0)),
    }
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            read_base: self.read_base + other.read_base,
            read_index: self.read_index + other.read_index,
            write_base: self.write_base + other.write_base,
            write_index: self.write_index + other.write_index,
        }
    }
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(units: I) -> Self {
        units.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read_base, read_index, write_base, write_index } = self;
        write!(f, "r {read_base}+{read_index} w {write_base}+{write_index}")
    }
}
