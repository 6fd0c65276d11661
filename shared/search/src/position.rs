//! Where a page of hits ends, as the text of a cursor.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::collect::{Hit, Place};

/// The most hits that pages lead to.
pub const MOST_HITS: u64 = 10_000;

/// The last hit of a page, and how many hits the pages up to it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The hits so far.
    pub seen: u64,
    /// The last one.
    pub hit: Hit,
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hit { place, id } = &self.hit;
        match place {
            Place::Number(number) => write!(f, "{} {id} #{number}", self.seen),
            Place::Name(name) => write!(f, "{} {id} ={name}", self.seen),
        }
    }
}

/// The text is not a position.
#[derive(Debug)]
pub struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let mut parts = text.splitn(3, ' ');
        let mut part = || parts.next().ok_or(NoPosition);
        let (seen, id, place) = (part()?, part()?, part()?);
        let place = match (place.strip_prefix('#'), place.strip_prefix('=')) {
            (Some(number), _) => Place::Number(number.parse().map_err(|_| NoPosition)?),
            (_, Some(name)) => Place::Name(name.to_owned()),
            _ => return Err(NoPosition),
        };
        let hit = Hit { place, id: id.parse().map_err(|_| NoPosition)? };
        Ok(Self { seen: seen.parse().map_err(|_| NoPosition)?, hit })
    }
}
