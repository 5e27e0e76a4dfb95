//! Types of values.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A time: RFC 3339 in UTC with nine digits after the point. Times compare as texts do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(Box<str>);

impl Time {
    /// The text, as lines have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a time of the system; `None` if the text is no time, or is before 1970.
    pub fn system_time(&self) -> Option<SystemTime> {
        let number = |from: usize, to: usize| -> Option<u64> { self.0.get(from..to)?.parse().ok() };
        let is_time = self.0.len() == 30 && self.0.ends_with('Z') && self.0.get(10..11)? == "T";
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if !is_time || year < 1970 || !(1..=12).contains(&month) {
            return None;
        }
        // Days since 1970 of the proleptic Gregorian calendar, with years that begin in March.
        let (year, month) = match month {
            1 | 2 => (year - 1, month + 9),
            _ => (year, month - 3),
        };
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
        let days = days.checked_sub(719_469)?;
        let seconds = ((days * 24 + number(11, 13)?) * 60 + number(14, 16)?) * 60 + number(17, 19)?;
        let since = Duration::new(seconds, number(20, 29)? as u32);
        SystemTime::UNIX_EPOCH.checked_add(since)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A JSON object without a struct of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    /// A property; `None` if it is absent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The same object as a struct: `info_data` of a link's `linkinfo` as
    /// [`Vxlan`](crate::objects::Vxlan), if the `info_kind` beside it is `vxlan`.
    ///
    /// # Errors
    /// If a property has another type.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        T::deserialize(Value::Object(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_system() {
        let of = |text: &str| {
            let time = Time(text.into()).system_time()?;
            time.duration_since(SystemTime::UNIX_EPOCH).ok()
        };
        let expected = [
            ("1970-01-01T00:00:00.000000000Z", Some((0, 0))),
            ("1970-03-01T00:00:01.000000001Z", Some((59 * 86400 + 1, 1))),
            ("2000-02-29T12:00:00.000000000Z", Some((951_825_600, 0))),
            (
                "2026-11-24T20:26:54.897123456Z",
                Some((1_795_552_014, 897_123_456)),
            ),
            (
                "2100-12-31T23:59:59.999999999Z",
                Some((4_133_980_799, 999_999_999)),
            ),
            ("1969-12-31T23:59:59.999999999Z", None),
            ("2026-11-24 20:26:54.897123456Z", None),
            ("2026-11-24T20:26:54Z", None),
            ("", None),
        ];
        for (text, expected) in expected {
            let expected = expected.map(|(seconds, nanos)| Duration::new(seconds, nanos));
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
