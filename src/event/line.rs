//! An event as one line of JSON: the envelope.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::json::{self, Open};
use super::values::{Time, Word};
use super::{Change, Event, SCHEMA_VERSION};

/// An event, and what its line has beside it.
pub struct Line<'a> {
    /// What [`head`] wrote: it is the same in every line of a run.
    pub head: &'a str,
    /// From 0, one more for every line.
    pub seq: u64,
    /// What [`Stamp::at`] wrote of the event's time.
    pub moment: &'a [u8],
    pub event: &'a Event,
    /// The fields of its object, each with a comma before it, where they are written already.
    pub fields: Option<&'a [u8]>,
    /// Name of the machine, where it was asked for.
    pub host: Option<&'a str>,
    /// The event as a sentence, where it was asked for.
    pub message: Option<&'a str>,
}

/// The fields that begin each line of a run. `run`: 8 hexadecimal digits, random per start.
pub fn head(run: &str) -> String {
    format!(",\"v\":{SCHEMA_VERSION},\"run\":\"{run}\"")
}

/// The field that says when it was, written: events that were received together share it, and those
/// of one second all but the fraction.
#[derive(Debug, Default)]
pub struct Stamp {
    time: Time,
    text: Vec<u8>,
}

impl Stamp {
    /// The field for that time.
    pub fn at(&mut self, time: Time) -> &[u8] {
        if self.time != time || self.text.is_empty() {
            self.write(time);
            self.time = time;
        }
        &self.text
    }

    fn write(&mut self, time: Time) {
        const FRACTION: usize = 9;
        const BEHIND: usize = b"Z\"".len();
        // Before the epoch the fraction counts backwards.
        let same = self.time.0.as_second() == time.0.as_second() && time.0.as_second() > 0;
        let fraction = self.text.len().checked_sub(FRACTION + BEHIND);
        match fraction.and_then(|at| self.text[at..].first_chunk_mut::<FRACTION>()) {
            Some(digits) if same => {
                let mut rest = time.0.subsec_nanosecond().unsigned_abs();
                for digit in digits.iter_mut().rev() {
                    *digit = b'0' + (rest % 10) as u8;
                    rest /= 10;
                }
            }
            _ => self.text = format!(",\"time\":\"{time}\"").into_bytes(),
        }
    }
}

impl Line<'_> {
    /// Appends the line and its newline to `out`.
    ///
    /// # Errors
    /// None: serde's interface has them.
    pub fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let written = json::append(out, |json| self.fields(json.object()));
        out.push(b'\n');
        Ok(written?)
    }

    fn fields(&self, mut line: Open<'_>) -> Result<(), serde_json::Error> {
        let event = self.event;
        let kind = event.payload.kind();
        line.written(self.head.as_bytes());
        line.field("seq", &self.seq)?;
        line.written(self.moment);
        if let Some(host) = self.host {
            line.field("host", host)?;
        }
        line.field("kind", &Word(kind.name()))?;
        line.field("op", &Word(event.op.name()))?;
        if let Some(origin) = &event.origin {
            line.field("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            line.field("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                line.field("ifname", ifname)?;
            }
        }
        if let Some(message) = self.message {
            line.field("message", message)?;
        }
        match self.fields {
            Some(fields) => line.object(kind.name(), fields),
            None => line.field(kind.name(), &event.payload)?,
        }
        if let Some(change) = &event.change {
            line.field("changed", &Changed(change))?;
            line.field("old", &Old(change))?;
        }
        if let Some(nl) = &event.nl {
            line.field("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            line.field("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            line.field("raw", raw)?;
        }
        line.close()
    }
}

struct Changed<'a>(&'a Change);

impl Serialize for Changed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.names().map(Word))
    }
}

struct Old<'a>(&'a Change);

impl Serialize for Old<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Old", self.0.names().count())?;
        self.0.serialize_old(&mut fields)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_stamp_is_what_the_time_is_written_as() {
        let mut stamp = Stamp::default();
        let second = 1_790_000_000_000_000_000_i128;
        let nanos = [
            0,
            1,
            -1,
            999_999_999,
            1_000_000_000,
            -999_999_999,
            -1_000_000_000,
        ];
        let times = [0, second, second + 123_456_789, 9 * second]
            .into_iter()
            .flat_map(|base| nanos.map(|nanos| base + nanos));
        for nanos in times.chain([0, 0, second]) {
            let time = Time(Timestamp::from_nanosecond(nanos).unwrap());
            let text = format!(",\"time\":\"{time}\"");
            assert_eq!(String::from_utf8(stamp.at(time).to_vec()).unwrap(), text);
        }
    }
}
