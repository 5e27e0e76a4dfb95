//! Event → line, for those events that were asked for.

mod envelope;
mod link_cache;
mod route_cache;
mod truncate;

use std::io;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::event::meta::{Part, Settings};
use crate::event::{Event, Payload};
use crate::text;
use envelope::{Envelope, Line, Rendered};
use link_cache::LinkCache;
use route_cache::RouteCache;

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
    envelope: Envelope,
    /// The machine's name, where each line shall have it.
    host: Option<String>,
    message: bool,
    /// Longer lines are cut, bytes.
    max_line: Option<usize>,
    /// What is to be written, and the numbers of its lines.
    waiting: Vec<(u64, Event)>,
    link_cache: LinkCache,
    route_cache: RouteCache,
    sentence: String,
}

/// Events that are written together: what writes them fits into a processor's cache for
/// instructions, and is not fetched again for each.
const BATCH_SIZE: usize = 16;

impl Encoder {
    pub fn new(format: Format, run: &str, settings: &Settings, host: Option<String>) -> Self {
        Encoder {
            format,
            envelope: Envelope::new(run),
            host: host.filter(|_| settings.with.contains(&Part::Host)),
            message: settings.with.contains(&Part::Message),
            max_line: settings.max_line.and_then(|most| most.try_into().ok()),
            waiting: Vec::with_capacity(BATCH_SIZE),
            link_cache: LinkCache::default(),
            route_cache: RouteCache::default(),
            sentence: String::new(),
        }
    }

    /// Takes an event: its line will be in `out` after [`flush`](Self::flush) at the latest.
    ///
    /// # Errors
    /// See [`flush`](Self::flush).
    pub fn put(&mut self, seq: u64, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        self.waiting.push((seq, event));
        if self.waiting.len() < BATCH_SIZE {
            return Ok(());
        }
        self.flush(out)
    }

    /// Appends the lines of what was taken to `out`.
    ///
    /// # Errors
    /// Never, as long as `out` is memory: serde's interface has them.
    pub fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let written = waiting
            .iter()
            .try_for_each(|(seq, event)| self.write(*seq, event, out));
        waiting.clear();
        self.waiting = waiting;
        written
    }

    /// Appends the line of an event to `out`, where none that was taken waits.
    ///
    /// # Errors
    /// See [`flush`](Self::flush).
    pub fn write(&mut self, seq: u64, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        match &self.format {
            Format::Json => {
                if self.message {
                    self.sentence.clear();
                    text::write_sentence(event, &mut self.sentence);
                }
                let line = Line {
                    seq,
                    event,
                    fields: match &event.payload {
                        Payload::Route(route) => Some(self.route_cache.fields(route)?),
                        Payload::Link(link) => {
                            self.link_cache.fields(event, link)?.map(Rendered::Whole)
                        }
                        _ => None,
                    },
                    host: self.host.as_deref(),
                    message: self.message.then_some(&*self.sentence),
                };
                let from = out.len();
                self.envelope.write(&line, out)?;
                // The number of a line that waits may grow by a digit, see put_before.
                if let Some(most) = self.max_line
                    && out.len() - from >= most
                {
                    let kind = event.payload.kind();
                    truncate::truncate(out, from, most, kind.name(), kind.key());
                }
            }
            Format::Text { zone, colour } => text::write_line(event, zone, *colour, out),
        }
        Ok(())
    }
}

/// Puts a line that was made just now before those that still wait to be written: it takes the
/// number and the moment of the first of them, and each of them takes the number that follows its
/// own. Lines of the text format have no numbers.
pub fn prepend_and_renumber(line: &mut Vec<u8>, waiting: &mut Vec<u8>) {
    let Some((seq, time)) = stamp(waiting) else {
        return;
    };
    let Some((own_seq, own_time)) = stamp(line) else {
        return;
    };
    let (number, moment) = (waiting[seq].to_vec(), waiting[time].to_vec());
    line.splice(own_time, moment);
    line.splice(own_seq, number);
    let mut shifted = Vec::with_capacity(waiting.len() + waiting.len() / 64);
    for line in waiting.split_inclusive(|byte| *byte == b'\n') {
        let number = stamp(line).and_then(|(seq, _)| {
            let number: u64 = std::str::from_utf8(&line[seq.clone()]).ok()?.parse().ok()?;
            Some((seq, number + 1))
        });
        match number {
            Some((seq, number)) => {
                shifted.extend_from_slice(&line[..seq.start]);
                shifted.extend_from_slice(number.to_string().as_bytes());
                shifted.extend_from_slice(&line[seq.end..]);
            }
            None => shifted.extend_from_slice(line),
        }
    }
    *waiting = shifted;
}

/// Where `seq` and `time` of the first of these lines are, as [`Line`] writes them.
fn stamp(lines: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    const RUN: &[u8] = b"{\"v\":1,\"run\":\"00000000\",\"seq\":";
    const TIME: &[u8] = b",\"time\":\"";
    if !lines.starts_with(b"{\"v\":") || !lines.get(..RUN.len())?.ends_with(b",\"seq\":") {
        return None;
    }
    let digits = |byte: &&u8| byte.is_ascii_digit();
    let end = RUN.len() + lines[RUN.len()..].iter().take_while(digits).count();
    let rest = lines[end..].strip_prefix(TIME)?;
    let length = rest.iter().position(|byte| *byte == b'"')?;
    let time = end + TIME.len();
    Some((RUN.len()..end, time..time + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_put_before_those_that_wait() {
        let line = |seq: u64, second: u8| {
            format!(
                "{{\"v\":1,\"run\":\"0000002a\",\"seq\":{seq},\"time\":\"2026-01-01T00:00:0{second}.000000000Z\",\"kind\":\"meta\"}}\n"
            )
        };
        let mut first = line(102, 9).into_bytes();
        let mut waiting = (line(98, 1) + &line(99, 2) + &line(101, 3)).into_bytes();
        prepend_and_renumber(&mut first, &mut waiting);
        assert_eq!(first, line(98, 1).as_bytes());
        let shifted = line(99, 1) + &line(100, 2) + &line(102, 3);
        assert_eq!(waiting, shifted.as_bytes());

        let mut none = Vec::new();
        prepend_and_renumber(&mut first, &mut none);
        assert_eq!(first, line(98, 1).as_bytes());
        let mut text = b"[00:00:01.000] link add\n".to_vec();
        prepend_and_renumber(&mut first, &mut text);
        assert_eq!(text, b"[00:00:01.000] link add\n");
    }
}
