//! Event → line, for those events that were asked for.

use std::io;

use jiff::tz::TimeZone;

use crate::event::line::Line;
use crate::event::meta::{Part, Settings};
use crate::event::values::Time;
use crate::event::{Event, Kind, Origin};
use crate::text;

/// What the lines look like.
#[derive(Clone, Debug, Default)]
pub enum Format {
    /// One JSON object per line.
    #[default]
    Json,
    /// One sentence per line, for people.
    Text {
        zone: TimeZone,
        /// Emphasise with ANSI colours.
        colour: bool,
    },
}

/// Writes the lines of one run.
#[derive(Debug)]
pub struct Encoder {
    format: Format,
    run: String,
    /// The machine's name, where each line shall have it.
    host: Option<String>,
    message: bool,
    /// The kinds that were asked for.
    kinds: Option<Vec<Kind>>,
    /// Events that may still be written.
    left: Option<u64>,
    seq: u64,
    events: u64,
    sentence: String,
    stamp: Stamp,
}

/// A time, written: events that were received together share it.
#[derive(Debug)]
struct Stamp {
    time: Time,
    text: String,
}

impl Stamp {
    fn new(time: Time) -> Self {
        Stamp {
            time,
            text: time.to_string(),
        }
    }
}

impl Encoder {
    pub fn new(format: Format, run: String, settings: &Settings, host: Option<String>) -> Self {
        Encoder {
            format,
            run,
            host: host.filter(|_| settings.with.contains(&Part::Host)),
            message: settings.with.contains(&Part::Message),
            kinds: settings.kinds.clone(),
            left: settings.count,
            seq: 0,
            events: 0,
            sentence: String::new(),
            stamp: Stamp::new(Time::default()),
        }
    }

    /// Were as many events written as were asked for?
    pub fn is_full(&self) -> bool {
        self.left == Some(0)
    }

    /// Events that were written: lines, `meta` apart.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Shall an event of that kind be written?
    pub fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Meta
            || self
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Leaves out a line: its number is missing from what the reader gets.
    pub fn skip(&mut self) {
        self.seq += 1;
    }

    /// Appends the event's line to `out`, if it was asked for.
    ///
    /// # Errors
    /// Never, as long as `out` is memory: serde's interface has them.
    pub fn write(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        let kind = event.payload.kind();
        if !self.wants(kind) || (kind != Kind::Meta && self.is_full()) {
            return Ok(());
        }
        match &self.format {
            Format::Json => {
                if self.message {
                    self.sentence.clear();
                    text::write_sentence(event, &mut self.sentence);
                }
                if self.stamp.time != event.time {
                    self.stamp = Stamp::new(event.time);
                }
                let line = Line {
                    run: &self.run,
                    seq: self.seq,
                    time: &self.stamp.text,
                    event,
                    host: self.host.as_deref(),
                    message: self.message.then_some(&*self.sentence),
                };
                line.write(out)?;
            }
            Format::Text { zone, colour } => text::write_line(event, zone, *colour, out),
        }
        self.seq += 1;
        if kind != Kind::Meta {
            self.events += 1;
            if event.origin == Some(Origin::Kernel) {
                self.left = self.left.map(|left| left - 1);
            }
        }
        Ok(())
    }
}
