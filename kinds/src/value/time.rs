//! Timestamps.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::string_schema;

/// A timestamp: RFC 3339, UTC, always nine fractional digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// A time that comes from a file. `None` before the year 0, which a line cannot express.
    pub fn of_file(time: Timestamp) -> Option<Self> {
        const EARLIEST: Timestamp = Timestamp::constant(-62_167_219_200, 0);
        (time >= EARLIEST).then_some(Time(time))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.9}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(d)?;
        let time = text.parse().map_err(serde::de::Error::custom)?;
        Time::of_file(time).ok_or_else(|| serde::de::Error::custom("a time before the year 0"))
    }
}

string_schema!(
    Time, "Time", "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"
);
